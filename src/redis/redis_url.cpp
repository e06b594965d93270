#include <signet/redis/redis_url.hpp>

#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/ascii.hpp"
#include "base/host_name.hpp"
#include "base/printable.hpp"
#include "redis/redis_url_impl.hpp"

namespace signet {
namespace {

using parts = detail::access::impl<redis_url>;

constexpr std::size_t longest_url = 4096;
constexpr std::uint16_t usual_port = 6379;
constexpr std::string_view how_to_write = "write redis[s]://[user:password@]host[:port][/database] or unix:/path";

// Nothing of the text is repeated: whatever is out of place in it may be the password.
error malformed(const std::string& why, std::string_view hint = {}) {
  return {errc::invalid_argument, "reading the URL of Redis: " + why, std::string(hint)};
}

unsigned value_of(char hex) noexcept {
  return static_cast<unsigned>(base::is_digit(hex) ? hex - '0' : base::lower(hex) - 'a' + 10);
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3 || !base::is_hex_digit(text[i + 1]) || !base::is_hex_digit(text[i + 2])) return {};
    out += static_cast<char>(value_of(text[i + 1]) << 4 | value_of(text[i + 2]));
    i += 2;
  }
  return out;
}

std::string encoded(std::string_view path) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    if (base::is_letter_or_digit(c) || std::string_view("/-._~!$&'()*+,;=:@").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && why == std::errc() && end == text.data() + text.size();
}

result<void> take_credentials(std::string_view text, parts& out) {
  const auto colon = text.find(':');
  if (colon == text.npos)
    return malformed("there is no colon between user and password",
                     "write user:password@, or :password@ for the default user");
  auto user = decoded(text.substr(0, colon));
  auto password = decoded(text.substr(colon + 1));
  if (!user || !password)
    return malformed("a percent sign of user or password is not followed by two hex digits",
                     "write a percent sign as %25");
  out.user = *std::move(user);
  out.password = *std::move(password);
  if (!out.authenticates()) return malformed("user and password are empty", "leave out everything up to @");
  return {};
}

result<void> take_host(std::string_view text, parts& out) {
  std::string_view host = text;
  std::string_view port;
  std::string_view zone;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == text.npos) return malformed("the address has no ]");
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    // RFC 6874: a zone stands behind a percent sign that is encoded.
    if (const auto mark = host.find("%25"); mark != host.npos) {
      zone = host.substr(mark + 3);
      if (!base::is_zone(zone)) return malformed("the zone of its address is none");
      host = host.substr(0, mark);
    }
    if (host.find(':') == host.npos) return malformed("only an IPv6 address stands in brackets");
    if (!port.empty() && port.front() != ':') return malformed("after ] only a port can follow");
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  out.port = usual_port;
  if (!port.empty() && (!read_number(port.substr(1), out.port) || out.port == 0))
    return malformed("the port is not a number from 1 to 65535",
                     "in user and password, write : as %3A, / as %2F and @ as %40");
  if (host.empty()) return malformed("it names no host", how_to_write);
  const auto plain = decoded(host);
  if (!plain) return malformed("a percent sign of the host is not followed by two hex digits");
  auto name = base::parse_host_name(*plain);
  if (!name) return malformed("the host is neither a name nor an address", how_to_write);
  out.host = std::move(name->ascii);
  if (!zone.empty()) (out.host += '%') += zone;
  return {};
}

result<void> take_server(std::string_view text, parts& out) {
  const auto slash = std::min(text.find('/'), text.size());
  auto authority = text.substr(0, slash);
  const auto database = text.substr(slash);
  if (const auto at = authority.find('@'); at != authority.npos) {
    if (authority.find('@', at + 1) != authority.npos)
      return malformed("it holds more than one @", "in user and password, write @ as %40");
    if (auto taken = take_credentials(authority.substr(0, at), out); !taken) return taken;
    authority.remove_prefix(at + 1);
  }
  if (auto taken = take_host(authority, out); !taken) return taken;
  constexpr std::uint32_t most = 0x7fffffff;
  if (database.size() > 1 && (!read_number(database.substr(1), out.database) || out.database > most))
    return malformed("what follows the host is not the number of a database",
                     "in user and password, write / as %2F and @ as %40");
  return {};
}

result<void> take_path(std::string_view text, parts& out) {
  // unix:///path, an empty authority before the path.
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    if (!text.starts_with('/')) return malformed("a local socket has no host", how_to_write);
  }
  if (!text.starts_with('/')) return malformed("the path of its socket does not begin with /", how_to_write);
  auto path = decoded(text);
  if (!path) return malformed("a percent sign of the path is not followed by two hex digits");
  if (path->find('\0') != std::string::npos) return malformed("the path holds a NUL");
  if (path->size() >= sizeof(sockaddr_un::sun_path))
    return malformed("the path is longer than the " + std::to_string(sizeof(sockaddr_un::sun_path) - 1) +
                     " bytes that a local socket may have");
  out.path = *std::move(path);
  return {};
}

}  // namespace

result<redis_url> redis_url::parse(std::string_view text) {
  if (text.size() > longest_url) return malformed("it is longer than " + std::to_string(longest_url) + " bytes");
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
      return malformed("it holds a blank or a control character", "percent-encode what is no letter or digit");
  }
  const auto colon = text.find(':');
  if (colon == text.npos) return malformed("it has no scheme", how_to_write);
  if (text.find_first_of("?#", colon) != text.npos)
    return malformed("it holds a ? or a #", "in user, password and path, write ? as %3F and # as %23");
  const auto made = std::make_shared<impl>();
  const auto scheme = base::lower(text.substr(0, colon));
  text.remove_prefix(colon + 1);
  if (scheme == "unix") {
    made->over = transport::local_socket;
    if (auto taken = take_path(text, *made); !taken) return std::move(taken).error();
    return redis_url(made);
  }
  if (scheme != "redis" && scheme != "rediss")
    return malformed("its scheme is none of redis, rediss and unix", how_to_write);
  if (!text.starts_with("//")) return malformed("its scheme is not followed by //", how_to_write);
  made->over = scheme == "rediss" ? transport::tls : transport::plain;
  if (auto taken = take_server(text.substr(2), *made); !taken) return std::move(taken).error();
  return redis_url(made);
}

redis_url::transport redis_url::over() const noexcept {
  return impl_->over;
}
const std::string& redis_url::host() const& noexcept {
  return impl_->host;
}
std::string redis_url::host() && {
  return impl_->host;
}
std::uint16_t redis_url::port() const noexcept {
  return impl_->port;
}
const std::string& redis_url::path() const& noexcept {
  return impl_->path;
}
std::string redis_url::path() && {
  return impl_->path;
}
std::uint32_t redis_url::database() const noexcept {
  return impl_->database;
}

std::string redis_url::text() const {
  const auto& u = *impl_;
  // A path that begins with two slashes would be read as one behind a host.
  if (u.over == transport::local_socket) return (u.path.starts_with("//") ? "unix://" : "unix:") + encoded(u.path);
  std::string host = u.host;
  if (host.find(':') != host.npos) {
    if (const auto zone = host.find('%'); zone != host.npos) host.insert(zone + 1, "25");
    host = "[" + host + "]";
  }
  const std::string database = u.database == 0 ? "" : "/" + std::to_string(u.database);
  return (u.over == transport::tls ? "rediss://" : "redis://") + host + ":" + std::to_string(u.port) + database;
}

}  // namespace signet
