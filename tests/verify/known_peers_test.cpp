#include <signet/verify/known_peers.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <thread>

#include "current_folder.hpp"
#include "issued.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using test::codes;
using test::judge;
using strings = std::vector<std::string>;

identity self_signed(const std::string& name) {
  return make_self_signed({.dns_names = {name}, .at = test::noon - std::chrono::days(1)}, test::fresh_key()).value();
}

verdict judge_by(const known_peers& peers, const certificate& c, const std::string& name,
                 const trust_store& trust = trust_store::none()) {
  return judge({c}, trust, name, {.first_use = peers});
}

TEST(known_peers, the_first_key_is_remembered_and_demanded_from_then_on) {
  const test::temporary_folder folder;
  const auto peers = known_peers::open(folder / "known").value();
  const auto first = self_signed("server.test").leaf();
  const auto met = judge_by(peers, first, "server.test");
  EXPECT_TRUE(met.trusted());
  EXPECT_NE(met.accepted_by().find("known"), std::string::npos);
  EXPECT_EQ(codes(met.waived()), strings{"no_trust_anchors"});
  // A second object reads what the first wrote.
  EXPECT_TRUE(judge_by(known_peers::open(folder / "known").value(), first, "server.test").trusted());
  const auto refused = judge_by(peers, self_signed("server.test").leaf(), "server.test");
  EXPECT_EQ(codes(refused.findings()), (strings{"pin_mismatch", "no_trust_anchors"}));
  EXPECT_NE(refused.findings().front().hint.find("remove its line"), std::string::npos);
  // The right key still is.
  EXPECT_TRUE(judge_by(peers, first, "server.test").trusted());
}

TEST(known_peers, stands_in_for_the_chain_and_for_nothing_else) {
  const test::temporary_folder folder;
  const auto peers = known_peers::open(folder / "known").value();
  const auto other_name = self_signed("other.test").leaf();
  EXPECT_EQ(codes(judge_by(peers, other_name, "server.test").findings()),
            (strings{"no_trust_anchors", "name_mismatch"}));
  const auto late = judge({other_name}, trust_store::none(), "other.test",
                          {.clock = [] { return test::noon + std::chrono::days(400); }, .first_use = peers});
  EXPECT_EQ(codes(late.findings()), (strings{"no_trust_anchors", "expired"}));
  EXPECT_FALSE(std::filesystem::exists(folder / "known"));
}

TEST(known_peers, a_peer_with_a_chain_is_not_looked_up) {
  const test::temporary_folder folder;
  const auto peers = known_peers::open(folder / "known").value();
  const auto ca = test::root("CA");
  EXPECT_TRUE(
      judge_by(peers, test::leaf("server.test", ca).leaf(), "server.test", trust_store::of({ca.leaf()})).trusted());
  EXPECT_FALSE(std::filesystem::exists(folder / "known"));
}

