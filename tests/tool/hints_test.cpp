#include "hints.hpp"

#include <gtest/gtest.h>

#include <signet/signet.hpp>

namespace {

using tool::in_options;

TEST(hints, name_the_options_of_this_tool) {
  EXPECT_EQ(in_options("add it (trust_store::pem_file)"), "add it (--add-ca FILE)");
  EXPECT_EQ(in_options("(trust_store::system, trust_store::pem_file)"), "(--ca FILE)");
  EXPECT_EQ(in_options("client_options::min_version or min_version"), "--tls-min VERSION or --tls-min VERSION");
  EXPECT_EQ(in_options("check its spelling"), "check its spelling");
  EXPECT_EQ(in_options(""), "");
}

// What the library says when its own options are missing.
TEST(hints, of_the_library_are_all_in_the_table) {
  const auto no_ca = signet::server_config::make({.client_auth = signet::client_certificates::required}).error();
  const auto nobody = signet::server_config::make({}).error();
  for (const auto& e : {no_ca, nobody}) {
    EXPECT_NE(e.hint().find("_options::"), std::string::npos) << e.hint();
    EXPECT_EQ(in_options(e.hint()).find("::"), std::string::npos) << in_options(e.hint());
    EXPECT_NE(in_options(e.hint()).find("--"), std::string::npos) << in_options(e.hint());
  }
}

}  // namespace
