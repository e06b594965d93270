// Tells whether a file was changed or replaced, without reading it.
#pragma once

#include <cstdint>
#include <filesystem>

namespace signet::base {

// Changes whenever the file, or a file of the folder, does. Links are followed. 0 where there is none.
[[nodiscard]] std::uint64_t file_stamp(const std::filesystem::path& path) noexcept;

}  // namespace signet::base
