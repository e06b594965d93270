#include <signet/tls/protocol_version.hpp>

namespace signet {

std::string_view name(protocol_version version) noexcept {
  switch (version) {
    case protocol_version::tls1_0:
      return "TLSv1.0";
    case protocol_version::tls1_1:
      return "TLSv1.1";
    case protocol_version::tls1_2:
      return "TLSv1.2";
    case protocol_version::tls1_3:
      return "TLSv1.3";
  }
  return "unknown";
}

}  // namespace signet
