#include <signet/native.hpp>
#include <signet/tls/engine.hpp>
#include <signet/x509/certificate_builder.hpp>

#include <gtest/gtest.h>
#include <malloc.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "support/pair.hpp"
#include "support/pki.hpp"

// A sanitizer's own heap, where there is one.
// NOLINTNEXTLINE(bugprone-reserved-identifier): so it is called
extern "C" [[gnu::weak]] std::size_t __sanitizer_get_current_allocated_bytes();

namespace signet {
namespace {

using test::drain;
using test::pair;

std::string text_of(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>('a' + i % 23);
  return out;
}

// What a careless program leaves behind: an entry in OpenSSL's queue that has nothing to do with us.
void poison_queue() {
  BIO* bio = BIO_new_mem_buf("no PEM", -1);
  EXPECT_EQ(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), nullptr);
  BIO_free(bio);
  EXPECT_NE(ERR_peek_error(), 0UL);
}

class engine_of_each_version : public testing::TestWithParam<protocol_version> {};
INSTANTIATE_TEST_SUITE_P(versions, engine_of_each_version,
                         testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                         [](const auto& each) { return each.param == protocol_version::tls1_2 ? "tls1_2" : "tls1_3"; });

TEST_P(engine_of_each_version, carries_bytes_both_ways) {
  pair p(pair::defaults(GetParam()));
  p.must_shake();
  EXPECT_EQ(p.client->write("hello").value(), (io_status{.bytes = 5}));
  EXPECT_EQ(drain(*p.server).text, "hello");
  EXPECT_EQ(p.server->write("world").value(), (io_status{.bytes = 5}));
  EXPECT_EQ(drain(*p.client).text, "world");
  EXPECT_EQ(p.client->info().version, GetParam());
  EXPECT_EQ(p.server->info().version, GetParam());
}

TEST_P(engine_of_each_version, tells_whom_it_talks_to) {
  auto options = pair::defaults(GetParam());
  options.client.alpn = {"h2", "http/1.1"};
  options.server.alpn = {"http/1.1", "h2"};
  pair p(std::move(options));
  p.must_shake();
  const auto seen = p.client->info();
  EXPECT_EQ(seen.alpn, "http/1.1");  // the server's order
  EXPECT_EQ(seen.sni, "server.test");
  EXPECT_EQ(p.server->info().sni, "server.test");
  EXPECT_FALSE(seen.resumed);
  EXPECT_NE(seen.cipher, "");
  EXPECT_NE(seen.group, "");
  ASSERT_EQ(seen.peer_chain.size(), 1U);
  ASSERT_EQ(seen.verified_chain.size(), 2U);
  EXPECT_EQ(seen.verified_chain.back(), load_certificates(test::pki("ca.pem")).value().front());
  EXPECT_NE(seen.trust.find("ca.pem"), std::string::npos);
  EXPECT_EQ(seen.loosened, "");
  EXPECT_EQ(seen.half_close_is_best_effort, GetParam() == protocol_version::tls1_2);
}

TEST_P(engine_of_each_version, works_when_every_byte_comes_alone) {
  pair p(pair::defaults(GetParam()));
  p.to_server->step = p.to_client->step = 1;
  p.must_shake();
  const auto text = text_of(3000);
  auto written = p.client->write(text).value();
  EXPECT_EQ(written.bytes, text.size());
  EXPECT_EQ(drain(*p.server).text, text);
}

TEST_P(engine_of_each_version, carries_a_megabyte_whole) {
  pair p(pair::defaults(GetParam()));
  p.must_shake();
  const auto text = text_of(1 << 20);
  std::string arrived;
  for (std::size_t at = 0; at < text.size();) {
    at += p.server->write(std::string_view(text).substr(at)).value().bytes;
    arrived += drain(*p.client, 65536).text;
  }
  EXPECT_EQ(arrived, text);
}

TEST_P(engine_of_each_version, an_altered_record_is_bad_and_stays_bad) {
  pair p(pair::defaults(GetParam()));
  p.must_shake();
  (void)drain(*p.client);
  p.to_client->alter_at = p.to_client->written + 20;
  p.server->write("unaltered").value();
  const auto first = drain(*p.client);
  ASSERT_TRUE(first.failure);
  EXPECT_EQ(first.failure->code(), errc::bad_record);
  EXPECT_EQ(first.failure->alert(), (alert{20, alert::sender::us}));
  // OpenSSL would call the second one a clean end (docs/proven.md 13).
  const auto second = drain(*p.client);
  ASSERT_TRUE(second.failure);
  EXPECT_EQ(second.failure->code(), errc::bad_record);
  EXPECT_EQ(p.client->write("x").error().code(), errc::bad_record);
  EXPECT_EQ(p.client->close_write().error().code(), errc::bad_record);
  // And the peer was told before the error was returned.
  const auto told = drain(*p.server);
  ASSERT_TRUE(told.failure);
  EXPECT_EQ(told.failure->code(), errc::alert_received);
  EXPECT_EQ(told.failure->alert(), (alert{20, alert::sender::peer}));
}

TEST_P(engine_of_each_version, the_end_is_told_apart) {
  {
    pair p(pair::defaults(GetParam()));
    p.must_shake();
    p.server->write("all").value();
    p.server->close_write().value();
    p.to_client->ended = true;
    const auto got = drain(*p.client);
    EXPECT_EQ(got.text, "all");
    EXPECT_TRUE(got.ended);
    EXPECT_TRUE(drain(*p.client).ended);
  }
  {
    pair p(pair::defaults(GetParam()));
    p.must_shake();
    p.server->write("part").value();
    p.to_client->ended = true;
    const auto got = drain(*p.client);
    EXPECT_EQ(got.text, "part");
    ASSERT_TRUE(got.failure);
    EXPECT_EQ(got.failure->code(), errc::truncated);
    EXPECT_EQ(drain(*p.client).failure->code(), errc::truncated);
  }
}

TEST_P(engine_of_each_version, closing_while_data_is_on_its_way_kills_nothing) {
  pair p(pair::defaults(GetParam()));
  p.must_shake();
  p.server->write("on its way").value();
  EXPECT_TRUE(p.client->close_write());
  EXPECT_TRUE(p.client->close_write());  // a second SSL_shutdown with data pending would end it (docs/proven.md 15)
  EXPECT_EQ(p.client->write("late").error().code(), errc::closed);
  EXPECT_EQ(drain(*p.client).text, "on its way");
  EXPECT_TRUE(drain(*p.server).ended);
  p.server->write("still talking").value();
  EXPECT_EQ(drain(*p.client).text, "still talking");
  p.server->close_write().value();
  EXPECT_TRUE(drain(*p.client).ended);
}

TEST_P(engine_of_each_version, plain_bytes_after_close_notify_survive) {
  pair p(pair::defaults(GetParam()));
  p.must_shake();
  p.server->write("last").value();
  p.server->close_write().value();
  p.to_client->put("plain again\r\n");
  EXPECT_EQ(p.client->take_leftover(), "");
  const auto got = drain(*p.client);
  EXPECT_EQ(got.text, "last");
  EXPECT_TRUE(got.ended);
  EXPECT_EQ(p.client->take_leftover(), "plain again\r\n");
  EXPECT_EQ(p.client->take_leftover(), "");
}

TEST_P(engine_of_each_version, bytes_read_before_the_engine_existed_are_its_first) {
  pair p(pair::defaults(GetParam()));
  (void)p.client->handshake();
  EXPECT_TRUE(p.server->feed(p.to_server->queue));
  p.to_server->queue.clear();
  p.must_shake();
  EXPECT_EQ(p.server->feed("late").error().code(), errc::invalid_argument);
}

TEST_P(engine_of_each_version, a_stale_queue_turns_nothing_into_a_failure) {
  pair p(pair::defaults(GetParam()));
  for (int i = 0; i < 8; ++i) {
    poison_queue();
    ASSERT_TRUE(p.client->handshake());
    poison_queue();
    ASSERT_TRUE(p.server->handshake());
  }
  ASSERT_TRUE(p.client->handshake_done());
  poison_queue();
  const auto got = p.client->read(std::string(10, 'x').data() == nullptr ? byte_span() : byte_span());
  EXPECT_TRUE(got);
  char buffer[16];
  poison_queue();
  EXPECT_EQ(p.server->read(buffer).value(), (io_status{.next = wait_for::read}));
  poison_queue();
  EXPECT_TRUE(p.server->write("x"));
  poison_queue();
  EXPECT_EQ(p.client->read(buffer).value().bytes, 1U);
  ERR_clear_error();
}

TEST_P(engine_of_each_version, a_stale_queue_is_in_no_error) {
  pair p(pair::defaults(GetParam()));
  p.must_shake();
  p.to_client->alter_at = p.to_client->written + 20;
  ASSERT_TRUE(p.server->write("to be altered"));
  poison_queue();
  char buffer[64];
  const auto refused = p.client->read(buffer);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::bad_record);
  EXPECT_FALSE(refused.error().library_errors().empty());
  for (const auto& entry : refused.error().library_errors())
    EXPECT_EQ(entry.find("PEM"), std::string::npos) << entry << " is of another call";
  ERR_clear_error();
}

