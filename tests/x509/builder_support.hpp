// What tests of made certificates share: keys, a CA, and the openssl program as the judge.
#pragma once

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <map>
#include <string>
#include <vector>

#include <signet/x509/certificate_builder.hpp>

#include "support/pki.hpp"
#include "support/run_program.hpp"

namespace signet::test {

class builder_test : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0UL) << "OpenSSL's queue was left filled"; }
};

// The same one for each type.
inline private_key key(const std::string& type = "ec:P-256") {
  static std::map<std::string, private_key> made;
  auto found = made.find(type);
  if (found == made.end()) found = made.emplace(type, private_key::generate(type).value()).first;
  return found->second;
}
inline private_key other_key() {
  static const private_key made = private_key::generate("ec:P-256").value();
  return made;
}

// The same for all tests of one program.
inline const identity& ca() {
  static const identity made = make_ca({.common_name = "test CA", .organization = "Signet"}, other_key()).value();
  return made;
}

inline std::string pem_of(const std::vector<certificate>& chain) {
  std::string out;
  for (const auto& c : chain) out += c.pem();
  return out;
}

// What `openssl verify -x509_strict` makes of a chain under this root.
inline program_result verified(const std::vector<certificate>& chain, const certificate& root,
                               const std::vector<std::string>& options = {}) {
  const temporary_folder folder;
  std::vector<std::string> arguments{"openssl",
                                     "verify",
                                     "-x509_strict",
                                     "-CAfile",
                                     folder.file("root.pem", root.pem()).string(),
                                     "-untrusted",
                                     folder.file("chain.pem", pem_of(chain)).string()};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back(folder.file("leaf.pem", chain.front().pem()).string());
  return run_program(arguments);
}
inline program_result verified(const identity& id, const certificate& root,
                               const std::vector<std::string>& options = {}) {
  return verified(id.chain(), root, options);
}

inline std::string text_of(const certificate& c) {
  return run_program({"openssl", "x509", "-noout", "-text"}, c.pem()).output;
}

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// How many extensions of this kind there are.
inline long count_of(const certificate& c, const std::string& oid) {
  long count = 0;
  for (const auto& e : c.extensions()) count += e.id.oid == oid ? 1 : 0;
  return count;
}
inline const extension* extension_of(const std::vector<extension>& all, const std::string& oid) {
  for (const auto& e : all)
    if (e.id.oid == oid) return &e;
  return nullptr;
}

inline constexpr const char* key_usage_oid = "2.5.29.15";
inline constexpr const char* alternative_name_oid = "2.5.29.17";
inline constexpr const char* basic_constraints_oid = "2.5.29.19";
inline constexpr const char* name_constraints_oid = "2.5.29.30";
inline constexpr const char* extended_usage_oid = "2.5.29.37";
inline constexpr const char* authority_access_oid = "1.3.6.1.5.5.7.1.1";
inline constexpr const char* no_check_oid = "1.3.6.1.5.5.7.48.1.5";

inline std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

}  // namespace signet::test
