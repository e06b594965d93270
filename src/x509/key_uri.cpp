#include "x509/key_uri.hpp"

#include <signet/base/error.hpp>

#include "base/ascii.hpp"
#include "base/printable.hpp"
#include "x509/text.hpp"

namespace signet::x509 {
namespace {

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view in_a_scheme = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.";

error no_file_uri(std::string why) {
  return error(errc::invalid_argument, "is no URI of a file: " + std::move(why),
               "file:/etc/ssl/private/server.key is one");
}

// The value as it stands, still encoded; empty where there is none. The engine takes a PIN before the question mark
// too.
std::string_view attribute(std::string_view uri, std::string_view name) {
  for (auto at = uri.find(':'); at < uri.size(); at = uri.find_first_of(";?&", at + 1)) {
    const auto each = uri.substr(at + 1, uri.find_first_of(";?&", at + 1) - at - 1);
    if (each.starts_with(name) && each.substr(name.size()).starts_with('=')) return each.substr(name.size() + 1);
  }
  return {};
}

}  // namespace

std::string scheme_of(std::string_view uri) {
  const auto scheme = uri.substr(0, uri.find(':'));
  if (scheme.size() == uri.size() || scheme.empty()) return {};
  if (letters.find(scheme.front()) == letters.npos || scheme.find_first_not_of(in_a_scheme) != scheme.npos) return {};
  return base::lower(scheme);
}

result<std::filesystem::path> file_of(std::string_view uri) {
  auto rest = uri.substr(uri.find(':') + 1);
  if (rest.find_first_of("?#") != rest.npos)
    return no_file_uri("a question mark or a hash has to be written %3F or %23");
  if (rest.starts_with("//")) {
    const auto host = rest.substr(2, rest.find('/', 2) - 2);
    if (!host.empty() && base::lower(host) != "localhost") return no_file_uri("it names another host");
    rest.remove_prefix(2 + host.size());
  }
  std::string path;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] != '%') {
      path += rest[i];
      continue;
    }
    const auto octet = from_hex(rest.substr(i + 1, 2));
    if (!octet || octet->size() != 1) return no_file_uri("a percent sign has two hex digits behind it");
    path += static_cast<char>(octet->front());
    i += 2;
  }
  if (path.empty() || path.find('\0') != path.npos) return no_file_uri("it has no path, or one with a NUL");
  return std::filesystem::path(std::move(path));
}

bool names_object(std::string_view uri) {
  return !attribute(uri, "object").empty() || !attribute(uri, "id").empty();
}

bool names_another_type(std::string_view uri) {
  const auto type = attribute(uri, "type");
  return !type.empty() && type != "private";
}

bool names_pin(std::string_view uri) {
  return !attribute(uri, "pin-value").empty() || !attribute(uri, "pin-source").empty();
}

std::string without_pins(std::string_view text) {
  constexpr std::string_view mark = "pin-value=";
  std::string out;
  const auto lower = base::lower(text);
  for (std::size_t from = 0;;) {
    const auto at = lower.find(mark, from);
    if (at == lower.npos) return out.append(text.substr(from));
    out.append(text.substr(from, at - from + mark.size())).append("...");
    from = std::min(text.find_first_of("&;? ", at + mark.size()), text.size());
  }
}

std::string shown_uri(std::string_view uri) {
  return base::printable(without_pins(uri.substr(0, 200))) + (uri.size() > 200 ? "..." : "");
}

}  // namespace signet::x509
