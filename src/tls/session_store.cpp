#include <signet/tls/session_store.hpp>

namespace signet {

session_store::~session_store() = default;

}  // namespace signet
