#include <signet/base/result.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace signet {
namespace {

error broken() {
  return error(errc::invalid_argument, "it broke", "mend it");
}

TEST(result, holds_a_value_or_an_error) {
  result<int> good = 7;
  EXPECT_TRUE(good);
  EXPECT_TRUE(good.has_value());
  EXPECT_EQ(*good, 7);
  EXPECT_EQ(good.value_or(1), 7);
  result<int> bad = broken();
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), errc::invalid_argument);
  EXPECT_EQ(bad.value_or(1), 1);
}

TEST(result, throws_the_whole_sentence_by_value_and_by_star_alike) {
  const result<std::string> bad = broken();
  const result<void> nothing = broken();
  const auto sentence = [](auto look) {
    try {
      look();
    } catch (const exception& e) {
      EXPECT_EQ(e.error().code(), errc::invalid_argument);
      return std::string(e.what());
    }
    return std::string("nothing thrown");
  };
  EXPECT_EQ(sentence([&] { (void)bad.value(); }), "it broke (mend it)");
  EXPECT_EQ(sentence([&] { (void)*bad; }), "it broke (mend it)");
  EXPECT_EQ(sentence([&] { (void)bad->size(); }), "it broke (mend it)");
  EXPECT_EQ(sentence([&] { nothing.value(); }), "it broke (mend it)");
  EXPECT_EQ(sentence([&] { *nothing; }), "it broke (mend it)");
}

TEST(result, carries_what_can_only_be_moved) {
  result<std::unique_ptr<int>> r = std::make_unique<int>(3);
  auto taken = *std::move(r);
  EXPECT_EQ(*taken, 3);
}

TEST(result, chains) {
  const auto half = [](int n) -> result<int> {
    if (n % 2 != 0) return error(errc::invalid_argument, "odd");
    return n / 2;
  };
  EXPECT_EQ(result<int>(8).and_then(half).and_then(half).value(), 2);
  EXPECT_EQ(result<int>(6).and_then(half).and_then(half).error().message(), "odd");
  EXPECT_EQ(result<int>(6).transform([](int n) { return std::to_string(n); }).value(), "6");
  EXPECT_EQ(result<int>(broken()).transform([](int n) { return n; }).error().message(), "it broke");
  EXPECT_EQ(result<int>(broken()).or_else([](const error&) -> result<int> { return 5; }).value(), 5);
  EXPECT_EQ(result<void>().and_then([]() -> result<int> { return 1; }).value(), 1);
  EXPECT_FALSE(result<void>(broken()).and_then([]() -> result<int> { return 1; }));
}

TEST(error, says_who_which_and_why) {
  const error e(error_parts{.code = errc::connection_refused,
                            .message = "connecting: refused",
                            .hint = "start it",
                            .details = {"127.0.0.1:1: refused"},
                            .library_errors = {"error:0A"},
                            .tls_alert = alert{48, alert::sender::us},
                            .system_error = 111});
  EXPECT_EQ(e.kind(), error_kind::io);
  EXPECT_EQ(e.hint(), "start it");
  EXPECT_EQ(e.details().size(), 1U);
  EXPECT_EQ(e.library_errors().size(), 1U);
  EXPECT_EQ(e.alert()->description, 48);
  EXPECT_EQ(e.system_error(), 111);
  EXPECT_EQ(e.verdict(), nullptr);
  const auto wrapped = e.in("example.org:443");
  EXPECT_EQ(wrapped.message(), "example.org:443: connecting: refused");
  EXPECT_EQ(wrapped.code(), errc::connection_refused);
  EXPECT_EQ(wrapped.details().size(), 1U);
  EXPECT_EQ(e.with_details({"a", "b"}).details().size(), 2U);
}

TEST(error, says_the_same_after_a_move) {
  error e = broken();
  const error moved = std::move(e);
  EXPECT_EQ(e.message(), "it broke");  // NOLINT(bugprone-use-after-move): that this holds is the claim
  EXPECT_EQ(moved.message(), "it broke");
}

TEST(error, codes_have_stable_names_and_a_kind) {
  EXPECT_EQ(name(errc::unknown_issuer), "unknown_issuer");
  EXPECT_EQ(name(errc::timed_out), "timed_out");
  EXPECT_EQ(name(errc::internal), "internal");
  EXPECT_EQ(kind_of(errc::timed_out), error_kind::timed_out);
  EXPECT_EQ(kind_of(errc::truncated), error_kind::peer);
  EXPECT_EQ(kind_of(errc::revoked), error_kind::verification);
  EXPECT_EQ(kind_of(errc::key_mismatch), error_kind::file);
  EXPECT_EQ(kind_of(errc::invalid_argument), error_kind::usage);
  EXPECT_EQ(kind_of(errc::internal), error_kind::internal);
  // What the peer sent too much of, and what this system has too little of.
  EXPECT_EQ(kind_of(errc::limit_exceeded), error_kind::peer);
  EXPECT_EQ(kind_of(errc::resource_exhausted), error_kind::system);
  EXPECT_EQ(static_cast<int>(errc::unknown_issuer), 803);
  EXPECT_EQ(name(error_kind::verification), "verification");
}

TEST(error, alerts_have_their_registered_names) {
  EXPECT_EQ(name(alert{48}), "unknown_ca");
  EXPECT_EQ(name(alert{120}), "no_application_protocol");
  EXPECT_EQ(name(alert{200}), "alert 200");
}

}  // namespace
}  // namespace signet
