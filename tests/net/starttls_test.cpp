#include <signet/net/starttls.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <ostream>
#include <string>
#include <vector>

#include "support/net_peers.hpp"

namespace signet {
namespace {

using starttls::negotiate;
using starttls::protocol;
using test::patience;
using namespace std::chrono_literals;
using namespace std::string_literals;

// What the server hears, to the byte, and what it says to that.
struct turn {
  std::string hears;
  std::string says;
};
struct dialogue {
  protocol which;
  std::vector<turn> turns;

  // All that the server says, for tests in which it need not listen.
  [[nodiscard]] std::string said() const {
    std::string all;
    for (const auto& one : turns) all += one.says;
    return all;
  }
};
std::ostream& operator<<(std::ostream& out, const dialogue& one) {
  return out << starttls::name(one.which);
}
std::string test_name(protocol which) {
  std::string out(starttls::name(which));
  for (auto& c : out) c = c == '-' ? '_' : c;
  return out;
}

const std::string stream_head =
    "<stream:stream xmlns='jabber:client' id='a>b' from=\"server.test\" version='1.0' "
    "xmlns:stream='http://etherx.jabber.org/streams'>";
const std::string xmpp_tls = "xmlns='urn:ietf:params:xml:ns:xmpp-tls'";

std::string stream_to(const std::string& content, const std::string& from) {
  return "<?xml version='1.0'?><stream:stream to='server.test' version='1.0' xmlns='" + content +
         "' xmlns:stream='http://etherx.jabber.org/streams'" + from + ">";
}
std::vector<turn> xmpp_turns(const std::string& content, const std::string& from) {
  return {
      {stream_to(content, from), "<?xml version='1.0'?>\n" + stream_head + "<stream:features>\n<starttls " + xmpp_tls +
                                     "><required/></starttls><mechanisms xmlns='urn:x'><mechanism>A > B</mechanism>"
                                     "</mechanisms></stream:features>"},
      {"<starttls " + xmpp_tls + "/>", "<proceed " + xmpp_tls + "/>"}};
}

// A handshake packet of MySQL's protocol with these capabilities (the lower half).
std::string mysql_greeting(std::uint16_t capabilities) {
  std::string payload =
      "\x0a"
      "8.0.36\0"s +
      std::string(4, '\1') + std::string(8, 's') + '\0';
  payload += static_cast<char>(capabilities & 0xff);
  payload += static_cast<char>(capabilities >> 8);
  payload += "\x2d\x02\0\xff\xdf\x15"s + std::string(10, '\0') + std::string(13, 'r') + "caching_sha2_password\0"s;
  return std::string(1, static_cast<char>(payload.size())) + "\0\0\0"s + payload;
}
// An ExtendedResponse to message `id`.
std::string ldap_answer(char id, char code, const std::string& diagnostic, const std::string& more = {}) {
  const auto element = [](char tag, const std::string& content) {
    return std::string(1, tag) + static_cast<char>(content.size()) + content;
  };
  const auto operation =
      element('\x0a', std::string(1, code)) + element('\x04', "") + element('\x04', diagnostic) + more;
  return element('\x30', element('\x02', std::string(1, id)) + element('\x78', operation));
}
const std::string ldap_oid = "1.3.6.1.4.1.1466.20037";

std::vector<dialogue> every_dialogue() {
  const std::string mysql_request = "\x20\0\0\1"s + "\x01\x8a\x08\0"s + "\0\0\0\1"s + "\x2d" + std::string(23, '\0');
  return {
      {protocol::smtp,
       {{"", "220-mail.test hello\r\n220 ready\r\n"},
        {"EHLO client.test\r\n", "250-mail.test\r\n250-SIZE 1000\r\n250-starttls\r\n250 HELP\r\n"},
        {"STARTTLS\r\n", "220 2.0.0 go\r\n"}}},
      {protocol::lmtp,
       {{"", "220 mail.test LMTP\r\n"},
        {"LHLO client.test\r\n", "250-mail.test\r\n250 STARTTLS\r\n"},
        {"STARTTLS\r\n", "220\r\n"}}},
      {protocol::imap,
       {{"", "* OK [CAPABILITY IMAP4rev1] ready\r\n"},
        {"s1 CAPABILITY\r\n", "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n* 0 EXISTS\r\ns1 ok done\r\n"},
        {"s2 STARTTLS\r\n", "* OK note\r\ns2 OK begin\r\n"}}},
      {protocol::pop3,
       {{"", "+OK ready\r\n"},
        {"CAPA\r\n", "+OK list follows\r\nTOP\r\nSTLS\r\nUIDL\r\n.\r\n"},
        {"STLS\r\n", "+OK\r\n"}}},
      {protocol::ftp,
       {{"", "120 soon\r\n220-Welcome\r\n 220 is not the end\r\nto this server\r\n220 ready\r\n"},
        {"AUTH TLS\r\n", "234 go\r\n"}}},
      {protocol::ldap,
       {{"\x30\x1d\x02\x01\x01\x77\x18\x80\x16" + ldap_oid,
         // Lengths in four octets, as Active Directory writes them, and the name of the answer.
         "\x30\x84\0\0\0\x2a\x02\x01\x01\x78\x84\0\0\0\x21\x0a\x01\0\x04\0\x04\x02ok\x8a\x16"s + ldap_oid}}},
      {protocol::xmpp, xmpp_turns("jabber:client", "")},
      {protocol::xmpp_server, xmpp_turns("jabber:server", " from='client.test'")},
      {protocol::nntp,
       {{"", "201 no posting\r\n"},
        {"CAPABILITIES\r\n", "101 list\r\nVERSION 2\r\nREADER\r\nSTARTTLS\r\n.\r\n"},
        {"STARTTLS\r\n", "382 go\r\n"}}},
      {protocol::sieve,
       {{"",
         "\"IMPLEMENTATION\" \"Test \\\"1\\\"\"\r\n\"SIEVE\" {11+}\r\nfileinto\r\nX\r\n\"STARTTLS\"\r\nOK "
         "\"hello\"\r\n"},
        {"STARTTLS\r\n", "OK {2}\r\ngo\r\n"}}},
      {protocol::postgres, {{"\0\0\0\x08\x04\xd2\x16\x2f"s, "S"}}},
      {protocol::mysql, {{"", mysql_greeting(0xffff)}, {mysql_request, ""}}},
      {protocol::http_connect,
       {{"CONNECT server.test:443 HTTP/1.1\r\nHost: server.test:443\r\n\r\n",
         "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.0 200 Connection established\r\nVia: proxy\r\n\r\n"}}},
      {protocol::http_upgrade,
       {{"OPTIONS * HTTP/1.1\r\nHost: server.test:443\r\nUpgrade: TLS/1.2\r\nConnection: Upgrade\r\n\r\n",
         "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: HTTP/2, tls/1.2\r\n\r\n"}}},
  };
}

starttls::options names() {
  return {.peer = {"server.test", 443}, .own_name = "client.test"};
}

// negotiate() with a peer that has said all of this already, and then says no more or has ended.
enum class then : unsigned char { silent, ended };
struct outcome {
  test::plain_pair pair;
  result<void> agreed;
};
outcome talk(protocol which, const std::string& said, then after = then::silent, deadline until = patience,
             const starttls::options& with = names()) {
  auto pair = test::make_plain_pair();
  pair.server.write_all(said, patience).value();
  if (after == then::ended) pair.server.close_write().value();
  auto agreed = negotiate(pair.client, which, with, until);
  return {std::move(pair), std::move(agreed)};
}

class starttls_with : public testing::TestWithParam<dialogue> {};
INSTANTIATE_TEST_SUITE_P(each_protocol, starttls_with, testing::ValuesIn(every_dialogue()),
                         [](const auto& one) { return test_name(one.param.which); });

enum class pace : unsigned char { whole, trickled };

// The server's part of the dialogue, then its handshake, a line inside and a proper end; complains in words.
std::string serve(const test::plain_door& door, const std::vector<turn>& turns, pace how,
                  const server_config& config = test::test_server()) {
  auto plain = door.accept();
  for (const auto& [hears, says] : turns) {
    std::string heard(hears.size(), '\0');
    if (auto read = plain.read_exactly(heard, patience); !read) return read.error().message();
    if (heard != hears) return "heard " + heard + " instead of " + hears;
    const auto piece = how == pace::whole ? std::max<std::size_t>(says.size(), 1) : 1;
    for (std::size_t at = 0; at < says.size(); at += piece)
      if (auto sent = plain.write_all(says.substr(at, piece), patience); !sent) return sent.error().message();
  }
  auto inside = start_tls(std::move(plain), config, {.timeout = patience});
  if (!inside) return inside.error().message();
  if (auto sent = inside->write_all("inside\n", patience); !sent) return sent.error().message();
  if (auto ended = inside->close_write(patience); !ended) return ended.error().message();
  return inside->read_all({}, patience) ? "" : "no proper end";
}

TEST_P(starttls_with, leads_to_a_verified_connection) {
  const auto which = GetParam().which;
  const auto& turns = GetParam().turns;
  for (const auto how : {pace::whole, pace::trickled}) {
    const auto door = test::open_door();
    auto server = std::async(std::launch::async, [&] { return serve(door, turns, how); });
    // The way of two steps.
    auto plain = tcp_socket::connect({"127.0.0.1", door.port()}, {.timeout = patience}).value();
    const auto agreed = negotiate(plain, which, names(), patience);
    EXPECT_TRUE(agreed) << agreed.error().message();
    auto inside = start_tls(std::move(plain), "server.test", test::trusting_client(), {.timeout = patience});
    EXPECT_TRUE(inside) << inside.error().message();
    if (inside) {
      EXPECT_EQ(inside->read_line({}, patience).value_or("nothing"), "inside");
      EXPECT_TRUE(inside->close());
    }
    EXPECT_EQ(server.get(), "");
  }
}

TEST_P(starttls_with, connects_in_one_step) {
  const auto which = GetParam().which;
  const auto& turns = GetParam().turns;
  const auto door = test::open_door();
  auto server = std::async(std::launch::async, [&] { return serve(door, turns, pace::whole); });
  const endpoint at{"127.0.0.1", door.port()};
  auto with = names();
  // A proxy is asked for whom we connect to; nobody resolves that name here.
  const bool proxied = which == protocol::http_connect;
  if (proxied) with = {.proxy = at};
  auto inside = starttls::connect(proxied ? endpoint{"server.test", 443} : at, which, test::trusting_client(),
                                  {.timeout = patience, .name = "server.test"}, with);
  ASSERT_TRUE(inside) << inside.error().message();
  EXPECT_EQ(inside->read_line({}, patience).value_or("nothing"), "inside");
  EXPECT_TRUE(inside->peer_verdict()->trusted());
  EXPECT_TRUE(inside->close());
  EXPECT_EQ(server.get(), "");
}

TEST_P(starttls_with, connects_in_one_step_and_resumes_what_its_key_finds) {
  const auto which = GetParam().which;
  const auto& turns = GetParam().turns;
  const auto config = test::trusting_client();
  const auto of_server = test::test_server();
  // Another port each time: without the key it would be another peer.
  for (const bool again : {false, true}) {
    const auto door = test::open_door();
    auto server = std::async(std::launch::async, [&] { return serve(door, turns, pace::whole, of_server); });
    const endpoint at{"127.0.0.1", door.port()};
    auto with = names();
    const bool proxied = which == protocol::http_connect;
    if (proxied) with = {.proxy = at};
    auto inside = starttls::connect(proxied ? endpoint{"server.test", 443} : at, which, config,
                                    {.timeout = patience, .name = "server.test", .session_key = "one"}, with);
    ASSERT_TRUE(inside) << inside.error().message();
    EXPECT_EQ(inside->info().resumed, again);
    EXPECT_EQ(inside->read_line({}, patience).value_or("nothing"), "inside");
    EXPECT_TRUE(inside->close());
    EXPECT_EQ(server.get(), "");
  }
}

TEST_P(starttls_with, verifies_the_name_that_was_asked_for) {
  const auto which = GetParam().which;
  const auto& turns = GetParam().turns;
  const auto door = test::open_door();
  auto server = std::async(std::launch::async, [&] { return serve(door, turns, pace::whole); });
  const endpoint at{"127.0.0.1", door.port()};
  auto with = names();
  with.proxy = at;
  const auto inside =
      starttls::connect(at, which, test::trusting_client(), {.timeout = patience, .name = "other.test"}, with);
  ASSERT_FALSE(inside);
  EXPECT_EQ(inside.error().code(), errc::name_mismatch) << inside.error().message();
  EXPECT_NE(server.get(), "");
}

TEST_P(starttls_with, what_comes_after_the_go_ahead_is_refused) {
  auto [pair, agreed] = talk(GetParam().which, GetParam().said() + "250 injected\r\n");
  ASSERT_TRUE(agreed) << agreed.error().message();
  const auto inside = start_tls(std::move(pair.client), "server.test", test::trusting_client(), {.timeout = patience});
  ASSERT_FALSE(inside);
  EXPECT_EQ(inside.error().code(), errc::plaintext_before_tls);
  EXPECT_TRUE(pair.client.is_open());
}

TEST_P(starttls_with, an_end_after_any_byte_is_told) {
  const auto said = GetParam().said();
  for (std::size_t size = 0; size < said.size(); ++size) {
    const auto agreed = talk(GetParam().which, said.substr(0, size), then::ended).agreed;
    ASSERT_FALSE(agreed) << size;
    EXPECT_EQ(agreed.error().code(), errc::closed) << size << ": " << agreed.error().message();
    EXPECT_NE(agreed.error().message().find(": the server closed the connection instead of sending "),
              std::string::npos);
    EXPECT_TRUE(size != 0 || agreed.error().hint().find("TLS from the start") != std::string::npos);
  }
}

TEST_P(starttls_with, garbage_is_no_answer) {
  const auto name = ": starttls " + std::string(starttls::name(GetParam().which)) + ": ";
  for (const auto& said : {"\0\0\0\0\0\0\0\0\0\0\n"s, "\x7f\x45\x4c\x46\x02\x01\x01\n\n"s, "hello\x1b[2J<>\r\n"s,
                           "<a b='\n>\r\n"s, "999 no\r\n"s, "{5}\r\n"s, std::string(20'000, 'a')}) {
    const auto agreed = talk(GetParam().which, said, then::ended).agreed;
    ASSERT_FALSE(agreed);
    // What looks like the beginning of an answer may also be cut short.
    EXPECT_TRUE(agreed.error().code() == errc::dialogue_failed || agreed.error().code() == errc::closed)
        << agreed.error().message();
    EXPECT_NE(agreed.error().message().find(name), std::string::npos) << agreed.error().message();
    for (const char c : agreed.error().message()) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
  }
}

TEST_P(starttls_with, a_server_that_speaks_tls_already_is_told_as_such) {
  // The alert with which it answers what is no ClientHello.
  const auto agreed = talk(GetParam().which, "\x15\x03\x03\0\x02\x02\x32"s, then::ended).agreed;
  ASSERT_FALSE(agreed);
  EXPECT_EQ(agreed.error().code(), errc::dialogue_failed) << agreed.error().message();
  EXPECT_NE(agreed.error().message().find("speaks TLS already"), std::string::npos) << agreed.error().message();
  EXPECT_NE(agreed.error().hint().find("without STARTTLS"), std::string::npos);
}

TEST_P(starttls_with, a_web_server_is_told_as_such) {
  const auto agreed = talk(GetParam().which, "HTTP/1.1 400 Bad Request\r\n\r\n", then::ended).agreed;
  ASSERT_FALSE(agreed);
  // Who asked a web server has its refusal.
  const bool asked_one = test_name(GetParam().which).starts_with("http");
  EXPECT_EQ(agreed.error().code(), asked_one ? errc::starttls_refused : errc::dialogue_failed)
      << agreed.error().message();
  if (asked_one) {
    EXPECT_NE(agreed.error().message().find("400 Bad Request"), std::string::npos) << agreed.error().message();
  } else {
    EXPECT_FALSE(agreed.error().hint().empty());
  }
}

TEST_P(starttls_with, silence_ends_with_the_deadline) {
  const auto began = deadline::clock::now();
  const auto agreed = talk(GetParam().which, "", then::silent, 30ms).agreed;
  ASSERT_FALSE(agreed);
  EXPECT_EQ(agreed.error().code(), errc::timed_out);
  EXPECT_NE(agreed.error().hint().find("expect TLS from the start"), std::string::npos);
  EXPECT_LT(deadline::clock::now() - began, patience);
}

TEST_P(starttls_with, a_socket_that_is_closed_is_not_connected) {
  auto pair = test::make_plain_pair();
  pair.client.close();
  EXPECT_EQ(negotiate(pair.client, GetParam().which, names()).error().code(), errc::not_connected);
}

TEST(starttls, a_server_that_trickles_does_not_outlive_the_deadline) {
  auto pair = test::make_plain_pair();
  auto server = std::async(std::launch::async, [&] {
    std::array<char, 64> scrap{};
    // A byte, and then nothing for 10 ms; until the client hangs up.
    while (pair.server.write_all("2", patience)) {
      const auto got = pair.server.read_some(scrap, 10ms);
      if (got ? *got == 0 : got.error().code() != errc::timed_out) return;
    }
  });
  EXPECT_EQ(negotiate(pair.client, protocol::smtp, {}, 100ms).error().code(), errc::timed_out);
  pair.client.close();
  server.get();
}

struct refusal {
  const char* what;
  protocol which;
  std::string said;
  errc code;
  std::string words;
  std::string hint = {};
};
std::ostream& operator<<(std::ostream& out, const refusal& one) {
  return out << one.what;
}

const std::string pop3_until_stls = "+OK\r\n+OK\r\nSTLS\r\n.\r\n";
const std::string smtp_until_starttls = "220 x\r\n250-x\r\n250 STARTTLS\r\n";
const std::string imap_until_starttls = "* OK x\r\n* CAPABILITY STARTTLS\r\ns1 OK\r\n";

class starttls_refusal : public testing::TestWithParam<refusal> {};
INSTANTIATE_TEST_SUITE_P(
    table, starttls_refusal,
    testing::Values(
        refusal{"smtp_greeting", protocol::smtp, "554-no\r\n554 service\x1b[31m\r\n", errc::starttls_refused,
                R"("554 no / service\1B[31m")"},
        refusal{"smtp_hello", protocol::smtp, "220 x\r\n502 never heard\r\n", errc::starttls_refused,
                "502 never heard"},
        refusal{"smtp_no_offer", protocol::smtp,
                "220 x\r\n250-STARTTLS is my name\r\n250-XSTARTTLS\r\n250 STARTTLSX\r\n", errc::starttls_refused,
                "does not offer STARTTLS", "hides the offer"},
        refusal{"smtp_refuses", protocol::smtp, smtp_until_starttls + "454 4.7.0 TLS not available\r\n",
                errc::starttls_refused, "454 4.7.0 TLS not available"},
        refusal{"smtp_wrong_code", protocol::smtp, smtp_until_starttls + "250 fine\r\n", errc::dialogue_failed,
                "250 fine"},
        refusal{"smtp_codes_differ", protocol::smtp, "220-x\r\n250 y\r\n", errc::dialogue_failed, "250 y"},
        refusal{"smtp_no_number_between", protocol::smtp, "220-x\r\nfree text\r\n220 y\r\n", errc::dialogue_failed,
                "free text"},
        refusal{"lmtp_no_offer", protocol::lmtp, "220 x\r\n250 x\r\n", errc::starttls_refused,
                "does not offer STARTTLS"},
        refusal{"imap_bye", protocol::imap, "* BYE too busy\r\n", errc::starttls_refused, "too busy"},
        refusal{"imap_preauth", protocol::imap, "* PREAUTH welcome\r\n", errc::starttls_refused, "PREAUTH welcome",
                "rules STARTTLS out"},
        refusal{"imap_no_offer", protocol::imap, "* OK x\r\n* CAPABILITY IMAP4rev1 XSTARTTLS\r\ns1 OK\r\n",
                errc::starttls_refused, "does not offer STARTTLS"},
        refusal{"imap_no", protocol::imap, imap_until_starttls + "s2 NO not now\r\n", errc::starttls_refused,
                "s2 NO not now"},
        refusal{"imap_bad", protocol::imap, imap_until_starttls + "s2 BAD what\r\n", errc::starttls_refused,
                "s2 BAD what"},
        refusal{"imap_bye_later", protocol::imap, imap_until_starttls + "* BYE\r\n", errc::starttls_refused, "* BYE"},
        refusal{"imap_other_tag", protocol::imap, imap_until_starttls + "s1 OK\r\n", errc::dialogue_failed, "s1 OK"},
        refusal{"imap_no_greeting", protocol::imap, "s1 OK\r\n", errc::dialogue_failed, "s1 OK"},
        refusal{"pop3_greeting", protocol::pop3, "-ERR locked\r\n", errc::starttls_refused, "-ERR locked"},
        refusal{"pop3_no_offer", protocol::pop3, "+OK\r\n+OK\r\nTOP\r\n.\r\n", errc::starttls_refused,
                "does not offer STLS"},
        refusal{"pop3_refuses", protocol::pop3, pop3_until_stls + "-ERR no\r\n", errc::starttls_refused, "-ERR no"},
        refusal{"pop3_wrong", protocol::pop3, pop3_until_stls + "OK\r\n", errc::dialogue_failed, "OK"},
        refusal{"ftp_greeting", protocol::ftp, "421 too many\r\n", errc::starttls_refused, "421 too many"},
        refusal{"ftp_refuses", protocol::ftp, "220 x\r\n530-Please\r\nlog in\r\n530 first\r\n", errc::starttls_refused,
                "530 Please / log in / first"},
        refusal{"ftp_wrong_code", protocol::ftp, "220 x\r\n334 ADAT\r\n", errc::dialogue_failed, "334 ADAT"},
        refusal{"ldap_unavailable", protocol::ldap, ldap_answer(1, 52, "no \xc3\xa9 TLS"), errc::starttls_refused,
                "unavailable: no \xc3\xa9 TLS"},
        refusal{"ldap_protocol_error", protocol::ldap, ldap_answer(1, 2, ""), errc::starttls_refused, "protocolError"},
        refusal{"ldap_other_code", protocol::ldap, ldap_answer(1, 80, ""), errc::starttls_refused, "result 80"},
        refusal{"ldap_disconnection", protocol::ldap, ldap_answer(0, 52, "bye"), errc::starttls_refused,
                "unavailable: bye"},
        refusal{"ldap_success_to_nobody", protocol::ldap, ldap_answer(0, 0, ""), errc::starttls_refused, "success"},
        refusal{"ldap_other_message", protocol::ldap, ldap_answer(2, 0, ""), errc::dialogue_failed, "instead of"},
        refusal{"ldap_surplus_inside", protocol::ldap, ldap_answer(1, 0, "", "\x04\1x"), errc::dialogue_failed,
                "instead of"},
        refusal{"ldap_length_too_long", protocol::ldap, "\x30\x07\x02\x01\x01\x78\x7f\x0a\x01"s, errc::dialogue_failed,
                "instead of"},
        refusal{"ldap_indefinite", protocol::ldap, "\x30\x80\x02\x01\x01"s, errc::dialogue_failed, "instead of"},
        refusal{"ldap_huge", protocol::ldap, "\x30\x84\xff\xff\xff\xff"s, errc::dialogue_failed, "4294967295 bytes"},
        refusal{"xmpp_no_offer", protocol::xmpp,
                stream_head + "<stream:features><starttls xmlns='urn:other'/><x><starttls " + xmpp_tls +
                    "/></x></stream:features>",
                errc::starttls_refused, "does not offer STARTTLS"},
        refusal{"xmpp_error", protocol::xmpp,
                stream_head + "<stream:error><host-unknown xmlns='urn:x'/></stream:error></stream:stream>",
                errc::starttls_refused, "host-unknown", "domain"},
        refusal{"xmpp_failure", protocol::xmpp,
                stream_head +
                    "<stream:features><t:starttls xmlns:t='urn:ietf:params:xml:ns:xmpp-tls'/>"
                    "</stream:features><failure " +
                    xmpp_tls + "/></stream:stream>",
                errc::starttls_refused, "failure"},
        refusal{"xmpp_proceed_of_others", protocol::xmpp,
                stream_head + "<stream:features><starttls " + xmpp_tls + "/></stream:features><proceed/>",
                errc::dialogue_failed, "proceed"},
        refusal{"xmpp_comment", protocol::xmpp, "<!-- no -->", errc::dialogue_failed, "<!-- no -->"},
        refusal{"xmpp_document_type", protocol::xmpp, "<!DOCTYPE x [<!ENTITY a 'b'>]>", errc::dialogue_failed,
                "DOCTYPE"},
        refusal{"xmpp_crossed_tags", protocol::xmpp, stream_head + "<stream:features><a><b></a>", errc::dialogue_failed,
                "</a>"},
        refusal{"xmpp_text_outside", protocol::xmpp, "hello" + stream_head, errc::dialogue_failed, "hello"},
        refusal{"xmpp_deep", protocol::xmpp,
                stream_head + "<stream:features>" +
                    [] {
                      std::string deep;
                      for (int i = 0; i < 100; ++i) deep += "<a>";
                      return deep;
                    }(),
                errc::dialogue_failed, "<a>"},
        refusal{"xmpp_long_tag", protocol::xmpp,
                stream_head + "<a b='" +
                    [] {
                      std::string quoted;
                      for (int i = 0; i < 20; ++i) quoted += std::string(1000, 'x') + '>';
                      return quoted;
                    }(),
                errc::dialogue_failed, "a tag longer than"},
        refusal{"nntp_greeting", protocol::nntp, "502 go away\r\n", errc::starttls_refused, "502 go away"},
        refusal{"nntp_no_offer", protocol::nntp, "200 x\r\n101 x\r\nREADER\r\n.\r\n", errc::starttls_refused,
                "does not offer STARTTLS"},
        refusal{"nntp_refuses", protocol::nntp, "200 x\r\n500 what\r\n580 no TLS\r\n", errc::starttls_refused,
                "580 no TLS"},
        refusal{"sieve_no_offer", protocol::sieve, "\"X\" \"STARTTLS\"\r\nOK\r\n", errc::starttls_refused,
                "does not offer STARTTLS"},
        refusal{"sieve_bye", protocol::sieve, "BYE (TRYLATER) \"busy\"\r\n", errc::starttls_refused, "TRYLATER"},
        refusal{"sieve_no", protocol::sieve, "\"STARTTLS\"\r\nOK\r\nNO {4}\r\nno\n!\r\n", errc::starttls_refused,
                R"(no\0A!)"},
        refusal{"sieve_literal_too_long", protocol::sieve, "\"SIEVE\" {99999}\r\n", errc::dialogue_failed,
                "99999 bytes"},
        refusal{"sieve_literal_no_number", protocol::sieve, "\"SIEVE\" {-1}\r\n", errc::dialogue_failed, "{-1}"},
        refusal{"postgres_no", protocol::postgres, "N", errc::starttls_refused, "\"N\"", "ssl = on"},
        refusal{"postgres_error", protocol::postgres, "E\0\0\0\x16SFATAL\0Mtoo many\0\0"s, errc::starttls_refused,
                "\"too many\""},
        // The form before protocol 3: a text that NUL ends.
        refusal{"postgres_old_error", protocol::postgres, "EFATAL:  unsupported frontend protocol\n\0"s,
                errc::starttls_refused, "FATAL:  unsupported frontend protocol"},
        refusal{"postgres_old_error_of_two_letters", protocol::postgres, "Ehi\0\0"s, errc::starttls_refused, "\"hi\""},
        refusal{"postgres_error_without_end", protocol::postgres, "E\0\0\0\x08Mtoo"s, errc::starttls_refused, "\"E\""},
        refusal{"postgres_error_too_long", protocol::postgres, "E\0\x7f\xff\xff"s, errc::dialogue_failed, "bytes"},
        refusal{"postgres_error_too_short", protocol::postgres, "E\0\0\0\x03"s, errc::dialogue_failed, "instead of"},
        refusal{"mysql_no_offer", protocol::mysql, mysql_greeting(0xf7ff), errc::starttls_refused,
                "does not offer TLS"},
        refusal{"mysql_old", protocol::mysql, mysql_greeting(0x0800), errc::dialogue_failed, "older than MySQL 4.1"},
        refusal{"mysql_error", protocol::mysql, "\x0b\0\0\0\xff\x69\x04too many"s, errc::starttls_refused,
                "\"too many\""},
        refusal{"mysql_error_without_words", protocol::mysql, "\x01\0\0\0\xff"s, errc::starttls_refused, "\"\""},
        refusal{"mysql_empty", protocol::mysql, "\0\0\0\0"s, errc::dialogue_failed, "instead of"},
        refusal{"mysql_short", protocol::mysql,
                "\x05\0\0\0\x0a"
                "8.0\0"s,
                errc::dialogue_failed, "instead of"},
        refusal{"mysql_huge", protocol::mysql, "\xff\xff\xff\0"s, errc::dialogue_failed, "instead of"},
        refusal{"proxy_wants_password", protocol::http_connect,
                "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n",
                errc::starttls_refused, "407 Proxy Authentication Required", "password"},
        refusal{"proxy_forbids", protocol::http_connect, "HTTP/1.1 403 No\r\n\r\n", errc::starttls_refused, "403 No",
                "does not connect"},
        refusal{"proxy_is_none", protocol::http_connect, "HTTP/1.1 405\r\n\r\n", errc::starttls_refused, "405",
                "no proxy"},
        refusal{"proxy_reaches_nobody", protocol::http_connect, "HTTP/1.0 502 Bad\r\n\r\n", errc::starttls_refused,
                "502 Bad", "reach"},
        refusal{"proxy_switches", protocol::http_connect, "HTTP/1.1 101 X\r\n\r\n", errc::dialogue_failed, "101 X"},
        refusal{"proxy_status_garbled", protocol::http_connect, "HTTP/1.1 2000 X\r\n\r\n", errc::dialogue_failed,
                "2000"},
        refusal{"proxy_header_garbled", protocol::http_connect, "HTTP/1.1 200 OK\r\nhello\r\n\r\n",
                errc::dialogue_failed, "hello"},
        refusal{"upgrade_ignored", protocol::http_upgrade, "HTTP/1.1 200 OK\r\n\r\n", errc::starttls_refused, "200 OK",
                "https"},
        refusal{"upgrade_to_something_else", protocol::http_upgrade, "HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n",
                errc::dialogue_failed, "not to TLS"}),
    [](const auto& one) { return one.param.what; });

TEST_P(starttls_refusal, is_told_in_the_servers_words) {
  const auto& [what, which, said, code, words, hint] = GetParam();
  auto [pair, agreed] = talk(which, said);
  ASSERT_FALSE(agreed);
  const auto& e = agreed.error();
  EXPECT_EQ(e.code(), code) << e.message();
  EXPECT_EQ(e.kind(), error_kind::peer);
  const auto whom = "127.0.0.1:" + std::to_string(pair.client.remote_endpoint().port) + ": starttls ";
  EXPECT_EQ(e.message().find(whom + std::string(starttls::name(which)) + ": "), 0U) << e.message();
  EXPECT_NE(e.message().find(words), std::string::npos) << e.message();
  EXPECT_NE(e.hint().find(hint), std::string::npos) << e.hint();
  EXPECT_TRUE(pair.client.is_open());
}

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(starttls, an_answer_without_end_is_cut_off) {
  const std::vector<std::pair<protocol, std::string>> endless{
      {protocol::smtp, repeated("220-more\r\n", 300)},
      {protocol::lmtp, "220 x\r\n" + repeated("250-more\r\n", 300)},
      {protocol::imap, "* OK\r\n" + repeated("* 1 EXISTS\r\n", 300)},
      {protocol::pop3, "+OK\r\n+OK\r\n" + repeated("TOP\r\n", 300)},
      {protocol::ftp, "220-x\r\n" + repeated("free\r\n", 300)},
      {protocol::ftp, repeated("120 soon\r\n", 300)},
      {protocol::xmpp, stream_head + "<stream:features>" + repeated("<a/>", 300)},
      {protocol::xmpp_server, repeated("<?xml?>", 300)},
      {protocol::nntp, "200 x\r\n101 x\r\n" + repeated("READER\r\n", 300)},
      {protocol::sieve, repeated("\"A\" \"B\"\r\n", 300)},
      {protocol::http_connect, "HTTP/1.1 200 OK\r\n" + repeated("A: b\r\n", 300)},
      {protocol::http_upgrade, repeated("HTTP/1.1 100 Continue\r\n\r\n", 300)},
  };
  for (const auto& [which, said] : endless) {
    const auto agreed = talk(which, said).agreed;
    ASSERT_FALSE(agreed) << starttls::name(which);
    EXPECT_EQ(agreed.error().code(), errc::dialogue_failed) << agreed.error().message();
    EXPECT_NE(agreed.error().message().find("an answer of more than 200 lines"), std::string::npos)
        << agreed.error().message();
  }
}

TEST(starttls, all_that_is_said_before_tls_is_bounded) {
  const auto agreed = talk(protocol::imap, "* OK\r\n" + repeated("* " + std::string(8000, 'x') + "\r\n", 40)).agreed;
  ASSERT_FALSE(agreed);
  EXPECT_EQ(agreed.error().code(), errc::dialogue_failed);
  EXPECT_NE(agreed.error().message().find("more than 262144 bytes"), std::string::npos) << agreed.error().message();
}

TEST(starttls, what_was_never_listed_is_asked_for_all_the_same_where_lists_came_later) {
  EXPECT_TRUE(talk(protocol::pop3, "+OK\r\n-ERR unknown\r\n+OK go\r\n").agreed);
  EXPECT_TRUE(talk(protocol::nntp, "200\r\n500 unknown\r\n382 go\r\n").agreed);
}

// All the client said, once it is gone.
std::string heard_by(outcome& of) {
  of.pair.client.close();
  return of.pair.server.read_all({}, patience).value();
}

TEST(starttls, who_has_no_name_greets_with_the_address) {
  auto four = talk(protocol::smtp, smtp_until_starttls + "220 go\r\n", then::silent, patience, {});
  EXPECT_EQ(heard_by(four), "EHLO [127.0.0.1]\r\nSTARTTLS\r\n");
}

TEST(starttls, asks_for_whom_it_was_connected_to_unless_told) {
  const auto door = test::open_door();
  auto client = tcp_socket::connect({"localhost", door.port()}, {.timeout = patience}).value();
  auto server = door.accept();
  ASSERT_TRUE(server.close_write());
  EXPECT_EQ(negotiate(client, protocol::http_upgrade).error().code(), errc::closed);
  client.close();
  EXPECT_EQ(server.read_line({}, patience).value(), "OPTIONS * HTTP/1.1");
  EXPECT_EQ(server.read_line({}, patience).value(), "Host: localhost:" + std::to_string(door.port()));
}

TEST(starttls, an_international_domain_is_asked_for_as_each_protocol_spells_it) {
  const starttls::options with{.peer = {"B\xc3\xbc"
                                        "cher.example",
                                        0}};
  auto chat = talk(protocol::xmpp, "", then::ended, patience, with);
  EXPECT_NE(heard_by(chat).find("to='b\xc3\xbc"
                                "cher.example'"),
            std::string::npos);
  auto proxy = talk(protocol::http_connect, "", then::ended, patience, with);
  EXPECT_TRUE(heard_by(proxy).starts_with("CONNECT xn--bcher-kva.example:443 "));
}

TEST(starttls, nothing_is_smuggled_into_the_dialogue) {
  for (const auto* name : {"a\r\nRSET", "a b", "x'><y", "\x7f"}) {
    auto own = talk(protocol::smtp, "", then::ended, patience, {.own_name = name});
    EXPECT_EQ(own.agreed.error().code(), errc::invalid_argument);
    EXPECT_EQ(heard_by(own), "");
    auto peer = talk(protocol::xmpp, "", then::ended, patience, {.peer = {name, 1}});
    EXPECT_EQ(peer.agreed.error().code(), errc::invalid_name);
    EXPECT_EQ(heard_by(peer), "");
  }
}

TEST(starttls, a_proxy_and_whom_to_ask_it_for_have_to_be_named) {
  EXPECT_EQ(talk(protocol::http_connect, "", then::ended, patience, {}).agreed.error().code(), errc::invalid_argument);
  const auto none = starttls::connect({"server.test", 443}, protocol::http_connect, test::trusting_client());
  EXPECT_EQ(none.error().code(), errc::invalid_argument);
}

TEST(starttls, an_answer_with_a_body_does_not_reach_into_tls) {
  auto [pair, agreed] = talk(protocol::http_connect, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  ASSERT_TRUE(agreed);
  const auto inside = start_tls(std::move(pair.client), "server.test", test::trusting_client(), {.timeout = patience});
  ASSERT_FALSE(inside);
  EXPECT_EQ(inside.error().code(), errc::plaintext_before_tls);
}

TEST(starttls, a_refusal_behind_a_proxy_names_the_server) {
  const auto door = test::open_door();
  const std::vector<turn> turns{
      {"CONNECT other.test:443 HTTP/1.1\r\nHost: other.test:443\r\n\r\n", "HTTP/1.1 200\r\n\r\n"}};
  auto server = std::async(std::launch::async, [&] { return serve(door, turns, pace::whole); });
  const auto inside = starttls::connect({"other.test", 443}, protocol::http_connect, test::trusting_client(),
                                        {.timeout = patience}, {.proxy = {"127.0.0.1", door.port()}});
  ASSERT_FALSE(inside);
  EXPECT_EQ(inside.error().code(), errc::name_mismatch);
  EXPECT_EQ(inside.error().message().find("other.test:443 through a proxy: 127.0.0.1:"), 0U)
      << inside.error().message();
  EXPECT_NE(server.get(), "");
}

TEST(starttls, each_line_is_traced_and_can_be_printed) {
  std::vector<std::string> lines;
  auto with = names();
  with.trace = [&](starttls::direction way, std::string_view line) {
    lines.push_back((way == starttls::direction::sent ? "> " : "< ") + std::string(line));
  };
  ASSERT_TRUE(
      talk(protocol::pop3, "+OK \x1b[2J\r\n+OK\r\nSTLS\r\n.\r\n+OK go\r\n", then::silent, patience, with).agreed);
  EXPECT_EQ(lines,
            (std::vector<std::string>{R"(< +OK \1B[2J)", "> CAPA", "< +OK", "< STLS", "< .", "> STLS", "< +OK go"}));
  lines.clear();
  ASSERT_TRUE(talk(protocol::postgres, "S", then::silent, patience, with).agreed);
  EXPECT_EQ(lines, (std::vector<std::string>{"> SSLRequest", "< S"}));
  lines.clear();
  ASSERT_TRUE(talk(protocol::http_connect, "HTTP/1.1 200 OK\r\n\r\n", then::silent, patience, with).agreed);
  EXPECT_EQ(lines, (std::vector<std::string>{"> CONNECT server.test:443 HTTP/1.1", "> Host: server.test:443",
                                             "< HTTP/1.1 200 OK", "< "}));
}

TEST(starttls, protocols_have_names_and_ports) {
  for (const auto& [which, turns] : every_dialogue()) {
    EXPECT_EQ(starttls::parse(starttls::name(which)).value(), which);
    EXPECT_NE(starttls::default_port(which), 0);
  }
  EXPECT_EQ(starttls::default_port(protocol::smtp), 25);
  EXPECT_EQ(starttls::default_port(protocol::xmpp_server), 5269);
  for (const auto* wrong : {"", "SMTP", "smtps", "xmpp_server", "smtp "}) {
    const auto parsed = starttls::parse(wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_EQ(parsed.error().code(), errc::invalid_argument);
    EXPECT_NE(parsed.error().hint().find("xmpp-server"), std::string::npos);
  }
}

}  // namespace
}  // namespace signet
