// Versions of this library and of the OpenSSL under it.
#pragma once

#include <string>

#include <signet/base/export.hpp>

namespace signet {

struct version_info {
  std::string library = {};
  std::string openssl_built = {};
  std::string openssl_running = {};
};
SIGNET_EXPORT version_info version();

}  // namespace signet
