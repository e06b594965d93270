#include "tls/process_policy.hpp"

#include <memory>
#include <mutex>
#include <utility>

namespace signet {
namespace {

struct state {
  std::mutex mutex = {};
  std::shared_ptr<const process_policy> policy = {};
  bool was_asked = false;
};

// Never destroyed: configs are made until the last.
state& of_process() {
  static auto* const one = new state;
  return *one;
}

std::shared_ptr<const process_policy> ask() {
  auto& s = of_process();
  const std::lock_guard lock(s.mutex);
  s.was_asked = true;
  return s.policy;
}

}  // namespace

result<void> set_process_policy(process_policy policy) {
  auto& s = of_process();
  const std::lock_guard lock(s.mutex);
  if (s.policy) return error(errc::invalid_argument, "this process has a policy already");
  if (s.was_asked)
    return error(errc::invalid_argument, "a config was made before the policy of this process was set",
                 "set it first in main()");
  s.policy = std::make_shared<const process_policy>(std::move(policy));
  return {};
}

result<void> apply_policy(client_options& options) {
  const auto policy = ask();
  return policy && policy->client ? policy->client(options) : result<void>();
}

result<void> apply_policy(server_options& options) {
  const auto policy = ask();
  return policy && policy->server ? policy->server(options) : result<void>();
}

}  // namespace signet
