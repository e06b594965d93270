// Files the tool reads.
#pragma once

#include <filesystem>
#include <string>

namespace tool {

/// The first line of a file, without its newline: how passwords are kept. `option` is what named the file. Throws
/// failure.
std::string first_line(const std::filesystem::path& file, const std::string& option = {});
/// All of a file, up to a bound. Throws failure.
std::string whole_file(const std::filesystem::path& file, std::size_t limit = std::size_t{1} << 30,
                       const std::string& option = {});

}  // namespace tool
