#include "output.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <new>
#include <span>
#include <thread>
#include <utility>

#include <signet/verify/verdict.hpp>

#include "hints.hpp"
#include "http1/characters.hpp"

namespace tool {

namespace http1 = signet::http1;

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
void write_now(std::string_view rest) noexcept {
  while (!rest.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

// The lines that wait for their thread.
class line_queue {
 public:
  void put(std::string line) {
    {
      const std::lock_guard lock(mutex_);
      if (lines_.size() >= most) {
        ++dropped_;
        return;
      }
      tell_of_dropped();
      lines_.push_back(std::move(line));
    }
    changed_.notify_all();
  }
  void write_all() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return ended_ || !lines_.empty() || dropped_ != 0; });
      if (lines_.empty()) tell_of_dropped();
      if (lines_.empty()) return;
      auto line = std::move(lines_.front());
      lines_.pop_front();
      writing_ = true;
      lock.unlock();
      write_now(line);
      lock.lock();
      writing_ = false;
      changed_.notify_all();
    }
  }
  // False when they have not left in time.
  bool flush() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(1), [this] { return lines_.empty() && !writing_; });
  }
  void end() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
  }

 private:
  // Where they would have stood: behind those that were there, before those that come.
  void tell_of_dropped() {
    if (dropped_ == 0) return;
    lines_.push_back("signet: " + std::to_string(std::exchange(dropped_, 0)) +
                     " lines are missing here: nobody read what was written\n");
  }

  static constexpr std::size_t most = 1000;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
  std::uint64_t dropped_ = 0;
  bool writing_ = false;
  bool ended_ = false;
};

// Shared with the thread, which may be in a write that does not end.
std::shared_ptr<line_queue> background;
std::thread background_thread;

void write_line(std::string line) {
  line += '\n';
  if (background)
    background->put(std::move(line));
  else
    write_now(line);
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

background_lines::background_lines() {
  background = std::make_shared<line_queue>();
  background_thread = std::thread([queue = background] { queue->write_all(); });
}

background_lines::~background_lines() {
  const bool all_left = background->flush();
  background->end();
  if (all_left)
    background_thread.join();
  else
    background_thread.detach();
  background.reset();
}

void flush_lines() noexcept {
  if (background) static_cast<void>(background->flush());
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

std::vector<std::string> also_of(const signet::error& error) {
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
  return also;
}

exit_status report(const signet::error& error) {
  error_lines(error.message(), also_of(error), error.hint());
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
    const auto [code_point, size] = http1::first_character(text);
    const auto character = text.substr(0, std::max<std::size_t>(size, 1));
    if (size != 0 && http1::is_harmless(code_point)) {
      out += character;
    } else {
      for (const char c : character) {
        const auto u = static_cast<unsigned char>(c);
        out += "\\x";
        out += digits[u >> 4];
        out += digits[u & 15];
      }
    }
    text.remove_prefix(character.size());
  }
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto next = std::min(text.find('\n'), text.size() - 1) + 1;
    auto line = text.substr(0, next);
    const std::string_view end = line.ends_with("\r\n") ? "\r\n" : line.ends_with('\n') ? "\n" : "";
    line.remove_suffix(end.size());
    out += printable(line);
    out += end;
    text.remove_prefix(next);
  }
  return out;
}

}  // namespace tool