TEST_P(engine_of_each_version, callbacks_that_fail_inside_poison_nothing) {
  auto options = pair::defaults(GetParam());
  int lines = 0;
  options.client.key_log = [&](std::string_view line) {
    EXPECT_FALSE(line.empty());
    ++lines;
    poison_queue();
    throw std::runtime_error("never leaves");
  };
  auto who = test::load_identity("server");
  options.server.loaded_identities.clear();
  options.server.select_identity = [who](const client_hello_info& hello) {
    EXPECT_EQ(hello.server_name, "server.test");
    poison_queue();
    return identity_choice{.chosen = who};
  };
  options.client.verify.clock = [] {
    poison_queue();
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  };
  pair p(std::move(options));
  p.to_server->step = p.to_client->step = 7;  // many a WANT_READ between callbacks
  p.must_shake();
  EXPECT_GT(lines, 0);
  EXPECT_EQ(ERR_peek_error(), 0UL);
  p.client->write("ping").value();
  EXPECT_EQ(drain(*p.server).text, "ping");
}

TEST_P(engine_of_each_version, an_identity_may_come_later) {
  auto options = pair::defaults(GetParam());
  options.server.loaded_identities.clear();
  std::optional<identity> ready;
  int asked = 0;
  options.server.select_identity = [&](const client_hello_info&) {
    ++asked;
    if (!ready) return identity_choice{.is = identity_choice::state::not_yet};
    return identity_choice{.chosen = ready};
  };
  pair p(std::move(options));
  (void)p.client->handshake();
  EXPECT_EQ(p.server->handshake().value().next, wait_for::application);
  EXPECT_EQ(p.server->handshake().value().next, wait_for::application);
  EXPECT_FALSE(p.server->handshake_done());
  ready = test::load_identity("server-rsa");
  p.must_shake();
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(p.client->info().peer_chain.front(), ready->leaf());
}

