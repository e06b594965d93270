#include <signet/base/endpoint.hpp>

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/ascii.hpp"
#include "base/host_name.hpp"
#include "base/printable.hpp"

namespace signet {
namespace {

constexpr std::size_t longest_text = 1024;
constexpr const char* shape_hint = "write host:port, as in example.org:443, 192.0.2.1:443 or [2001:db8::1]:443";

using base::is_digit;
bool is_word(char c) noexcept {
  return base::is_letter_or_digit(c) || c == '-' || c == '_';
}

error bad(std::string_view text, const std::string& why, std::string hint = shape_hint) {
  return {errc::invalid_endpoint, base::quoted(text) + " is no endpoint: " + why, std::move(hint)};
}

bool is_ipv6(std::string_view host) {
  if (host.size() > 128) return false;
  // The zone is a matter of the machine; the address before it is not.
  const auto zone = host.find('%');
  if (zone != std::string_view::npos) {
    if (!base::is_zone(host.substr(zone + 1))) return false;
  }
  const std::string address(host.substr(0, zone));
  if (address.find('\0') != std::string::npos) return false;
  in6_addr parsed{};
  return ::inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
}

// Systems without /etc/services know no service; these are the ones this field meets.
constexpr std::pair<std::string_view, std::uint16_t> common_services[] = {
    {"ftp", 21},          {"smtp", 25},          {"http", 80},          {"pop3", 110},         {"nntp", 119},
    {"imap", 143},        {"imap2", 143},        {"ldap", 389},         {"https", 443},        {"smtps", 465},
    {"submissions", 465}, {"nntps", 563},        {"submission", 587},   {"ldaps", 636},        {"domain-s", 853},
    {"ftps", 990},        {"telnets", 992},      {"imaps", 993},        {"pop3s", 995},        {"sieve", 4190},
    {"mysql", 3306},      {"postgresql", 5432},  {"xmpp-client", 5222}, {"xmpp-server", 5269}, {"redis", 6379},
    {"ircs-u", 6697},     {"secure-mqtt", 8883},
};

std::optional<std::uint16_t> service_port(const std::string& service) {
  servent entry{};
  servent* found = nullptr;
  std::array<char, 4096> scratch{};
  if (::getservbyname_r(service.c_str(), "tcp", &entry, scratch.data(), scratch.size(), &found) == 0 &&
      found != nullptr)
    return ntohs(static_cast<std::uint16_t>(found->s_port));
  for (const auto& [name, port] : common_services)
    if (name == service) return port;
  return std::nullopt;
}

result<std::uint16_t> parse_port(std::string_view whole, std::string_view text) {
  if (text.empty()) return bad(whole, "nothing follows the colon where its port should be");
  if (std::all_of(text.begin(), text.end(), is_digit)) {
    if (text.size() > 1 && text.front() == '0') return bad(whole, "its port begins with a zero");
    unsigned long value = 0;
    for (const char c : text.substr(0, 6)) value = value * 10 + static_cast<unsigned long>(c - '0');
    if (text.size() > 5 || value > 65535) return bad(whole, "its port is not between 1 and 65535");
    return static_cast<std::uint16_t>(value);
  }
  if (text.size() > 32 || !std::all_of(text.begin(), text.end(), is_word))
    return bad(whole, "its port is neither a number nor the name of a service");
  if (const auto port = service_port(std::string(text))) return *port;
  return bad(whole, "this system knows no TCP service " + base::quoted(text), "write the port as a number");
}

}  // namespace

result<endpoint> endpoint::parse(std::string_view text, std::uint16_t default_port) {
  if (text.empty()) return bad(text, "it is empty");
  if (text.size() > longest_text) return bad(text, "it is longer than 1024 bytes");
  if (text.find("://") != std::string_view::npos) return bad(text, "it is a URL");

  std::string_view host = text;
  std::optional<std::string_view> port;
  if (text.front() == '[') {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return bad(text, "a bracket is open");
    host = text.substr(1, end - 1);
    if (!is_ipv6(host)) return bad(text, "what stands in brackets is not an IPv6 address");
    const auto rest = text.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return bad(text, "only a colon and a port may follow the bracket");
    if (!rest.empty()) port = rest.substr(1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    if (text.find(':', colon + 1) == std::string_view::npos) {
      host = text.substr(0, colon);
      port = text.substr(colon + 1);
    } else if (!is_ipv6(text)) {
      return bad(text, "it holds more than one colon and is not an IPv6 address",
                 "an IPv6 address that a port follows stands in brackets, as in [2001:db8::1]:443");
    }
  }

  endpoint out{std::string(host), default_port};
  if (!out.host.empty() && out.host.find(':') == std::string::npos) {
    // Judged as it will be when it is used, and kept as it was written.
    if (auto name = base::parse_host_name(out.host); !name) {
      auto parts = name.error().parts();
      parts.code = errc::invalid_endpoint;
      if (parts.hint.empty()) parts.hint = shape_hint;
      return error(std::move(parts));
    }
  }
  if (port) {
    auto number = parse_port(text, *port);
    if (!number) return std::move(number).error();
    out.port = *number;
  } else if (default_port == 0) {
    const bool v6 = out.host.find(':') != std::string::npos;
    return bad(text, "it has no port", v6 ? "write [" + out.host + "]:443" : "write " + out.host + ":443");
  }
  return out;
}

std::string to_string(const endpoint& where) {
  // A path has no port. No host that can be connected to begins so.
  if (where.host.starts_with("unix:")) return where.host;
  const bool brackets = where.host.find(':') != std::string::npos;
  std::string out;
  out.reserve(where.host.size() + 8);
  if (brackets) out += '[';
  out += where.host;
  if (brackets) out += ']';
  out += ':';
  out += std::to_string(where.port);
  return out;
}

}  // namespace signet
