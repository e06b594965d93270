// What the tool says: results on stdout, everything else on stderr, one line each. Text that came from elsewhere (a
// peer's reason phrase, a file name) cannot move the cursor: control characters are escaped.
#pragma once

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>

#include "exit_status.hpp"

namespace tool {

/// A failure of a subcommand that is not the library's to name. what() is "<what failed>: <why>".
class failure : public std::runtime_error {
 public:
  failure(exit_status status, const std::string& message, std::string hint = {}, std::vector<std::string> also = {})
      : runtime_error(message), status_(status), hint_(std::move(hint)), also_(std::move(also)) {}
  [[nodiscard]] exit_status status() const noexcept { return status_; }
  [[nodiscard]] const std::string& hint() const noexcept { return hint_; }
  [[nodiscard]] const std::vector<std::string>& also() const noexcept { return also_; }

 private:
  exit_status status_;
  std::string hint_;
  std::vector<std::string> also_;
};

/// Whoever read our stdout has seen enough: the run ends without a word.
class output_closed : public std::runtime_error {
 public:
  output_closed() : runtime_error("stdout was closed by its reader") {}
};

/// The value, or the error thrown with the words that say what failed.
template <class T>
T value_in(const std::string& context, signet::result<T> result) {
  if (!result) throw signet::exception(result.error().in(context));
  return *std::move(result);
}

enum class color_mode : unsigned char { automatic, always, never };
void set_color(color_mode mode) noexcept;
enum class color : unsigned char { green, yellow, red, bold };
/// Part of a result, in colour where stdout is a terminal or --color asks for it.
std::string painted(std::string_view text, color with);

/// Writes all of it to stdout. Throws output_closed, and failure when it cannot be written.
void print(signet::byte_view bytes);
/// One line on stderr, from any thread, never interleaved with another's.
void say(std::string_view line);
/// "signet: warning: ..."
void warn(std::string_view text);
/// What an error tells beside its message: its details, and the further findings of the verdict.
std::vector<std::string> also_of(const signet::error& error);
/// The three forms of lines an error becomes, and its status.
exit_status report(const signet::error& error);
exit_status report(const failure& failed);
/// The exception being handled.
exit_status report_current_exception();

/// While it lives, a thread of its own writes the lines on stderr, so that nobody waits for whoever reads them. At most
/// 1000 lines wait; how many more there were is said when there is room again. The last ones have a second to leave.
class background_lines {
 public:
  background_lines();
  ~background_lines();
  background_lines(const background_lines&) = delete;
  background_lines& operator=(const background_lines&) = delete;
};
/// Gives the lines that wait a second to leave, before the program ends at once.
void flush_lines() noexcept;

/// Control characters, marks that turn the direction of writing, and what is not UTF-8 as \x1b, so that foreign text
/// stays on its line and reads as it is.
std::string printable(std::string_view text);
/// The same of each of several lines, whose ends stay.
std::string printable_lines(std::string_view text);

}  // namespace tool
