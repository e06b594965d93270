// Test vectors that other people made; they lie outside the project.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace signet::test {

/// In SIGNET_VECTORS, or beside the checkout. Whether the file is there is the caller's to look at, and to say loudly.
inline std::filesystem::path vectors(const std::filesystem::path& file) {
  const char* named = std::getenv("SIGNET_VECTORS");
  return (named != nullptr ? std::filesystem::path(named)
                           : std::filesystem::path(SIGNET_SOURCE) / "../shared/vectors") /
         file;
}

}  // namespace signet::test
