#include <signet/net/systemd.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/printable.hpp"
#include "base/sentence.hpp"

namespace signet {
namespace {

constexpr std::string_view phase = "taking systemd's sockets";
// SD_LISTEN_FDS_START.
constexpr int first_descriptor = 3;
constexpr std::array variables{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"};

std::optional<std::string_view> value_of(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr) return std::nullopt;
  return value;
}

error malformed(const std::string& why, std::string hint = {}) {
  return base::sentence{.phase = phase, .why = why, .hint = std::move(hint)}.as(errc::invalid_argument);
}

result<int> number_in(std::string_view variable, std::string_view text, int most) {
  int number = -1;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (why == std::errc() && end == text.data() + text.size() && number >= 0 && number <= most) return number;
  return malformed(std::string(variable) + " is " + base::quoted(text) + ", which is no such number");
}

std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> out;
  for (;;) {
    const auto colon = text.find(':');
    out.emplace_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return out;
    text.remove_prefix(colon + 1);
  }
}

result<std::vector<systemd_socket>> sockets_passed() {
  std::vector<systemd_socket> out;
  const auto process = value_of("LISTEN_PID");
  const auto descriptors = value_of("LISTEN_FDS");
  if (!process || !descriptors) return out;
  const auto whose = number_in("LISTEN_PID", *process, INT_MAX);
  if (!whose) return whose.error();
  // They were for the process that started this one.
  if (*whose != ::getpid()) return out;
  const auto count = number_in("LISTEN_FDS", *descriptors, INT_MAX - first_descriptor);
  if (!count) return count.error();
  if (*count == 0) return out;
  const auto last = first_descriptor + *count - 1;
  // Before anything is touched, and before a number that somebody made up costs memory.
  for (int one = first_descriptor; one <= last; ++one)
    if (::fcntl(one, F_GETFD) < 0)
      return malformed(
          "LISTEN_FDS is " + std::to_string(*count) + ", and descriptor " + std::to_string(one) + " is not open",
          "it may be closed already: take the sockets once, and before anything else");
  std::vector<std::string> names;
  if (const auto text = value_of("LISTEN_FDNAMES")) {
    names = names_in(*text);
    if (names.size() != static_cast<std::size_t>(*count))
      return malformed("LISTEN_FDNAMES has " + std::to_string(names.size()) + " names, and LISTEN_FDS is " +
                       std::to_string(*count));
  }
  names.resize(static_cast<std::size_t>(*count), "unknown");
  for (int one = first_descriptor; one <= last; ++one) {
    ::fcntl(one, F_SETFD, ::fcntl(one, F_GETFD) | FD_CLOEXEC);
    out.push_back({one, std::move(names[static_cast<std::size_t>(one - first_descriptor)])});
  }
  return out;
}

}  // namespace

result<std::vector<systemd_socket>> systemd_sockets(listen_variables after) {
  auto out = sockets_passed();
  if (after == listen_variables::remove)
    for (const char* one : variables) ::unsetenv(one);
  return out;
}

}  // namespace signet
