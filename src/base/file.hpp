// Files are read whole, within a limit, and a path that would make the reader wait or never ends is refused.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include <signet/base/result.hpp>

namespace signet::base {

inline constexpr std::size_t largest_file = std::size_t{64} << 20;

// A regular file, or a pipe (as a shell's <(command) makes) whose writer has ten seconds. file_not_readable,
// file_too_large.
result<std::string> read_file(const std::filesystem::path& file, std::size_t limit = largest_file);

// The path as messages show it.
std::string shown(const std::filesystem::path& file);

}  // namespace signet::base
