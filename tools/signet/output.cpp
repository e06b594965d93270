#include "output.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>

#include <signet/verify/verdict.hpp>

#include "hints.hpp"

namespace tool {
namespace {

color_mode chosen_color = color_mode::automatic;

bool colored(int fd) noexcept {
  if (chosen_color != color_mode::automatic) return chosen_color == color_mode::always;
  const char* no_color = std::getenv("NO_COLOR");
  return (no_color == nullptr || *no_color == '\0') && ::isatty(fd) == 1;
}

std::string painted(std::string_view text, std::string_view code, int fd = STDERR_FILENO) {
  if (!colored(fd)) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

// stderr that cannot be written has nobody left to tell.
void write_line(std::string line) noexcept {
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

void error_lines(std::string_view message, std::span<const std::string> also, std::string_view hint) {
  write_line(painted("signet:", "1;31") + " " + printable(message));
  for (const auto& one : also) write_line("also: " + printable(one));
  if (!hint.empty()) write_line(painted("hint:", "1;36") + " " + printable(in_options(std::string(hint))));
}

}  // namespace

void set_color(color_mode mode) noexcept {
  chosen_color = mode;
}

std::string painted(std::string_view text, color with) {
  constexpr std::string_view codes[] = {"32", "33", "1;31", "1"};
  return painted(text, codes[static_cast<std::size_t>(with)], STDOUT_FILENO);
}

void print(signet::byte_view bytes) {
  std::string_view rest = bytes.text();
  while (!rest.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (n >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EPIPE) {
      throw output_closed();
    } else if (errno != EINTR) {
      throw failure(exit_status::local, std::string("writing to stdout: ") + std::strerror(errno));
    }
  }
}

void say(std::string_view line) {
  write_line(printable(line));
}

void warn(std::string_view text) {
  write_line(painted("signet:", "1;33") + " " + painted("warning:", "1;33") + " " + printable(text));
}

exit_status report(const signet::error& error) {
  std::vector<std::string> also(error.details().begin(), error.details().end());
  if (const auto verdict = error.verdict()) {
    const auto& findings = verdict->findings();
    // The first finding is what the message says already.
    for (std::size_t i = 1; i < findings.size(); ++i) {
      const auto& one = findings[i];
      const bool told = !error.message().empty() && error.message().find(one.message) != std::string::npos;
      bool listed = told;
      for (const auto& line : also) listed = listed || line.find(one.message) != std::string::npos;
      if (!listed) also.push_back(one.message);
    }
  }
  error_lines(error.message(), also, error.hint());
  return status_of(error.code());
}

exit_status report(const failure& failed) {
  error_lines(failed.what(), failed.also(), failed.hint());
  return failed.status();
}

exit_status report_current_exception() {
  try {
    throw;
  } catch (const output_closed&) {
    return exit_status::ok;
  } catch (const failure& failed) {
    return report(failed);
  } catch (const signet::exception& thrown) {
    return report(thrown.error());
  } catch (const std::bad_alloc&) {
    write_line("signet: running: out of memory");
  } catch (const std::exception& other) {
    error_lines(std::string("running: ") + other.what(), {}, {});
  }
  return exit_status::local;
}

std::string printable(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto size = utf8_size(text);
    const auto character = text.substr(0, std::max<std::size_t>(size, 1));
    const auto lead = static_cast<unsigned char>(character.front());
    const bool control =
        lead < 0x20 || lead == 0x7f || (size == 2 && character >= "\xc2\x80" && character <= "\xc2\x9f");
    const bool turns = size == 3 && ((character >= "\xe2\x80\xaa" && character <= "\xe2\x80\xae") ||
                                     (character >= "\xe2\x81\xa6" && character <= "\xe2\x81\xa9"));
    if (size == 0 || control || turns) {
      for (const char c : character) {
        const auto u = static_cast<unsigned char>(c);
        out += "\\x";
        out += digits[u >> 4];
        out += digits[u & 15];
      }
    } else {
      out += character;
    }
    text.remove_prefix(character.size());
  }
  return out;
}

std::size_t utf8_size(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return 1;
  const std::size_t size = lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
  if (size == 0 || text.size() < size) return 0;
  char32_t point = lead & (0x7fU >> size);
  for (const char c : text.substr(1, size - 1)) {
    const auto next = static_cast<unsigned char>(c);
    if (next >> 6 != 2) return 0;
    point = point << 6 | (next & 0x3f);
  }
  // Longer than need be, past the last character, or half of a surrogate pair.
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  return point < least[size] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ? 0 : size;
}

}  // namespace tool
