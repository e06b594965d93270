#include <signet/verify/known_peers.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <system_error>
#include <tuple>
#include <utility>

#include "base/descriptor.hpp"
#include "base/file.hpp"
#include "base/file_lock.hpp"
#include "base/printable.hpp"
#include "verify/known_keys.hpp"

namespace signet {

struct known_peers::impl {
  std::filesystem::path file;
};

namespace {

constexpr std::size_t largest = std::size_t{16} << 20;

error failed(const std::filesystem::path& file, int error_number) {
  return error(error_parts{.code = errc::file_io_failed,
                           .message = base::shown(file) + ": " + std::generic_category().message(error_number),
                           .system_error = error_number});
}

std::string pin_of(const certificate& cert) {
  return "sha256$pub$" + to_hex(cert.fingerprint("sha256", fingerprint_of::public_key).value());
}

// All of it or, when that fails, nothing: half a line would make a broken file of it.
result<void> append(int fd, const std::filesystem::path& file, off_t size, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      auto why = failed(file, errno);
      std::ignore = ::ftruncate(fd, size);
      return why;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// Whom a line is about.
struct known_peer {
  // As server_name::ascii() has it.
  std::string name = {};
  // 0: any.
  std::uint16_t port = 0;

  [[nodiscard]] bool speaks_for(const known_peer& asked) const noexcept {
    return name == asked.name && (port == asked.port || port == 0 || asked.port == 0);
  }
  [[nodiscard]] std::string text() const {
    if (port == 0) return name;
    return (name.find(':') != std::string::npos ? '[' + name + ']' : name) + ':' + std::to_string(port);
  }
};

result<known_peer> parse_peer(std::string_view text) {
  auto name = server_name::parse(text);
  if (name) return known_peer{name->ascii()};
  const auto colon = text.rfind(':');
  if (colon == text.npos) return std::move(name).error();
  known_peer out;
  const auto digits = text.substr(colon + 1);
  const auto [end, why] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  auto host = server_name::parse(text.substr(0, colon));
  if (!host || why != std::errc() || end != digits.data() + digits.size() || out.port == 0)
    return std::move(name).error();
  out.name = host->ascii();
  return out;
}

struct line_parts {
  // Without a name: a comment or an empty line.
  known_peer peer = {};
  std::string_view pin = {};
};

result<line_parts> parse(std::string_view line) {
  const auto take_word = [&line] {
    const auto start = std::min(line.find_first_not_of(" \t\r"), line.size());
    const auto end = std::min(line.find_first_of(" \t\r", start), line.size());
    const auto word = line.substr(start, end - start);
    line.remove_prefix(end);
    return word;
  };
  const auto name = take_word();
  if (name.empty() || name.starts_with('#')) return line_parts{};
  line_parts out{.pin = take_word()};
  constexpr std::size_t whole = 11 + 64;
  if (!out.pin.starts_with("sha256$pub$") || out.pin.size() != whole)
    return error(errc::file_malformed, "expected a name, a key as sha256$pub$HEX and a time");
  auto peer = parse_peer(name);
  if (!peer) return error(errc::file_malformed, peer.error().message());
  out.peer = *std::move(peer);
  return out;
}

result<known_keys> look_up_in(const std::filesystem::path& file, const known_peer& asked, const std::string& pin) {
  known_keys found{.shown = pin, .peer = asked.text()};
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return found;
  auto text = base::read_file(file, largest);
  if (!text) return std::move(text).error();
  std::size_t number = 0;
  for (std::string_view rest = *text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto parsed = parse(rest.substr(0, end));
    ++number;
    if (!parsed) return parsed.error().in(base::shown(file) + ": line " + std::to_string(number));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (parsed->peer.name.empty() || !parsed->peer.speaks_for(asked)) continue;
    // A peer may have more than one key, each vouched for by its line.
    found.keys.emplace_back(parsed->pin);
    found.is = parsed->pin == pin || found.is == known_peers::standing::known ? known_peers::standing::known
                                                                              : known_peers::standing::changed;
  }
  return found;
}

}  // namespace

result<known_peers> known_peers::open(const std::filesystem::path& file) {
  auto made = std::make_shared<impl>();
  std::error_code why;
  made->file = std::filesystem::absolute(file, why);
  if (why)
    return error(error_parts{.code = errc::file_not_readable,
                             .message = base::shown(file) + ": " + why.message(),
                             .system_error = why.value()});
  // Reads it all, so that a broken file is an error now and not in a handshake.
  if (auto all = look_up_in(file, {}, ""); !all) return std::move(all).error();
  return known_peers(std::move(made));
}

result<known_peers::standing> known_peers::look_up(const server_name& name, std::uint16_t port,
                                                   const certificate& cert) const {
  auto found = known_keys::at(*this, name, port, cert);
  if (!found) return std::move(found).error();
  return found->is;
}

result<known_keys> known_keys::at(const known_peers& peers, const server_name& name, std::uint16_t port,
                                  const certificate& shown) {
  return look_up_in(peers.file(), {name.ascii(), port}, pin_of(shown));
}

result<void> known_peers::remember(const server_name& name, std::uint16_t port, const certificate& cert,
                                   std::chrono::sys_seconds at) const {
  const known_peer peer{name.ascii(), port};
  const base::descriptor out(::open(impl_->file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (out.get() < 0) return failed(impl_->file, errno);
  auto lock = base::file_lock::of(out.get(), impl_->file);
  if (!lock) return std::move(lock).error();
  const auto pin = pin_of(cert);
  // Another thread or program may have been quicker.
  auto now = look_up_in(impl_->file, peer, pin);
  if (!now) return std::move(now).error();
  if (now->is == standing::known) return {};
  if (now->is == standing::changed)
    return error(errc::certificate_rejected, "another key of " + peer.text() + " was remembered meanwhile");
  // A line that somebody left unfinished does not swallow this one.
  char last = '\n';
  const off_t size = ::lseek(out.get(), 0, SEEK_END);
  if (size > 0 && ::pread(out.get(), &last, 1, size - 1) != 1) return failed(impl_->file, errno);
  const auto line = (last == '\n' ? "" : "\n") + peer.text() + ' ' + pin + ' ' + to_rfc3339(at) + '\n';
  if (auto appended = append(out.get(), impl_->file, size, line); !appended) return appended;
  // Nobody has to wait for the disk as well.
  lock->release();
  if (::fsync(out.get()) != 0) return failed(impl_->file, errno);
  return {};
}

std::filesystem::path known_peers::file() && {
  return impl_->file;
}
const std::filesystem::path& known_peers::file() const& noexcept {
  return impl_->file;
}

}  // namespace signet