TEST_P(engine_of_each_version, knows_what_a_read_returns_without_the_transport) {
  pair p(pair::defaults(GetParam()));
  p.must_shake();
  EXPECT_FALSE(p.client->readable());
  EXPECT_EQ(p.client->pending(), 0U);
  for (const std::string_view text : {"one", "two", "last"}) ASSERT_TRUE(p.server->write(text));
  ASSERT_TRUE(p.server->close_write());
  std::array<char, 3> three{};
  // All of it comes with the first record.
  ASSERT_EQ(p.client->read(three).value().bytes, 3U);
  ASSERT_TRUE(p.to_client->queue.empty());
  EXPECT_EQ(p.client->pending(), 3U);
  EXPECT_TRUE(p.client->readable());
  ASSERT_EQ(p.client->read(three).value().bytes, 3U);
  EXPECT_EQ(p.client->pending(), 4U);
  ASSERT_EQ(p.client->read(three).value().bytes, 3U);
  EXPECT_EQ(p.client->pending(), 1U);
  ASSERT_EQ(p.client->read(three).value().bytes, 1U);
  // The end, which no descriptor tells of.
  EXPECT_EQ(p.client->pending(), 0U);
  EXPECT_TRUE(p.client->readable());
  EXPECT_TRUE(p.client->read(three).value().end);
}

TEST_P(engine_of_each_version, knows_of_a_record_that_is_refused_before_it_is_read) {
  pair p(pair::defaults(GetParam()));
  p.must_shake();
  ASSERT_TRUE(p.server->write("one"));
  p.to_client->alter_at = p.to_client->written + 10;
  ASSERT_TRUE(p.server->write("two"));
  std::array<char, 3> three{};
  ASSERT_EQ(p.client->read(three).value().bytes, 3U);
  EXPECT_EQ(p.client->pending(), 0U);
  EXPECT_TRUE(p.client->readable());
  EXPECT_EQ(p.client->read(three).error().code(), errc::bad_record);
}

