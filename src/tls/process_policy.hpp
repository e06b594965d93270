// The policy of this process, as configs ask it.
#pragma once

#include <signet/tls/client_config.hpp>
#include <signet/tls/process_policy.hpp>
#include <signet/tls/server_config.hpp>

namespace signet {

[[nodiscard]] result<void> apply_policy(client_options& options);
[[nodiscard]] result<void> apply_policy(server_options& options);

}  // namespace signet
