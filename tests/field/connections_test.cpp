// Slow and stalled, traces, and who decides about a certificate: what programs of the field asked of the library.
#include <signet/dangerous.hpp>
#include <signet/net/serve.hpp>
#include <signet/net/split.hpp>
#include <signet/verify/known_peers.hpp>
#include <signet/x509/certificate_builder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "support/net_peers.hpp"
#include "support/pair.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using test::pair;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

TEST(field_stall, a_peer_that_sends_a_byte_now_and_then_is_heard_out) {
  auto [client, server] = test::make_plain_pair();
  client.set_stall_limit(2s);
  std::thread trickling([&peer = server] {
    for (int i = 0; i < 12; ++i) {
      std::this_thread::sleep_for(50ms);
      ASSERT_TRUE(peer.write_all("x"));
    }
    peer.close();
  });
  EXPECT_EQ(client.read_all().value_or(""), std::string(12, 'x'));
  trickling.join();
}

TEST(field_stall, a_peer_that_is_silent_is_timed_out_in_reading_and_in_writing) {
  auto made = test::make_tls_pair();
  made.client.set_stall_limit(100ms);
  std::byte one{};
  const auto silent = made.client.read_some(byte_span(&one, 1));
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().code(), errc::timed_out);
  EXPECT_THAT(silent.error().message(), HasSubstr("reading: timed out: the peer has sent nothing for 100 ms"));
  // More than the system takes in.
  const auto full = made.client.write_all(std::string(std::size_t{32} << 20, 'x'));
  ASSERT_FALSE(full);
  EXPECT_THAT(full.error().message(), HasSubstr("writing: timed out: the peer has taken nothing for 100 ms"));
}

TEST(field_stall, a_deadline_of_a_call_takes_its_place) {
  auto [client, server] = test::make_plain_pair();
  client.set_stall_limit(1ms);
  std::thread later([&peer = server] {
    std::this_thread::sleep_for(100ms);
    ASSERT_TRUE(peer.write_all("late\n"));
  });
  EXPECT_EQ(client.read_line({}, test::patience).value_or(""), "late");
  later.join();
}

TEST(field_stall, holds_for_both_halves_and_inside_another_connection) {
  {
    auto made = test::make_tls_pair();
    made.client.set_stall_limit(100ms);
    auto halves = split(std::move(made.client)).value();
    std::byte one{};
    EXPECT_EQ(halves.reader.read_some(byte_span(&one, 1)).error().code(), errc::timed_out);
  }
  auto outer = test::make_tls_pair();
  auto plain = tcp_socket::over(std::move(outer.client));
  plain.set_stall_limit(100ms);
  std::byte one{};
  const auto silent = plain.read_some(byte_span(&one, 1));
  EXPECT_THAT(silent.error().message(), HasSubstr("has sent nothing for 100 ms"));
}

std::vector<std::string> traced(trace_level level, const std::string& name) {
  auto server = test::serve_one();
  std::vector<std::string> said;
  auto connected =
      connect(server.at(), test::trusting_client(),
              {.timeout = test::patience,
               .name = name,
               .trace = {.sink = [&said](const trace_event& event) { said.push_back(event.text); }, .level = level}});
  (void)server.served.get();
  EXPECT_EQ(connected.has_value(), name == "server.test");
  return said;
}

TEST(field_trace, tells_each_step_and_no_more_than_was_asked_for) {
  const auto steps = traced(trace_level::steps, "server.test");
  for (const char* step : {"looking up ", "found 127.0.0.1", "connected to 127.0.0.1:", "handshake complete: TLSv1.3"})
    EXPECT_THAT(steps, Contains(StartsWith(step)));
  EXPECT_THAT(steps, Not(Contains(HasSubstr("ClientHello"))));
  const auto all = traced(trace_level::messages, "server.test");
  for (const char* message : {"sent ClientHello", "received ServerHello", "received Certificate", "sent Finished"})
    EXPECT_THAT(all, Contains(StartsWith(message)));
  const auto failed = traced(trace_level::messages, "other.test");
  EXPECT_THAT(failed, Contains(StartsWith("sent alert bad_certificate")));
  EXPECT_THAT(failed, Contains(StartsWith("failed: ")));
}

TEST(field_trace, a_sink_that_throws_changes_nothing) {
  auto server = test::serve_one();
  EXPECT_TRUE(connect(
      server.at(), test::trusting_client(),
      {.timeout = test::patience,
       .name = "server.test",
       .trace = {.sink = [](const trace_event&) { throw std::runtime_error("no"); }, .level = trace_level::messages}}));
  EXPECT_TRUE(server.served.get());
}

TEST(field_identity, that_is_refused_is_alert_112_with_the_name) {
  auto options = pair::defaults();
  options.server.loaded_identities.clear();
  options.server.select_identity = [](const client_hello_info&) {
    return identity_choice{.is = identity_choice::state::refused};
  };
  pair p(options);
  (void)p.shake();
  ASSERT_TRUE(p.client_error && p.server_error);
  EXPECT_EQ(p.client_error->code(), errc::unrecognized_name);
  EXPECT_EQ(p.client_error->alert(), (alert{112, alert::sender::peer}));
  EXPECT_THAT(p.server_error->message(), HasSubstr("which asks for \"server.test\""));
}

