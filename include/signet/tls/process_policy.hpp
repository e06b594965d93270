// What holds for every config of a process, whoever makes it: a place for an organisation's rules, outside of the code
// that connects and serves.
#pragma once

#include <functional>

#include <signet/base/export.hpp>
#include <signet/base/result.hpp>

namespace signet {

struct client_options;
struct server_options;

/// Functions that see each options struct before it is checked. They may tighten it, repair it, or refuse it: the error
/// is then that of make() or reload(). Several threads may call them at once.
struct process_policy {
  std::function<result<void>(client_options&)> client = {};
  std::function<result<void>(server_options&)> server = {};
};

/// Sets the policy of this process, once, before the first config is made. Nothing takes it back: code that is loaded
/// later cannot loosen it.
/// Errors: invalid_argument (there is one, or make(), reload() or client_config::standard() has been called already, by
/// connect() without a config for example).
SIGNET_EXPORT result<void> set_process_policy(process_policy policy);

}  // namespace signet
