// The versions of this library and of the OpenSSL that it uses.
#pragma once

#include <string>

#include <signet/base/export.hpp>

namespace signet {

/// Versions as text, for people and logs.
struct version_info {
  /// The version of this library.
  std::string library = {};
  /// The OpenSSL whose headers the library was compiled with, such as "OpenSSL 3.0.13 30 Jan 2024".
  std::string openssl_built = {};
  /// The OpenSSL that is loaded now, in the same form.
  std::string openssl_running = {};
};
/// The versions in this process.
SIGNET_EXPORT version_info version();

}  // namespace signet
