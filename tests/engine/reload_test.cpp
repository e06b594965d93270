// A config that changes while it is used: all of it or nothing.
#include <signet/tls/reload.hpp>
#include <signet/tls/server_config.hpp>
#include <signet/x509/certificate_builder.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "support/pair.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using test::drain;
using test::pair;
using test::pki;
using namespace std::chrono_literals;

private_key fresh_key() {
  return private_key::generate("ec:P-256").value();
}

class reload : public testing::Test {
 protected:
  const test::temporary_folder folder_;
  const identity root_ = make_ca({.common_name = "root"}, fresh_key()).value();
  client_config client_ = client_config::make({.trust = trust_store::of({root_.leaf()})}).value();
  std::vector<reload_event> events_;

  [[nodiscard]] identity leaf(const std::string& name = "server.test") const {
    return issue_certificate({.dns_names = {name}}, fresh_key(), root_).value();
  }
  // Certificate and key in two files, one after the other.
  void write(const identity& who) const {
    folder_.file("cert.pem", who.leaf().pem());
    folder_.file("key.pem", who.key().pem());
  }
  [[nodiscard]] server_options of_files() const {
    return {.identities = {{.certificate = folder_ / "cert.pem", .key = folder_ / "key.pem"}}};
  }
  [[nodiscard]] server_config watching() {
    return server_config::reloadable([this]() -> result<server_options> { return of_files(); },
                                     {.watched = {folder_ / "cert.pem", folder_ / "key.pem"},
                                      .interval = 0ms,
                                      .on_reload = [this](const reload_event& e) { events_.push_back(e); }})
        .value();
  }
  // What a client is shown.
  certificate shown(const server_config& server, const std::string& name = "server.test") {
    pair p(client_, server, name);
    p.must_shake();
    return p.client->info().peer_chain.front();
  }
};

TEST_F(reload, takes_what_the_files_hold_now) {
  const auto first = leaf(), second = leaf();
  write(first);
  auto server = server_config::make(of_files()).value();
  const auto copy = server;
  EXPECT_EQ(shown(server), first.leaf());
  write(second);
  EXPECT_EQ(shown(server), first.leaf()) << "nobody asked for it";
  ASSERT_TRUE(server.reload());
  EXPECT_EQ(shown(server), second.leaf());
  EXPECT_EQ(shown(copy), second.leaf()) << "copies share it";
}

TEST_F(reload, is_all_or_nothing) {
  const auto first = leaf();
  write(first);
  auto server = server_config::make(of_files()).value();
  folder_.file("cert.pem", leaf().leaf().pem());
  const auto mismatch = server.reload();
  ASSERT_FALSE(mismatch);
  EXPECT_EQ(mismatch.error().code(), errc::key_mismatch);
  EXPECT_EQ(shown(server), first.leaf());

  auto options = of_files();
  write(first);
  options.client_auth = client_certificates::required;
  EXPECT_EQ(server.reload(options).error().code(), errc::invalid_configuration);
  options.client_auth = client_certificates::ignored;
  options.alpn = {""};
  EXPECT_EQ(server.reload(options).error().code(), errc::invalid_configuration);
  EXPECT_EQ(shown(server), first.leaf());
}

TEST_F(reload, other_options_are_what_the_next_one_starts_from) {
  write(leaf());
  auto server = server_config::make(of_files()).value();
  const auto other = leaf("other.test");
  ASSERT_TRUE(server.reload({.loaded_identities = {other}}));
  EXPECT_EQ(shown(server, "other.test"), other.leaf());
  ASSERT_TRUE(server.reload());
  EXPECT_EQ(shown(server, "other.test"), other.leaf());
}

TEST_F(reload, connections_go_on_as_they_began) {
  const auto first = leaf(), second = leaf();
  auto server = server_config::make({.loaded_identities = {first}}).value();
  pair before(client_, server);
  ASSERT_TRUE(server.reload({.loaded_identities = {second}}));
  before.must_shake();
  EXPECT_EQ(before.client->info().peer_chain.front(), first.leaf());
  before.server->write("still here").value();
  EXPECT_EQ(drain(*before.client).text, "still here");
}

TEST_F(reload, what_stays_the_same_goes_on_resuming) {
  const auto who = leaf();
  auto server = server_config::make({.loaded_identities = {who}}).value();
  const auto resumed = [&] {
    pair p(client_, server);
    p.must_shake();
    p.server->write("x").value();
    drain(*p.client);
    return p.client->info().resumed;
  };
  EXPECT_FALSE(resumed());
  ASSERT_TRUE(server.reload());
  EXPECT_TRUE(resumed());
  ASSERT_TRUE(server.reload({.loaded_identities = {who, leaf("other.test")}}));
  EXPECT_TRUE(resumed()) << "another name has another identity";
  ASSERT_TRUE(server.reload({.loaded_identities = {leaf()}}));
  EXPECT_FALSE(resumed()) << "another certificate";
}

