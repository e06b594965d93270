#include <signet/verify/server_name.hpp>

#include "base/host_name.hpp"

namespace signet {

result<server_name> server_name::parse(std::string_view text) {
  auto parsed = base::parse_host_name(text);
  if (!parsed) return std::move(parsed).error();
  server_name out;
  out.ascii_ = std::move(parsed->ascii);
  out.address_ = parsed->address;
  out.address_size_ = parsed->address_size;
  return out;
}

std::string server_name::display() const {
  return is_ip() ? ascii_ : base::unicode_of(ascii_);
}

}  // namespace signet
