// What the library advises, in the words of this tool: its options where the library names its own.
#pragma once

#include <string>

namespace tool {

std::string in_options(std::string hint);

}  // namespace tool