TEST_F(reload, watched_files_are_taken_when_they_fit_together) {
  const auto first = leaf(), second = leaf();
  write(first);
  auto server = watching();
  server.refresh();
  EXPECT_TRUE(events_.empty()) << "nothing has changed";

  folder_.file("cert.pem", second.leaf().pem());
  server.refresh();
  server.refresh();
  ASSERT_EQ(events_.size(), 1U) << "told once";
  ASSERT_TRUE(events_.front().failed);
  EXPECT_EQ(events_.front().failed->code(), errc::key_mismatch);
  EXPECT_EQ(shown(server), first.leaf());

  folder_.file("key.pem", second.key().pem());
  server.refresh();
  ASSERT_EQ(events_.size(), 2U);
  EXPECT_FALSE(events_.back().failed);
  EXPECT_EQ(events_.back().valid_until, second.leaf().not_after());
  EXPECT_EQ(shown(server), second.leaf());
}

TEST_F(reload, a_file_that_is_half_written_or_gone_leaves_the_old_in_force) {
  const auto first = leaf(), second = leaf();
  write(first);
  auto server = watching();
  const auto text = second.leaf().pem();
  folder_.file("cert.pem", text.substr(0, text.size() / 2));
  server.refresh();
  std::filesystem::remove(folder_ / "cert.pem");
  server.refresh();
  EXPECT_EQ(events_.size(), 2U) << "two reasons";
  for (const auto& e : events_) EXPECT_TRUE(e.failed);
  EXPECT_EQ(shown(server), first.leaf());
  write(second);
  server.refresh();
  EXPECT_EQ(shown(server), second.leaf());
}

// As Kubernetes and certbot renew: a link that leads elsewhere, a file renamed over the old one.
TEST_F(reload, links_and_renamed_files_count) {
  const auto first = leaf(), second = leaf(), third = leaf();
  const auto both = [](const identity& who) { return who.leaf().pem() + who.key().pem(); };
  folder_.file("1.pem", both(first));
  folder_.file("2.pem", both(second));
  std::filesystem::create_symlink("1.pem", folder_ / "live.pem");
  auto server =
      server_config::reloadable(
          [this]() -> result<server_options> { return server_options{.identities = {{folder_ / "live.pem"}}}; },
          {.watched = {folder_ / "live.pem"}, .interval = 0ms})
          .value();
  EXPECT_EQ(shown(server), first.leaf());
  std::filesystem::create_symlink("2.pem", folder_ / "next");
  std::filesystem::rename(folder_ / "next", folder_ / "live.pem");
  server.refresh();
  EXPECT_EQ(shown(server), second.leaf());
  folder_.file("3.pem", both(third));
  std::filesystem::rename(folder_ / "3.pem", folder_ / "2.pem");
  server.refresh();
  EXPECT_EQ(shown(server), third.leaf());
}

TEST_F(reload, files_are_looked_at_no_more_often_than_asked_for) {
  int read = 0;
  write(leaf());
  auto server = server_config::reloadable(
                    [&]() -> result<server_options> {
                      ++read;
                      return of_files();
                    },
                    {.watched = {folder_ / "cert.pem"}, .interval = std::chrono::hours(1)})
                    .value();
  write(leaf());
  for (int i = 0; i < 10; ++i) server.refresh();
  EXPECT_EQ(read, 1);
  EXPECT_TRUE(server.reload());
  EXPECT_EQ(read, 2);
}

TEST_F(reload, a_source_that_throws_is_asked_again) {
  const auto first = leaf(), second = leaf();
  write(first);
  bool throws = false;
  auto server = server_config::reloadable(
                    [&]() -> result<server_options> {
                      if (throws) throw std::runtime_error("no memory for it");
                      return of_files();
                    },
                    {.watched = {folder_ / "cert.pem"},
                     .interval = 0ms,
                     .on_reload = [this](const reload_event& e) { events_.push_back(e); }})
                    .value();
  throws = true;
  write(second);
  server.refresh();
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_NE(events_.front().failed->message().find("no memory for it"), std::string::npos);
  throws = false;
  server.refresh();
  EXPECT_EQ(shown(server), second.leaf());
}

TEST_F(reload, under_load_no_handshake_fails) {
  const auto one = leaf(), two = leaf();
  auto server = server_config::make({.loaded_identities = {one}}).value();
  std::atomic<int> failed = 0, made = 0;
  std::vector<std::thread> clients;
  for (int t = 0; t < 4; ++t)
    clients.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        pair p(client_, server);
        if (!p.shake()) ++failed;
        ++made;
      }
    });
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(server.reload({.loaded_identities = {i % 2 == 0 ? two : one}}));
    server.refresh();
  }
  for (auto& t : clients) t.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(made, 200);
}

}  // namespace
}  // namespace signet