TEST_P(engine_of_each_version, a_refused_name_is_an_alert) {
  auto options = pair::defaults(GetParam());
  options.server.loaded_identities.clear();
  options.server.select_identity = [](const client_hello_info&) {
    return identity_choice{.is = identity_choice::state::refused};
  };
  pair p(std::move(options));
  EXPECT_FALSE(p.shake());
  ASSERT_TRUE(p.client_error && p.server_error);
  EXPECT_EQ(p.server_error->code(), errc::unrecognized_name);
  // The same alert at both ends. It is OpenSSL that chooses which.
  ASSERT_TRUE(p.server_error->alert() && p.client_error->alert());
  EXPECT_EQ(p.server_error->alert()->from, alert::sender::us);
  EXPECT_EQ(p.client_error->alert(), (alert{p.server_error->alert()->description, alert::sender::peer}));
}

TEST_P(engine_of_each_version, output_is_not_held_beyond_a_call) {
  pair p(pair::defaults(GetParam()));
  p.must_shake();
  EXPECT_EQ(p.client->unsent(), 0U);
  EXPECT_EQ(p.server->unsent(), 0U);
  const auto before = p.to_server->writes;
  p.client->write(text_of(40000)).value();
  EXPECT_EQ(p.client->unsent(), 0U);
  EXPECT_EQ(p.to_server->writes, before + 1);  // three records, one write
}

TEST_P(engine_of_each_version, what_the_wire_does_not_take_is_bounded_and_told) {
  pair p(pair::defaults(GetParam()));
  p.must_shake();
  p.to_server->full = true;
  const auto text = text_of(300000);
  const auto first = p.client->write(text).value();
  EXPECT_EQ(first.next, wait_for::write);
  EXPECT_GT(first.bytes, 0U);
  EXPECT_LE(p.client->unsent(), std::size_t{65} << 10);
  EXPECT_EQ(p.client->write(std::string_view(text).substr(first.bytes)).value(), (io_status{.next = wait_for::write}));
  EXPECT_EQ(p.client->flush().value().next, wait_for::write);
  // Reading goes on meanwhile.
  p.server->write("meanwhile").value();
  EXPECT_EQ(drain(*p.client).text, "meanwhile");
  p.to_server->full = false;
  EXPECT_EQ(p.client->flush().value().next, wait_for::nothing);
  EXPECT_EQ(drain(*p.server).text, text.substr(0, first.bytes));
}

TEST_P(engine_of_each_version, a_corked_handshake_leaves_with_the_first_data) {
  pair p(pair::defaults(GetParam()));
  p.client->cork();
  (void)p.client->handshake();
  EXPECT_EQ(p.to_server->writes, 1U) << "held output is flushed before a wait";
  (void)p.server->handshake();
  (void)p.client->handshake();
  if (GetParam() == protocol_version::tls1_2) {
    (void)p.server->handshake();
    (void)p.client->handshake();
  }
  ASSERT_TRUE(p.client->handshake_done());
  const auto before = p.to_server->writes;
  p.client->write("first").value();
  EXPECT_EQ(p.to_server->writes, before);
  p.client->uncork().value();
  EXPECT_EQ(p.to_server->writes, before + 1);
  p.must_shake();
  EXPECT_EQ(drain(*p.server).text, "first");
}

TEST_P(engine_of_each_version, a_read_that_timed_out_may_be_repeated) {
  pair p(pair::defaults(GetParam()));
  p.must_shake();
  (void)drain(*p.client);
  p.client_wire->read_error = error(errc::timed_out, "reading: timed out");
  EXPECT_EQ(drain(*p.client).failure.value().code(), errc::timed_out);
  p.server->write("late").value();
  EXPECT_EQ(drain(*p.client).text, "late");
}

TEST_P(engine_of_each_version, any_other_failure_below_is_final) {
  pair p(pair::defaults(GetParam()));
  p.must_shake();
  p.client_wire->read_error = error(errc::connection_reset, "reading: connection reset");
  EXPECT_EQ(drain(*p.client).failure.value().code(), errc::connection_reset);
  p.server->write("late").value();
  EXPECT_EQ(drain(*p.client).failure.value().code(), errc::connection_reset);
}

