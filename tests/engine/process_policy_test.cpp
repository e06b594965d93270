// A process has one policy, so each test is a process of its own.
#include <signet/tls/client_config.hpp>
#include <signet/tls/process_policy.hpp>
#include <signet/tls/server_config.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "support/pki.hpp"

namespace signet {
namespace {

// Ends the process: 0 when all held.
[[noreturn]] void end(bool held) {
  std::_Exit(held ? 0 : 1);
}

class process_policy_of : public testing::Test {
 protected:
  process_policy_of() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(process_policy_of, a_process_tightens_repairs_and_refuses) {
  EXPECT_EXIT(
      {
        const auto set =
            set_process_policy({.client = [](client_options& o) -> result<void> {
                                  if (!o.loosened.reason().empty() || o.min_version < protocol_version::tls1_2)
                                    return error(errc::invalid_configuration, "the rules of this house forbid it");
                                  o.min_version = protocol_version::tls1_3;
                                  return {};
                                },
                                .server = [](server_options& o) -> result<void> {
                                  if (o.identities.empty() && o.loaded_identities.empty())
                                    o.loaded_identities = {test::load_identity("server")};
                                  return {};
                                }});
        const auto refused = client_config::make({.min_version = protocol_version::tls1_0});
        const auto tightened = client_config::make({.max_version = protocol_version::tls1_2});
        const auto repaired = server_config::make({});
        end(set && !refused && refused.error().message() == "the rules of this house forbid it" && !tightened &&
            client_config::make() && repaired);
      },
      testing::ExitedWithCode(0), "");
}

TEST_F(process_policy_of, a_process_is_set_once) {
  EXPECT_EXIT(end(set_process_policy({}) && !set_process_policy({})), testing::ExitedWithCode(0), "");
}

TEST_F(process_policy_of, a_process_is_set_before_the_first_config) {
  EXPECT_EXIT(
      {
        const auto made = client_config::make();
        const auto late = set_process_policy({});
        end(made && !late && late.error().code() == errc::invalid_argument);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace signet
