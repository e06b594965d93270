// How a subcommand reads its command line: CLI11 underneath, and our rules for what goes wrong (one line on stderr,
// status 2).
#pragma once

#include <CLI/CLI.hpp>

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exit_status.hpp"

namespace tool {

/// The arguments after the subcommand's name.
using arguments = std::span<const char* const>;

struct command {
  std::string_view name;
  std::string_view summary;
  exit_status (*run)(arguments);
};

/// A command line of one subcommand: `examples` end its --help.
class command_line : public CLI::App {
 public:
  command_line(const std::string& name, const std::string& description, const std::string& examples);

  /// A status when the run is over already: --help was asked for, or the line does not parse (and that was said).
  [[nodiscard]] std::optional<exit_status> read(arguments args);

  /// An option that may be given again and again, one value each time.
  CLI::Option* repeatable(const std::string& names, std::vector<std::string>& into, const std::string& description);
  /// Elsewhere an empty value is refused: it is a shell's variable that nobody has set.
  void may_be_empty(const CLI::Option* option) { may_be_empty_.push_back(option); }

 private:
  std::vector<const CLI::Option*> may_be_empty_;
  std::string color_ = "auto";
};

/// What cannot be asked for together with `with`. Throws failure (usage).
void refuse_together(const command_line& line, const std::string& command, std::string_view with,
                     std::initializer_list<const char*> without);

/// Finds the command named by the first argument and runs it, or prints what there is.
exit_status dispatch(const std::string& program, const std::string& description, std::span<const command> commands,
                     arguments args);

/// "a,b" -> {"a", "b"}; no empty parts.
std::vector<std::string> split_list(std::string_view text);

}  // namespace tool
