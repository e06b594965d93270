#include "arguments.hpp"

#include <algorithm>

#include "output.hpp"

namespace tool {
namespace {

// "signet get" opens its errors as "signet: get".
exit_status usage_error(const std::string& program, const std::string& why) {
  std::string one_line = why;
  std::replace(one_line.begin(), one_line.end(), '\n', ' ');
  const auto blank = program.find(' ');
  const auto command = blank == std::string::npos ? std::string("usage") : program.substr(blank + 1);
  say(program.substr(0, blank) + ": " + command + ": " + one_line + " (see " + program + " --help)");
  return exit_status::usage;
}

}  // namespace

command_line::command_line(const std::string& name, const std::string& description, const std::string& examples)
    : CLI::App(description, name) {
  footer("Examples:\n" + examples);
  option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  add_option("--color", color_, "never, always or auto: colour only on a terminal")
      ->check(CLI::IsMember({"never", "always", "auto"}))
      ->type_name("WHEN");
}

std::optional<exit_status> command_line::read(arguments args) {
  std::vector<std::string> reversed(args.rbegin(), args.rend());
  try {
    parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    print(help());
    return exit_status::ok;
  } catch (const CLI::ExtrasError&) {
    const auto left = remaining();
    const std::string first = left.empty() ? std::string() : left.front();
    const bool option = first.size() > 1 && first.front() == '-';
    return usage_error(get_name(), (option ? "unknown option " : "unexpected argument ") + first);
  } catch (const CLI::ParseError& e) {
    return usage_error(get_name(), e.what());
  }
  for (const auto* option : get_options()) {
    const auto& given = option->results();
    if (std::ranges::find(given, "") == given.end() || std::ranges::find(may_be_empty_, option) != may_be_empty_.end())
      continue;
    return usage_error(get_name(), option->get_name() + ": the value is empty");
  }
  set_color(color_ == "always" ? color_mode::always : color_ == "never" ? color_mode::never : color_mode::automatic);
  return {};
}

CLI::Option* command_line::repeatable(const std::string& names, std::vector<std::string>& into,
                                      const std::string& description) {
  return add_option(names, into, description)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

void refuse_together(const command_line& line, const std::string& command, std::string_view with,
                     std::initializer_list<const char*> without) {
  for (const char* one : without) {
    const auto* option = line.get_option_no_throw(one);
    if (option != nullptr && option->count() > 0)
      throw failure(exit_status::usage, command + ": " + one + " does not go with " + std::string(with));
  }
}

exit_status dispatch(const std::string& program, const std::string& description, std::span<const command> commands,
                     arguments args) {
  const std::string_view asked = args.empty() ? std::string_view() : args.front();
  if (asked == "--help" || asked == "-h" || asked == "help") {
    std::string text = description + "\n\nUsage: " + program + " COMMAND [OPTIONS]\n\nCommands:\n";
    for (const auto& one : commands) {
      text += "  " + std::string(one.name);
      text.append(one.name.size() < 10 ? 10 - one.name.size() : 1, ' ');
      text += std::string(one.summary) + "\n";
    }
    text += "\n" + program + " COMMAND --help tells more.\n";
    print(text);
    return exit_status::ok;
  }
  if (asked.empty()) return usage_error(program, "a command is needed");
  const auto* found = std::find_if(commands.data(), commands.data() + commands.size(),
                                   [&](const command& one) { return one.name == asked; });
  if (found == commands.data() + commands.size()) {
    const bool option = asked.front() == '-';
    return usage_error(program, (option ? "unknown option " : "unknown command ") + std::string(asked));
  }
  return found->run(args.subspan(1));
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    if (comma > 0) parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

}  // namespace tool
