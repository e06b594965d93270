// What is taken of a temporary outlives it: each of these lines read freed memory once, and no compiler warned.
#include <signet/tls/client_config.hpp>
#include <signet/verify/verify_peer.hpp>
#include <signet/x509/certificate.hpp>

#include <gtest/gtest.h>

#include <type_traits>
#include <utility>

#include "support/pki.hpp"

namespace signet {
namespace {

using test::pki;

TEST(temporaries, a_loop_over_the_value_of_a_result_is_sound) {
  std::size_t seen = 0;
  for (const auto& c : load_certificates(pki("chain.pem")).value()) seen += c.subject().empty() ? 0U : 1U;
  for (const auto& c : *load_certificates(pki("chain.pem"))) seen += c.subject().empty() ? 0U : 1U;
  EXPECT_EQ(seen, 4U);
}

TEST(temporaries, a_loop_over_the_findings_of_a_verdict_is_sound) {
  std::string all;
  for (const auto& f : verify_peer({.sent = load_certificates(pki("expired.pem")).value()}).findings())
    all += f.message;
  EXPECT_NE(all.find("expired"), std::string::npos) << all;
  std::string subjects;
  for (const auto& c : verify_peer({.sent = load_certificates(pki("chain.pem")).value()}).chain())
    subjects += c.subject();
  EXPECT_NE(subjects, "");
}

TEST(temporaries, a_request_keeps_what_it_is_given) {
  const verify_request request{.sent = load_certificates(pki("server.pem")).value(),
                               .trust = trust_store::pem_file(pki("ca.pem")).value(),
                               .expected = server_name::parse("server.test").value()};
  EXPECT_TRUE(verify_peer(request).trusted());
}

TEST(temporaries, what_an_error_says_outlives_it) {
  const auto& message = load_certificates(pki("no such file")).error().message();
  EXPECT_NE(message.find("no such file"), std::string::npos);
  static_assert(!std::is_reference_v<decltype(load_certificates("").error().hint())>);
  static_assert(!std::is_reference_v<decltype(load_certificates("").value())>);
  static_assert(!std::is_reference_v<decltype(verify_peer({}).trust())>);
  static_assert(!std::is_reference_v<decltype(known_peers::open("").value().file())>);
  static_assert(!std::is_reference_v<decltype(std::declval<client_config>().trust())>);
  static_assert(!std::is_reference_v<decltype(loosened_verification().reason())>);
  static_assert(!std::is_reference_v<decltype(std::declval<exception>().error())>);
}

}  // namespace
}  // namespace signet
