// How a subcommand reads its command line: CLI11 underneath, and our rules for what goes wrong (one line on stderr,
// status 2).
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exit_status.hpp"

// Named only: CLI11 is a large header, and is read by arguments.cpp alone.
namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tool {

/// The arguments after the subcommand's name.
using arguments = std::span<const char* const>;

struct command {
  std::string_view name;
  std::string_view summary;
  exit_status (*run)(arguments);
};

/// One option of a command line, which has to outlive it.
class option {
 public:
  explicit option(CLI::Option* one) noexcept : one_(one) {}

  option& type_name(const std::string& text);
  option& group(const std::string& name);
  option& required();
  /// Takes one of these words only.
  option& one_of(std::vector<std::string> words);
  /// Takes a number from `least` to `most` only.
  option& between(std::size_t least, std::size_t most);
  option& excludes(const option& other);
  /// Takes every value that is given, however they are spread.
  option& takes_all();

  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] std::string name() const;
  [[nodiscard]] const std::string& group() const;

 private:
  friend class command_line;
  CLI::Option* one_;
};

/// A command line of one subcommand: `examples` end its --help. What is read goes into the variables that the options
/// name, which have to outlive it.
class command_line {
 public:
  command_line(const std::string& name, const std::string& description, const std::string& examples);
  ~command_line();

  option add_flag(const std::string& names, bool& into, const std::string& description);
  /// One that is counted: -v, -vv.
  option add_flag(const std::string& names, int& into, const std::string& description);
  option add_option(const std::string& names, std::string& into, const std::string& description);
  option add_option(const std::string& names, std::optional<std::string>& into, const std::string& description);
  option add_option(const std::string& names, std::size_t& into, const std::string& description);
  option add_option(const std::string& names, std::vector<std::string>& into, const std::string& description);
  /// An option that may be given again and again, one value each time.
  option repeatable(const std::string& names, std::vector<std::string>& into, const std::string& description);
  /// Elsewhere an empty value is refused: it is a shell's variable that nobody has set.
  void may_be_empty(const option& one) { may_be_empty_.push_back(one.one_); }

  /// A status when the run is over already: --help was asked for, or the line does not parse (and that was said).
  [[nodiscard]] std::optional<exit_status> read(arguments args);

  /// Whether this option was given. After read().
  [[nodiscard]] bool given(const std::string& name) const;
  [[nodiscard]] std::vector<option> options() const;

 private:
  std::unique_ptr<CLI::App> app_;
  std::vector<const CLI::Option*> may_be_empty_;
  std::string color_ = "auto";
};

/// What cannot be asked for together with `with`. Throws failure (usage).
void refuse_together(const command_line& line, const std::string& command, std::string_view with,
                     std::initializer_list<const char*> without);

/// Finds the command named by the first argument and runs it, or prints what there is.
exit_status dispatch(const std::string& program, const std::string& description, std::span<const command> commands,
                     arguments args);

/// "a,b" -> {"a", "b"}. Whoever takes the parts refuses empty ones.
std::vector<std::string> split_list(std::string_view text);

}  // namespace tool