// A server that decides about its clients by itself.
TEST(field_client, of_any_issuer_is_taken_where_the_server_says_so_and_further_has_the_last_word) {
  auto options = pair::defaults();
  options.server.client_auth = client_certificates::required;
  options.server.client_trust = trust_store::none();
  options.client.identity = test::load_identity("client-wrong-ca");
  EXPECT_FALSE(server_config::make(options.server));
  options.server.loosened = dangerous::accept_any_certificate("accounts are looked up by key");
  {
    pair p(options);
    p.must_shake();
    const auto info = p.server->info();
    EXPECT_TRUE(info.verified_chain.empty());
    EXPECT_EQ(info.peer_chain.front().subject(), "CN=client two,O=signet tests");
    EXPECT_EQ(info.loosened, "accounts are looked up by key");
  }
  options.server.verify.further = [](const verdict&) -> std::optional<finding> {
    return finding{.code = errc::certificate_rejected, .message = "no such account"};
  };
  pair p(options);
  (void)p.shake();
  ASSERT_TRUE(p.server_error);
  EXPECT_EQ(p.server_error->code(), errc::certificate_rejected);
}

TEST(field_waiver, sees_the_certificate) {
  auto options = pair::defaults();
  options.client.trust = trust_store::none();
  const auto wanted = test::load_identity("server").leaf();
  int others = 0;
  options.client.loosened = dangerous::accept_findings("it is the one", [&](const finding&, const certificate& of) {
    if (!(of == wanted)) ++others;
    return of == wanted;
  });
  pair(options).must_shake();
  EXPECT_EQ(others, 0);
}

TEST(field_known_peers, are_known_by_host_and_port) {
  const test::temporary_folder folder;
  const auto peers = known_peers::open(folder / "known").value();
  const auto name = server_name::parse("::1").value();
  const auto one = test::load_identity("server").leaf();
  const auto other = test::load_identity("server-rsa").leaf();
  using standing = known_peers::standing;
  ASSERT_TRUE(peers.remember(name, 8443, one, {}));
  EXPECT_EQ(peers.look_up(name, 8443, one).value(), standing::known);
  EXPECT_EQ(peers.look_up(name, 8443, other).value(), standing::changed);
  EXPECT_EQ(peers.look_up(name, 9443, other).value(), standing::unknown);
  EXPECT_EQ(peers.look_up(name, 0, one).value(), standing::known);
  ASSERT_TRUE(peers.remember(name, 9443, other, {}));
  EXPECT_EQ(peers.remember(name, 9443, one, {}).error().code(), errc::certificate_rejected);
  EXPECT_THAT(test::contents_of(folder / "known"), StartsWith("[::1]:8443 sha256$pub$"));
}

TEST(field_key_file, is_private_whole_and_never_over_another) {
  const test::temporary_folder folder;
  const auto key = private_key::generate("ec:P-256").value();
  const auto file = folder / "key.pem";
  ASSERT_TRUE(key.save(file));
  struct stat about {};
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  EXPECT_EQ(test::contents_of(file), key.pem());
  const auto again = private_key::generate("ec:P-256").value();
  EXPECT_EQ(again.save(file).error().code(), errc::file_exists);
  EXPECT_EQ(test::contents_of(file), key.pem());
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  ASSERT_TRUE(again.save(file, {.password = "secret", .existing = existing_file::replace}));
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  EXPECT_EQ(private_key::load(file).error().code(), errc::password_required);
  EXPECT_EQ(key.save(folder / "none" / "key.pem").error().code(), errc::file_io_failed);
  // Nothing is left beside it.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(file.parent_path()), {}), 1);
}

// More clients than may be served wait, and the callback is told.
TEST(field_crowd, on_full_is_called_while_somebody_waits) {
  auto door = listener::bind({"127.0.0.1", 0}, test::test_server()).value();
  std::promise<void> full;
  std::atomic<bool> told = false;
  serve_options options{.max_connections = 1};
  options.on_full = [&] {
    if (!told.exchange(true)) full.set_value();
  };
  auto running = std::async(std::launch::async, [&] {
    return serve(
        door,
        [](tls_socket client, const stop_signal&) {
          std::byte one{};
          (void)client.read_some(byte_span(&one, 1));
          (void)client.close();
        },
        options);
  });
  const auto reach = [&] {
    return connect(door.local_endpoint(), test::trusting_client(), {.timeout = test::patience, .name = "server.test"});
  };
  {
    auto first = reach();
    ASSERT_TRUE(first);
    auto second = std::async(std::launch::async, reach);
    EXPECT_EQ(full.get_future().wait_for(test::patience), std::future_status::ready);
    ASSERT_TRUE(first->close());
    EXPECT_TRUE(second.get());
  }
  door.close();
  EXPECT_TRUE(running.get());
}

}  // namespace
}  // namespace signet
