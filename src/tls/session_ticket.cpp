#include "tls/session_ticket.hpp"

#include <algorithm>
#include <cstring>

namespace signet {
namespace {

// Two or three intermediates. OpenSSL's own part comes on top, and a client has to send all of it.
constexpr std::size_t most_octets = 8192;

void put_number(std::string& out, std::uint64_t value, int octets) {
  for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift & 0xff));
}

std::optional<std::uint64_t> take_number(byte_view& from, std::size_t octets) {
  if (from.size() < octets) return {};
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < octets; ++i) value = value << 8 | std::to_integer<std::uint64_t>(from[i]);
  from = from.subspan(octets);
  return value;
}

}  // namespace

std::optional<std::string> session_ticket::encoded() const {
  std::string out(reinterpret_cast<const char*>(policy.data()), policy.size());
  put_number(out, static_cast<std::uint64_t>(began.time_since_epoch().count()), 8);
  for (const auto& c : issuers) {
    const auto der = c.der();
    put_number(out, der.size(), 3);
    out.append(byte_view(der).text());
    if (out.size() > most_octets) return {};
  }
  return out;
}

std::optional<session_ticket> session_ticket::decode(byte_view data) {
  session_ticket out;
  if (data.size() < out.policy.size()) return {};
  std::memcpy(out.policy.data(), data.data(), out.policy.size());
  data = data.subspan(out.policy.size());
  const auto began = take_number(data, 8);
  if (!began) return {};
  out.began = std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(*began)));
  while (!data.empty()) {
    const auto size = take_number(data, 3);
    if (!size || *size > data.size()) return {};
    auto issuer = certificate::from_der(data.first(*size));
    if (!issuer) return {};
    out.issuers.push_back(*std::move(issuer));
    data = data.subspan(*size);
  }
  return out;
}

}  // namespace signet
