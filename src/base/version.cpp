#include <signet/version.hpp>

#include <openssl/crypto.h>
#include <openssl/opensslv.h>

namespace signet {

version_info version() {
  return {.library = SIGNET_VERSION,
          .openssl_built = OPENSSL_VERSION_TEXT,
          .openssl_running = OpenSSL_version(OPENSSL_VERSION)};
}

}  // namespace signet
