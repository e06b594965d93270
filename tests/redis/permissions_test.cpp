// What a user of Redis has to be allowed, and what not.
#include <signet/redis/redis_session_store.hpp>
#include <signet/redis/redis_ticket_source.hpp>

#include <gtest/gtest.h>

#include <string>

#include "redis/client_support.hpp"
#include "support/redis_server.hpp"

namespace signet {
namespace {

using test::calm;
using test::client_of;
using test::event_log;
using test::redis_server;
using namespace std::chrono_literals;

constexpr const char* needed =
    "user fleet on >pw ~signet* -@all +select +ping +get +set +lpush +lpop +lindex +ltrim +expire +del +multi +exec";

// True when everything could be done.
bool all_is_done(const redis_server& server, const event_log& log) {
  const auto client = client_of(server.url("fleet:pw") + "/3", calm(log));
  const auto tickets = make_redis_ticket_source(client).value();
  const auto sessions = make_redis_session_store(client).value();
  const auto key = tickets->current();
  const auto later = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + 1h;
  sessions->add("key", "a", later);
  sessions->add("key", "b", later);
  const bool is_found = sessions->find("key") == "b" && sessions->take("key") == "b";
  sessions->remove("key");
  return client.ping() && key && is_found && !sessions->find("key");
}

TEST(permissions, these_commands_and_keys_are_enough) {
  const redis_server server({needed});
  const event_log log;
  EXPECT_TRUE(all_is_done(server, log)) << log.last_message();
  EXPECT_TRUE(log.events().empty()) << log.last_message();
}

TEST(permissions, nothing_dangerous_is_needed) {
  const redis_server server({"user fleet on >pw ~signet* +@all -@dangerous -@admin"});
  const event_log log;
  EXPECT_TRUE(all_is_done(server, log)) << log.last_message();
  EXPECT_TRUE(log.events().empty()) << log.last_message();
}

TEST(permissions, without_one_of_them_it_is_said_in_the_words_of_redis) {
  for (const std::string command : {"+set ", "+get ", "+lpush ", "+multi ", "+ping "}) {
    std::string user = needed;
    user.erase(user.find(command), command.size());
    const redis_server server({user});
    const event_log log;
    EXPECT_FALSE(all_is_done(server, log)) << user;
    EXPECT_EQ(log.count(redis_event::kind::unavailable), 1U) << user;
    EXPECT_NE(log.last_message().find("NOPERM"), std::string::npos) << log.last_message();
    EXPECT_NE(log.last_message().find("'" + command.substr(1, command.size() - 2) + "'"), std::string::npos)
        << log.last_message();
  }
}

TEST(permissions, keys_of_others_are_not_touched) {
  const redis_server server({"user fleet on >pw ~other* +@all"});
  const event_log log;
  EXPECT_FALSE(all_is_done(server, log));
  EXPECT_NE(log.last_message().find("NOPERM"), std::string::npos) << log.last_message();
}

}  // namespace
}  // namespace signet