TEST_P(engine_of_each_version, a_handshake_that_timed_out_has_failed_for_good) {
  pair p(pair::defaults(GetParam()));
  p.client_wire->read_error = error(errc::timed_out, "timed out");
  EXPECT_EQ(p.client->handshake().error().code(), errc::timed_out);
  EXPECT_EQ(p.client->handshake().error().code(), errc::timed_out);
  EXPECT_FALSE(p.client->handshake_done());
}

TEST_P(engine_of_each_version, a_failed_write_leaves_reading_alone) {
  pair p(pair::defaults(GetParam()));
  p.must_shake();
  p.server->write("said before").value();
  p.client_wire->write_error = error(errc::connection_reset, "writing: connection reset");
  EXPECT_EQ(p.client->write("x").error().code(), errc::connection_reset);
  EXPECT_EQ(p.client->write("x").error().code(), errc::connection_reset);
  EXPECT_EQ(drain(*p.client).text, "said before");
}

TEST_P(engine_of_each_version, nothing_is_read_or_written_before_the_handshake) {
  pair p(pair::defaults(GetParam()));
  char buffer[4];
  EXPECT_EQ(p.client->read(buffer).error().code(), errc::not_connected);
  EXPECT_EQ(p.client->write("x").error().code(), errc::not_connected);
  EXPECT_EQ(p.client->close_write().error().code(), errc::not_connected);
  EXPECT_EQ(p.to_server->written, 0U);
}

TEST_P(engine_of_each_version, empty_reads_and_writes_are_nothing) {
  pair p(pair::defaults(GetParam()));
  p.must_shake();
  const auto before = p.to_server->written;
  EXPECT_EQ(p.client->read(byte_span()).value(), io_status{});
  EXPECT_EQ(p.client->write("").value(), io_status{});
  EXPECT_EQ(p.to_server->written, before);
}

TEST_P(engine_of_each_version, the_key_log_has_the_nss_form) {
  auto options = pair::defaults(GetParam());
  std::vector<std::string> lines;
  options.server.key_log = [&](std::string_view line) { lines.emplace_back(line); };
  pair p(std::move(options));
  p.must_shake();
  ASSERT_FALSE(lines.empty());
  const std::string wanted =
      GetParam() == protocol_version::tls1_2 ? "CLIENT_RANDOM " : "CLIENT_HANDSHAKE_TRAFFIC_SECRET ";
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [&](const auto& l) { return l.starts_with(wanted); }));
}

// What of the heap is in use.
std::size_t allocated() {
  return __sanitizer_get_current_allocated_bytes != nullptr ? __sanitizer_get_current_allocated_bytes()
                                                            : ::mallinfo2().uordblks;
}

TEST_P(engine_of_each_version, an_idle_one_keeps_no_buffers_in_openssl) {
  pair p(pair::defaults(GetParam()));
  p.must_shake();
  const auto text = text_of(40000);
  for (int round = 0; round < 2; ++round) {
    for (auto* idle : {&*p.client, &*p.server}) {
      SSL* ssl = native::handle(*idle);
      const auto before = allocated();
      EXPECT_EQ(SSL_free_buffers(ssl), 1);
      EXPECT_EQ(allocated(), before) << "there was something to free";
      // What they would be.
      ASSERT_EQ(SSL_alloc_buffers(ssl), 1);
      EXPECT_GT(allocated(), before + (32 << 10));
      ASSERT_EQ(SSL_free_buffers(ssl), 1);
    }
    p.server->write(text).value();
    EXPECT_EQ(drain(*p.client).text, text);
    p.client->write(text).value();
    EXPECT_EQ(drain(*p.server).text, text);
  }
}

