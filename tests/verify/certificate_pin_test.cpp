#include <signet/dangerous.hpp>
#include <signet/verify/certificate_pin.hpp>

#include <gtest/gtest.h>

#include "issued.hpp"

namespace signet {
namespace {

using test::codes;
using test::judge;
using strings = std::vector<std::string>;

std::string pin(const certificate& c, const std::string& digest, fingerprint_of part = fingerprint_of::certificate) {
  return digest + (part == fingerprint_of::public_key ? "$pub$" : "$") + to_hex(c.fingerprint(digest, part).value());
}

std::string with_colons(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) out += (i == 0 ? "" : ":") + hex.substr(i, 2);
  return out;
}

const identity& ca() {
  static const identity made = test::root("Pinned CA");
  return made;
}
const identity& server() {
  static const identity made = test::leaf("server.test", ca());
  return made;
}

TEST(certificate_pin, is_read_in_each_of_its_forms) {
  const auto& c = server().leaf();
  for (const char* digest : {"md5", "sha1", "sha256"}) {
    const auto hex = to_hex(c.fingerprint(digest).value());
    for (const auto& text : {hex, with_colons(hex), std::string(digest) + '$' + hex}) {
      const auto made = certificate_pin::parse(text).value();
      EXPECT_TRUE(made.matches(c)) << text;
      EXPECT_FALSE(made.matches(ca().leaf())) << text;
      EXPECT_EQ(made.text(), std::string(digest) + '$' + hex);
    }
  }
  for (const char* digest : {"sha384", "sha512", "sha3-256"}) {
    auto text = pin(c, digest, fingerprint_of::public_key);
    EXPECT_TRUE(certificate_pin::parse(text)->matches(c)) << text;
    for (char& ch : text) ch = static_cast<char>(std::toupper(static_cast<unsigned char>(ch)));
    EXPECT_TRUE(certificate_pin::parse(text)->matches(c)) << text;
  }
}

TEST(certificate_pin, what_is_none_is_refused_where_it_is_given) {
  const std::string good(64, 'a');
  for (const std::string& text : std::vector<std::string>{
           std::string(), std::string("$"), "$" + good, "pub$" + good, "PUB$" + good, "sha256$", "sha256$pub$",
           "sha256$key$" + good, "sha256$" + good + "0", "sha256$" + good + "00", "sha1$" + good, good + "00",
           good.substr(2), "sha256$" + good.substr(1) + "g", "sha256$:" + good, "sha256$" + good + ":",
           "sha256$a:" + good.substr(1), "sha256$aa::" + good.substr(2), std::string(5000, 'a')}) {
    const auto made = certificate_pin::parse(text);
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(name(made.error().code()), "invalid_argument") << text;
    EXPECT_NE(made.error().hint().find("sha256$"), std::string::npos) << text;
  }
  EXPECT_EQ(name(certificate_pin::parse("sha999$" + good).error().code()), "not_supported");
  EXPECT_EQ(name(certificate_pin::parse("sha256" + std::string(1, '\0') + "$" + good).error().code()), "not_supported");
}

struct pinning {
  const char* title;
  bool is_trusted_root;
  strings pins, accepted;
  strings wanted;
};

TEST(pins, stand_in_or_add_as_they_are_given) {
  const auto& c = server().leaf();
  const auto other = test::leaf("other.test", ca());
  const auto right = pin(c, "sha256"), right_key = pin(c, "sha1", fingerprint_of::public_key);
  const auto wrong = pin(other.leaf(), "sha256"), of_ca = pin(ca().leaf(), "sha256");
  for (const auto& p : {
           // Accepted instead of chain and name (F1, F2), with the normal check where they do not match (F3).
           pinning{"an unknown issuer is accepted", false, {}, {right}, {}},
           {"by its key", false, {}, {right_key}, {}},
           {"one of several", false, {}, {wrong, right}, {}},
           {"only the peer's own certificate counts", false, {}, {of_ca}, {"unknown_issuer"}},
           {"no match falls back to a good chain", true, {}, {wrong}, {}},
           {"no match falls back to a bad chain", false, {}, {wrong}, {"unknown_issuer"}},
           // Demanded beside everything else (F4).
           {"a good chain is not enough", true, {wrong}, {}, {"pin_mismatch"}},
           {"a good chain and a match", true, {right}, {}, {}},
           {"a match is not enough", false, {right}, {}, {"unknown_issuer"}},
           {"an accepted pin does not outweigh a demanded one", false, {wrong}, {right}, {"pin_mismatch"}},
       }) {
    verify_options options;
    for (const auto& text : p.pins) options.pins.push_back(certificate_pin::parse(text).value());
    for (const auto& text : p.accepted) options.accepted_pins.push_back(certificate_pin::parse(text).value());
    const auto answer = judge({c}, p.is_trusted_root ? trust_store::of({ca().leaf()}) : trust_store::of({other.leaf()}),
                              "server.test", options);
    EXPECT_EQ(codes(answer.findings()), p.wanted) << p.title;
    EXPECT_EQ(answer.trusted(), p.wanted.empty()) << p.title;
  }
}

TEST(pins, an_accepted_one_covers_another_name_and_says_what_it_covered) {
  const auto& c = server().leaf();
  const auto answer = judge({c}, trust_store::none(), "elsewhere.test",
                            {.accepted_pins = {certificate_pin::parse(pin(c, "sha256")).value()}});
  EXPECT_TRUE(answer.trusted());
  EXPECT_EQ(codes(answer.waived()), (strings{"no_trust_anchors", "name_mismatch"}));
  EXPECT_EQ(answer.accepted_by(), "pin " + pin(c, "sha256"));
}

TEST(pins, are_demanded_even_where_any_certificate_is_accepted) {
  const auto& c = server().leaf();
  const auto judge_loosely = [&](const std::string& demanded) {
    return verify_peer(
        {.sent = server().chain(),
         .trust = trust_store::none(),
         .expected = server_name::parse("other.test").value(),
         .options = {.clock = [] { return test::noon; }, .pins = {certificate_pin::parse(demanded).value()}},
         .loosened = dangerous::accept_any_certificate("a test")});
  };
  const auto refused = judge_loosely(std::string(64, '0'));
  EXPECT_EQ(codes(refused.findings()), strings{"pin_mismatch"});
  EXPECT_EQ(codes(refused.waived()), (strings{"no_trust_anchors", "name_mismatch"}));
  EXPECT_NE(refused.findings().back().hint.find(pin(c, "sha256", fingerprint_of::public_key)), std::string::npos);
  EXPECT_TRUE(judge_loosely(pin(c, "sha256")).trusted());
}

TEST(pins, are_demanded_however_many_certificates_are_sent) {
  const auto stranger = test::root("Stranger");
  const auto other = test::leaf("other.test", stranger);
  for (const std::size_t count : {0U, 1U, 2U, 100U, 101U, 5000U}) {
    const std::vector<certificate> sent(count, other.leaf());
    const auto refused = [&](verify_options options, loosened_verification loosened) {
      options.clock = [] { return test::noon; };
      return codes(verify_peer({.sent = sent,
                                .trust = trust_store::of({ca().leaf()}),
                                .expected = server_name::parse("server.test").value(),
                                .options = options,
                                .loosened = std::move(loosened)})
                       .findings());
    };
    const auto demanded = certificate_pin::parse(pin(server().leaf(), "sha256")).value();
    // That there is no certificate at all cannot be waived.
    EXPECT_EQ(refused({.pins = {demanded}}, dangerous::accept_any_certificate("a test")),
              count == 0 ? strings({"no_peer_certificate", "pin_mismatch"}) : strings{"pin_mismatch"})
        << count;
    // Whoever accepts long chains accepts no strangers with it.
    const auto said = refused({}, dangerous::accept_findings("a test", [](const finding& f, const certificate&) {
                                return f.code == errc::path_too_long;
                              }));
    EXPECT_EQ(said, count == 0 ? strings{"no_peer_certificate"} : (strings{"unknown_issuer", "name_mismatch"}))
        << count;
  }
  // What is within the bound is judged as if there were no more.
  std::vector<certificate> sent(101, server().leaf());
  const auto answer = judge(sent, trust_store::of({ca().leaf()}), "server.test");
  EXPECT_EQ(codes(answer.findings()), strings{"path_too_long"});
  EXPECT_EQ(answer.chain().back(), ca().leaf());
}

TEST(pins, only_the_findings_that_are_named_are_waived) {
  const auto answer =
      verify_peer({.sent = server().chain(),
                   .trust = trust_store::none(),
                   .expected = server_name::parse("other.test").value(),
                   .options = {.clock = [] { return test::noon; }},
                   .loosened = dangerous::accept_findings("a test", [](const finding& f, const certificate&) {
                     return f.code == errc::no_trust_anchors;
                   })});
  EXPECT_EQ(codes(answer.findings()), strings{"name_mismatch"});
  EXPECT_EQ(codes(answer.waived()), strings{"no_trust_anchors"});
  EXPECT_EQ(answer.loosened(), "a test");
  EXPECT_THROW(dangerous::accept_findings("a test", {}), std::invalid_argument);
  EXPECT_THROW(dangerous::accept_findings("", [](const finding&, const certificate&) { return true; }),
               std::invalid_argument);
}

}  // namespace
}  // namespace signet
