// What the library advises, in the words of this tool: its options where the library names its own.
#pragma once

#include <string>
#include <vector>

namespace tool {

/// The options of the subcommand that runs, "--starttls": a hint names another subcommand for what this one lacks.
void set_known_options(std::vector<std::string> names);
std::string in_options(std::string hint);

}  // namespace tool