TEST_P(engine_of_each_version, shows_the_fields_of_the_peers_certificate) {
  const auto key = private_key::generate("ec:P-256").value();
  const auto subject = distinguished_name::parse("CN=second,CN=first,O=Peers").value();
  const auto who = make_self_signed({.subject = subject,
                                     .dns_names = {"server.test", "*.wild.test"},
                                     .ip_addresses = {"192.0.2.1"},
                                     .other_names = {{general_name_kind::email, "who@server.test"}}},
                                    key)
                       .value();
  auto options = pair::defaults(GetParam());
  options.server.loaded_identities = {who};
  options.client.trust = trust_store::of({who.leaf()});
  pair p(std::move(options));
  p.must_shake();
  const auto chain = p.client->info().peer_chain;
  ASSERT_EQ(chain.size(), 1U);
  const auto& peer = chain.front();
  EXPECT_EQ(peer.subject_name(), subject);
  EXPECT_EQ(peer.issuer_name(), subject);
  EXPECT_EQ(peer.subject_name().values("CN"), (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(peer.last_common_name(), "second");
  EXPECT_EQ(peer.alternative_names(), (std::vector<general_name>{{general_name_kind::dns, "server.test"},
                                                                 {general_name_kind::dns, "*.wild.test"},
                                                                 {general_name_kind::ip_address, "192.0.2.1"},
                                                                 {general_name_kind::email, "who@server.test"}}));
  // And of a client, at the server.
  options = pair::defaults(GetParam());
  options.server.client_auth = client_certificates::required;
  options.server.client_trust = test::test_ca();
  options.client.identity = test::load_identity("client");
  pair q(std::move(options));
  q.must_shake();
  const auto clients = q.server->info().peer_chain;
  ASSERT_EQ(clients.size(), 1U);
  const auto& client = clients.front();
  EXPECT_EQ(client.subject_name().text(), "CN=client one,O=signet tests");
  EXPECT_EQ(client.issuer_name().text(), "CN=signet test root,O=signet tests");
  EXPECT_EQ(client.alternative_names(), (std::vector<general_name>{{general_name_kind::dns, "client.test"}}));
}

TEST(engine, its_read_ahead_stays_off_in_openssl) {
  pair p;
  EXPECT_EQ(SSL_get_read_ahead(native::handle(*p.client)), 0);
}

TEST(engine, a_wire_reads_few_times) {
  pair p;
  p.must_shake();
  (void)drain(*p.client);
  p.server->write(text_of(60000)).value();
  const auto before = p.client_wire->reads;
  EXPECT_EQ(drain(*p.client, 1 << 20).text.size(), 60000U);
  EXPECT_LE(p.client_wire->reads - before, 4U);
}

TEST(engine, names_of_two_identities_are_kept_apart) {
  auto options = pair::defaults();
  options.server.loaded_identities = {test::load_identity("wrong-name"), test::load_identity("server")};
  const auto client = client_config::make(options.client).value();
  const auto server = server_config::make(options.server).value();
  pair right(client, server, "server.test");
  right.must_shake();
  pair other(client, server, "other.test");
  other.must_shake();
  EXPECT_NE(right.client->info().peer_chain.front(), other.client->info().peer_chain.front());
  pair unknown(client, server, "unknown.test");
  EXPECT_EQ(unknown.shake().error().code(), errc::name_mismatch);
}

TEST(engine, one_name_may_have_a_key_of_each_type) {
  auto options = pair::defaults(protocol_version::tls1_2);
  options.server.loaded_identities = {test::load_identity("server-rsa"), test::load_identity("server")};
  const auto server = server_config::make(options.server).value();
  for (const auto& [cipher, key] :
       {std::pair{"ECDHE-ECDSA-AES128-GCM-SHA256", "EC P-256"}, {"ECDHE-RSA-AES128-GCM-SHA256", "RSA 2048"}}) {
    options.client.ciphers = cipher;
    for (const auto& sni : {std::optional<std::string>(), std::optional<std::string>("")}) {
      pair p(client_config::make(options.client).value(), server, "server.test", {.sni = sni});
      p.must_shake();
      EXPECT_EQ(p.client->info().peer_chain.front().public_key_type(), key);
    }
  }
}

// The refusal is a warning, behind which no data follows: it leaves all the same, or the client would wait for ever.
TEST(engine, refuses_to_renegotiate_and_says_so_at_once) {
  pair p(pair::defaults(protocol_version::tls1_2));
  p.must_shake();
  auto* asking = native::handle(*p.client);
  SSL_clear_options(asking, SSL_OP_NO_RENEGOTIATION);
  ASSERT_EQ(SSL_renegotiate(asking), 1);
  EXPECT_FALSE(p.client->write("again").value_or(io_status{}).bytes);
  const auto before = p.to_client->written;
  EXPECT_EQ(drain(*p.server).text, "");
  EXPECT_GT(p.to_client->written, before);
  const auto told = drain(*p.client);
  ASSERT_TRUE(told.failure);
  EXPECT_EQ(told.failure->kind(), error_kind::peer) << told.failure->message();
}

}  // namespace
}  // namespace signet
