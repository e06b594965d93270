#include "output.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>

#include <signet/verify/verdict.hpp>

namespace tool {
namespace {

color_mode chosen_color = color_mode::automatic;

bool colored() noexcept {
  if (chosen_color != color_mode::automatic) return chosen_color == color_mode::always;
  const char* no_color = std::getenv("NO_COLOR");
  return (no_color == nullptr || *no_color == '\0') && ::isatty(STDERR_FILENO) == 1;
}

std::string painted(std::string_view text, std::string_view code) {
  if (!colored()) return std::string(text);
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
  if (!hint.empty()) write_line(painted("hint:", "1;36") + " " + printable(hint));
}

}  // namespace

void set_color(color_mode mode) noexcept {
  chosen_color = mode;
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
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 || u == 0x7f) {
      out += "\\x";
      out += digits[u >> 4];
      out += digits[u & 15];
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace tool
