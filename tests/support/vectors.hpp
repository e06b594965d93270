// Test vectors that other people made; they lie outside the project.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace signet::test {

/// Whether SIGNET_VECTORS says "none": the one reason to skip a test that needs some.
inline bool are_vectors_renounced() {
  const char* named = std::getenv("SIGNET_VECTORS");
  return named != nullptr && std::string_view(named) == "none";
}

/// In SIGNET_VECTORS, or beside the checkout. That it is not there is a failure.
inline std::filesystem::path vectors(const std::filesystem::path& file) {
  const char* named = std::getenv("SIGNET_VECTORS");
  return (named != nullptr && *named != '\0' ? std::filesystem::path(named)
                                             : std::filesystem::path(SIGNET_SOURCE) / "../shared/vectors") /
         file;
}

}  // namespace signet::test
