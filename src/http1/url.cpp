#include "http1/url.hpp"

#include <algorithm>
#include <charconv>

#include "base/host_name.hpp"
#include "http1/characters.hpp"

namespace signet::http1 {
namespace {

constexpr std::size_t longest_url = 16384;

error malformed(const std::string& why, std::string hint = {}) {
  return {errc::invalid_argument, "reading the URL: " + why, std::move(hint)};
}

// scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ), and its length; 0 when the text has none.
std::size_t scheme_size(std::string_view text) {
  if (text.empty() || !is_letter(text.front())) return 0;
  const auto end = std::find_if_not(
      text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; });
  return end != text.end() && *end == ':' ? static_cast<std::size_t>(end - text.begin()) : 0;
}

std::uint16_t default_port(url::scheme protocol) {
  return protocol == url::scheme::https ? 443 : 80;
}

// Host and port into `out`, whose scheme is known.
result<void> take_authority(std::string_view text, url& out) {
  if (text.find('@') != text.npos) {
    return error(errc::invalid_argument, "reading the URL: it holds a user name, which is not taken from URLs",
                 "send credentials in the header field Authorization");
  }
  std::string_view host = text;
  std::string_view port;
  std::string_view zone;
  if (!text.empty() && text.front() == '[') {
    const auto close = text.find(']');
    if (close == text.npos) return malformed("the address has no ]");
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    // RFC 6874: a zone stands behind a percent sign that is encoded.
    if (const auto mark = host.find("%25"); mark != host.npos) {
      zone = host.substr(mark + 3);
      if (!base::is_zone(zone)) return malformed("the zone of its address is none");
      host = host.substr(0, mark);
    } else if (const auto bare = host.find('%'); bare != host.npos && base::is_zone(host.substr(bare + 1))) {
      return malformed("the percent sign before the zone of its address is not encoded",
                       "write it as %25, as in [" + std::string(host.substr(0, bare)) + "%25" +
                           std::string(host.substr(bare + 1)) + "]");
    }
    if (host.find(':') == host.npos) return malformed("only an IPv6 address stands in brackets");
    if (!port.empty() && port.front() != ':') return malformed("after ] only a port can follow");
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (host.empty()) return malformed("it names no host");
  // RFC 3986 allows an empty port, which is the scheme's own.
  out.port = default_port(out.protocol);
  if (port.size() > 1) {
    port.remove_prefix(1);
    const auto [end, why] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (why != std::errc() || end != port.data() + port.size() || out.port == 0)
      return malformed("the port is not a number from 1 to 65535");
  }
  auto name = base::parse_host_name(host);
  if (!name) return std::move(name).error().in("reading the URL");
  out.host = std::move(name->ascii);
  if (!zone.empty()) (out.host += '%') += zone;
  return {};
}

// Anything a careless link holds goes out as it has to: percent-encoded.
std::string encoded(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u >= 0x80 || std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos) {
      out += '%';
      out += digits[u >> 4];
      out += digits[u & 15];
    } else {
      out += c;
    }
  }
  return out;
}

// RFC 3986 section 5.2.4.
std::string without_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    // Every segment but a first relative one begins with its slash.
    const auto next = std::min(path.find('/', 1), path.size());
    const auto segment = path.substr(0, next);
    const bool last = next == path.size();
    if (segment == "/." || segment == "/..") {
      if (segment == "/..") out.resize(out.rfind('/') == std::string::npos ? 0 : out.rfind('/'));
      if (last) out += '/';
    } else {
      out += segment;
    }
    path.remove_prefix(next);
  }
  return out.empty() ? "/" : out;
}

}  // namespace

result<url> url::parse(std::string_view text) {
  if (text.size() > longest_url) return malformed("longer than " + std::to_string(longest_url) + " bytes");
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return malformed("it holds a blank or a control character");
  }
  url out;
  if (const auto mark = text.find("://"); mark != text.npos && scheme_size(text) == mark) {
    const auto protocol = lower(text.substr(0, mark));
    if (protocol == "http") {
      out.protocol = scheme::http;
    } else if (protocol != "https") {
      return malformed("the scheme " + protocol + " is not supported: http and https are");
    }
    text.remove_prefix(mark + 3);
  }
  text = text.substr(0, text.find('#'));
  const auto end = std::min(text.find_first_of("/?"), text.size());
  if (auto taken = take_authority(text.substr(0, end), out); !taken) return std::move(taken).error();
  text.remove_prefix(end);
  out.target = (text.empty() || text.front() == '?' ? "/" : "") + encoded(text);
  return out;
}

result<url> url::resolve(std::string_view found) const {
  std::string without_blanks;
  for (const char c : found.substr(0, found.find('#'))) {
    if (c == ' ')
      without_blanks += "%20";
    else
      without_blanks += c;
  }
  const std::string_view reference = without_blanks;
  if (scheme_size(reference) > 0) {
    if (reference.substr(scheme_size(reference), 3) != "://")
      return malformed("the scheme of " + std::string(reference.substr(0, scheme_size(reference))) +
                       ": is not supported");
    return parse(reference);
  }
  const std::string scheme_text = protocol == scheme::https ? "https:" : "http:";
  if (reference.starts_with("//")) return parse(scheme_text + std::string(reference));

  auto origin = text();
  origin.resize(origin.size() - target.size());
  const std::string_view base = std::string_view(target).substr(0, target.find('?'));
  std::string merged;
  if (reference.empty()) {
    merged = target;
  } else if (reference.front() == '?') {
    merged = std::string(base) + std::string(reference);
  } else if (reference.front() == '/') {
    merged = reference;
  } else {
    merged = std::string(base.substr(0, base.rfind('/') + 1)) + std::string(reference);
  }
  const auto query = std::min(merged.find('?'), merged.size());
  return parse(origin + without_dot_segments(std::string_view(merged).substr(0, query)) + merged.substr(query));
}

bool url::same_origin(const url& other) const noexcept {
  return protocol == other.protocol && host == other.host && port == other.port;
}

std::string url::host_field() const {
  // The zone is nobody's business but this machine's.
  const auto plain = base::without_zone(host);
  std::string out = plain.find(':') != std::string::npos ? "[" + plain + "]" : plain;
  if (port != default_port(protocol)) out += ":" + std::to_string(port);
  return out;
}

std::string url::text() const {
  auto authority = host_field();
  if (const auto zone = host.find('%'); zone != std::string::npos)
    authority.insert(authority.find(']'), "%25" + host.substr(zone + 1));
  return (protocol == scheme::https ? "https://" : "http://") + authority + target;
}

}  // namespace signet::http1