TEST(known_peers, the_file_is_private_and_readable_by_people) {
  const test::temporary_folder folder;
  const auto file = folder / "known";
  const auto peers = known_peers::open(file).value();
  const auto c = self_signed("server.test").leaf();
  ASSERT_TRUE(judge_by(peers, c, "SERVER.test").trusted());
  struct stat is {};
  ASSERT_EQ(::stat(file.c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777U, 0600U);
  EXPECT_EQ(test::contents_of(file), "server.test sha256$pub$" +
                                         to_hex(c.fingerprint("sha256", fingerprint_of::public_key).value()) +
                                         " 2026-06-01T12:00:00Z\n");
}

TEST(known_peers, comments_and_an_unfinished_last_line_are_kept) {
  const test::temporary_folder folder;
  const auto file = folder.file("known", "# mine\r\n\n  other.test  sha256$pub$" + std::string(64, '0'));
  const auto peers = known_peers::open(file).value();
  const auto c = self_signed("server.test").leaf();
  EXPECT_TRUE(judge_by(peers, c, "server.test").trusted());
  EXPECT_TRUE(judge_by(peers, c, "server.test").trusted());
  EXPECT_TRUE(test::contents_of(file).starts_with("# mine\r\n\n  other.test  sha256$pub$" + std::string(64, '0') +
                                                  "\nserver.test "));
}

TEST(known_peers, a_broken_file_is_an_error_that_names_the_line) {
  const test::temporary_folder folder;
  for (const std::string& content : std::vector<std::string>{
           std::string("# fine\nserver.test\n"), "\nserver.test sha1$00\n" + std::string(),
           std::string("#\nserver.test sha256$pub$00 2026\n"), std::string("\n\x01\x02\xff binary")}) {
    const auto made = known_peers::open(folder.file("known", content));
    ASSERT_FALSE(made) << content;
    EXPECT_EQ(name(made.error().code()), "file_malformed");
    EXPECT_NE(made.error().message().find("line 2"), std::string::npos) << made.error().message();
  }
  EXPECT_EQ(name(known_peers::open(folder / ".").error().code()), "file_not_readable");
}

TEST(known_peers, a_line_counts_however_its_name_is_spelt) {
  const test::temporary_folder folder;
  const auto c = self_signed("server.test").leaf();
  const auto other_key = " sha256$pub$" + std::string(64, '0') + '\n';
  for (const auto* spelt : {"Server.Test", "server.test."}) {
    const auto peers = known_peers::open(folder.file("known", spelt + other_key)).value();
    EXPECT_EQ(codes(judge_by(peers, c, "server.test").findings()), (strings{"pin_mismatch", "no_trust_anchors"}))
        << spelt;
  }
  for (const auto& [spelt, name] : {std::pair{"[2001:DB8::0001]", "2001:db8::1"},
                                    {"b\xc3\xbc"
                                     "cher.example",
                                     "xn--bcher-kva.example"}}) {
    const auto peers = known_peers::open(folder.file("known", spelt + other_key)).value();
    EXPECT_EQ(peers.look_up(server_name::parse(name).value(), 0, c).value(), known_peers::standing::changed) << spelt;
  }
  const auto made = known_peers::open(folder.file("known", "#\n*.test" + other_key));
  ASSERT_FALSE(made) << "no peer has such a name";
  EXPECT_EQ(made.error().code(), errc::file_malformed);
  EXPECT_NE(made.error().message().find("line 2"), std::string::npos) << made.error().message();
}

TEST(known_peers, the_file_stays_the_same_one_when_the_current_folder_changes) {
  const test::temporary_folder here, there;
  const test::current_folder in_here(here / "");
  const auto peers = known_peers::open("known").value();
  EXPECT_TRUE(judge_by(peers, self_signed("server.test").leaf(), "server.test").trusted());
  const test::current_folder in_there(there / "");
  EXPECT_EQ(codes(judge_by(peers, self_signed("server.test").leaf(), "server.test").findings()),
            (strings{"pin_mismatch", "no_trust_anchors"}));
  EXPECT_FALSE(std::filesystem::exists(there / "known"));
}

TEST(known_peers, a_lock_that_somebody_else_keeps_is_not_waited_for_without_end) {
  const test::temporary_folder folder;
  const auto file = folder.file("known", "");
  const auto peers = known_peers::open(file).value();
  const auto c = self_signed("server.test").leaf();
  const int other = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(::flock(other, LOCK_SH), 0);
  auto judged = std::async(std::launch::async, [&] { return judge_by(peers, c, "server.test"); });
  EXPECT_EQ(judged.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  ::close(other);
  const auto refused = judged.get().findings();
  EXPECT_EQ(codes(refused), (strings{"certificate_rejected", "no_trust_anchors"}));
  ASSERT_FALSE(refused.empty());
  EXPECT_NE(refused.front().message.find("known: is locked by somebody else"), std::string::npos)
      << refused.front().message;
  EXPECT_TRUE(judge_by(peers, c, "server.test").trusted());
}

TEST(known_peers, a_line_for_which_there_is_no_room_leaves_the_file_as_it_was) {
  const test::temporary_folder folder;
  const auto file = folder / "known";
  const auto peers = known_peers::open(file).value();
  const auto first = self_signed("first.test").leaf(), second = self_signed("second.test").leaf();
  ASSERT_TRUE(judge_by(peers, first, "first.test").trusted());
  const auto before = test::contents_of(file);
  // Room for half of the next line.
  rlimit as_it_was{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &as_it_was), 0);
  rlimit tight = as_it_was;
  tight.rlim_cur = before.size() * 3 / 2;
  auto* const on_excess = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto refused = judge_by(peers, second, "second.test");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &as_it_was), 0);
  std::signal(SIGXFSZ, on_excess);
  EXPECT_EQ(codes(refused.findings()), (strings{"certificate_rejected", "no_trust_anchors"}));
  EXPECT_EQ(test::contents_of(file), before);
  EXPECT_TRUE(judge_by(peers, second, "second.test").trusted());
}

TEST(known_peers, what_cannot_be_remembered_is_not_trusted) {
  const test::temporary_folder folder;
  const auto peers = known_peers::open(folder / "absent" / "known").value();
  EXPECT_EQ(codes(judge_by(peers, self_signed("server.test").leaf(), "server.test").findings()),
            (strings{"certificate_rejected", "no_trust_anchors"}));
}

TEST(known_peers, of_two_that_meet_a_peer_at_once_one_key_wins) {
  const test::temporary_folder folder;
  const auto peers = known_peers::open(folder / "known").value();
  const std::vector<certificate> shown{self_signed("server.test").leaf(), self_signed("server.test").leaf()};
  std::array<std::array<bool, 20>, 2> trusted{};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 2; ++i)
    threads.emplace_back([&, i] {
      for (auto& one : trusted[i]) one = judge_by(peers, shown[i], "server.test").trusted();
    });
  for (auto& t : threads) t.join();
  EXPECT_NE(trusted[0].back(), trusted[1].back());
  const auto text = test::contents_of(folder / "known");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

}  // namespace
}  // namespace signet
