// signet psl: where registrations begin.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <optional>
#include <utility>

#include <signet/verify/public_suffix_list.hpp>
#include <signet/verify/server_name.hpp>

#include "commands.hpp"
#include "json_text.hpp"
#include "lines.hpp"
#include "output.hpp"

namespace tool {
namespace {

// Names on stdin, one a line; empty lines are passed over.
template <class Each>
void each_name_on_stdin(Each&& each) {
  constexpr std::size_t longest_line = 64 * 1024;
  std::ios::sync_with_stdio(false);
  for (std::string line; read_line(line, longest_line);) {
    if (line.size() > longest_line) throw failure(exit_status::local, "reading stdin: a line is longer than 64 KiB");
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.pop_back();
    if (!line.empty()) each(line);
  }
}

}  // namespace

exit_status run_psl(arguments args) {
  command_line line("signet psl", "Prints the public suffix and the registrable domain of each name, - for none.",
                    "  signet psl www.example.co.uk\n"
                    "  signet psl --section icann --json someone.github.io\n"
                    "  signet psl --list public_suffix_list.dat < names.txt\n");
  std::vector<std::string> domains;
  std::string file, section = "all";
  bool json = false;
  line.add_option("DOMAIN", domains, "names; without any they are read from stdin, one a line");
  line.add_option("--list", file, "a list as publicsuffix.org publishes it, instead of the system's").type_name("FILE");
  line.add_option("--section", section, "icann: registries under ICANN's rules; all: private ones too (all)")
      .one_of({"icann", "all"})
      .type_name("SECTION");
  line.add_flag("--json", json, "print a JSON object");
  if (const auto over = line.read(args)) return *over;

  const auto list =
      file.empty() ? signet::public_suffix_list::system() : signet::public_suffix_list::load(file).value();
  const auto which = section == "icann" ? signet::suffix_section::icann : signet::suffix_section::all;

  auto rows = nlohmann::ordered_json::array();
  std::string text;
  const auto tell = [&](const std::string& domain) {
    const auto parsed = signet::server_name::parse(domain);
    if (!parsed) warn(parsed.error().message());
    const auto suffix = list.public_suffix(domain, which);
    const auto registrable = list.registrable_domain(domain, which);
    const auto or_null = [](const std::optional<std::string>& value) {
      return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
    };
    text += printable(domain) + ' ' + suffix.value_or("-") + ' ' + registrable.value_or("-") + '\n';
    if (!json) return;
    rows.push_back({{"domain", parsed ? parsed->ascii() : printable(domain)},
                    {"public_suffix", or_null(suffix)},
                    {"registrable_domain", or_null(registrable)}});
  };
  if (domains.empty()) {
    each_name_on_stdin([&](const std::string& domain) {
      tell(domain);
      // In blocks, as they come: whoever writes names one by one is not kept waiting for an answer.
      if (!json && (text.size() > 65536 || std::cin.rdbuf()->in_avail() <= 0)) print(std::exchange(text, {}));
    });
  } else {
    std::ranges::for_each(domains, tell);
  }
  print(json ? to_text({{"domains", rows}}) + "\n" : text);
  return exit_status::ok;
}

}  // namespace tool
