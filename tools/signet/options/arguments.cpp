#include "options/arguments.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <utility>

#include "hints.hpp"
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

option& option::type_name(const std::string& text) {
  one_->type_name(text);
  return *this;
}
option& option::group(const std::string& name) {
  one_->group(name);
  return *this;
}
option& option::required() {
  one_->required();
  return *this;
}
option& option::one_of(std::vector<std::string> words) {
  one_->check(CLI::IsMember(std::move(words)));
  return *this;
}
option& option::between(std::size_t least, std::size_t most) {
  one_->check(CLI::Range(least, most));
  return *this;
}
option& option::excludes(const option& other) {
  one_->excludes(other.one_);
  return *this;
}
option& option::takes_all() {
  one_->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return *this;
}
std::size_t option::count() const {
  return one_->count();
}
std::string option::name() const {
  return one_->get_name();
}
const std::string& option::group() const {
  return one_->get_group();
}

command_line::command_line(const std::string& name, const std::string& description, const std::string& examples)
    : app_(std::make_unique<CLI::App>(description, name)) {
  app_->footer("Examples:\n" + examples);
  app_->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  add_option("--color", color_, "never, always or auto: colour only on a terminal")
      .one_of({"never", "always", "auto"})
      .type_name("WHEN");
}
command_line::~command_line() = default;

option command_line::add_flag(const std::string& names, bool& into, const std::string& description) {
  return option(app_->add_flag(names, into, description));
}
option command_line::add_flag(const std::string& names, int& into, const std::string& description) {
  return option(app_->add_flag(names, into, description));
}
option command_line::add_option(const std::string& names, std::string& into, const std::string& description) {
  return option(app_->add_option(names, into, description));
}
option command_line::add_option(const std::string& names, std::optional<std::string>& into,
                                const std::string& description) {
  return option(app_->add_option(names, into, description));
}
option command_line::add_option(const std::string& names, std::size_t& into, const std::string& description) {
  return option(app_->add_option(names, into, description));
}
option command_line::add_option(const std::string& names, std::vector<std::string>& into,
                                const std::string& description) {
  return option(app_->add_option(names, into, description));
}
option command_line::repeatable(const std::string& names, std::vector<std::string>& into,
                                const std::string& description) {
  auto added = add_option(names, into, description).takes_all();
  added.one_->allow_extra_args(false);
  return added;
}

std::optional<exit_status> command_line::read(arguments args) {
  const std::string program = app_->get_name();
  std::vector<std::string> names;
  for (const auto* one : std::as_const(*app_).get_options()) names.push_back(one->get_name());
  set_known_options(std::move(names));
  try {
    app_->parse(std::vector<std::string>(args.rbegin(), args.rend()));
  } catch (const CLI::CallForHelp&) {
    print(app_->help());
    return exit_status::ok;
  } catch (const CLI::ExtrasError&) {
    const auto left = app_->remaining();
    const std::string first = left.empty() ? std::string() : left.front();
    const bool is_option = first.size() > 1 && first.front() == '-';
    return usage_error(program, (is_option ? "unknown option " : "unexpected argument ") + first);
  } catch (const CLI::ParseError& e) {
    return usage_error(program, e.what());
  }
  for (const auto* one : std::as_const(*app_).get_options()) {
    const auto& given = one->results();
    if (std::ranges::find(given, "") == given.end() || std::ranges::find(may_be_empty_, one) != may_be_empty_.end())
      continue;
    return usage_error(program, one->get_name() + ": the value is empty");
  }
  set_color(color_ == "always" ? color_mode::always : color_ == "never" ? color_mode::never : color_mode::automatic);
  return {};
}

bool command_line::given(const std::string& name) const {
  const auto* one = app_->get_option_no_throw(name);
  return one != nullptr && one->count() > 0;
}

std::vector<option> command_line::options() const {
  std::vector<option> all;
  for (auto* one : app_->get_options()) all.emplace_back(one);
  return all;
}

void refuse_together(const command_line& line, const std::string& command, std::string_view with,
                     std::initializer_list<const char*> without) {
  for (const char* one : without) {
    if (line.given(one))
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
  if (text.empty()) return parts;
  for (auto comma = text.find(','); comma != text.npos; comma = text.find(',')) {
    parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma + 1);
  }
  parts.emplace_back(text);
  return parts;
}

}  // namespace tool
