#include "net/connect/resolve.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <future>

#include "support/net_peers.hpp"

namespace signet::net {
namespace {

using test::patience;
using namespace std::chrono_literals;

// Answers with a status and no address.
system_lookup failing(int status) {
  return [status](const char*, const addrinfo*, addrinfo**) { return status; };
}

TEST(resolve, a_literal_asks_nobody) {
  const system_lookup forbidden = [](const char*, const addrinfo*, addrinfo**) -> int {
    ADD_FAILURE() << "the system was asked";
    return EAI_FAIL;
  };
  for (const char* host : {"192.0.2.1", "2001:db8::1"}) {
    // Not even a deadline that has passed is in the way.
    const auto found = resolve({host, 443}, address_family::any, 0ms, forbidden);
    ASSERT_TRUE(found) << found.error().message();
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(to_endpoint(found->front()), (endpoint{host, 443}));
  }
}

TEST(resolve, a_literal_of_the_other_family_is_refused) {
  EXPECT_EQ(resolve({"192.0.2.1", 1}, address_family::ipv6, patience).error().code(), errc::invalid_endpoint);
  EXPECT_EQ(resolve({"::1", 1}, address_family::ipv4, patience).error().code(), errc::invalid_endpoint);
}

TEST(resolve, localhost_is_found_with_and_without_a_deadline) {
  for (const deadline until : {deadline(patience), deadline::never()}) {
    const auto found = resolve({"localhost", 443}, address_family::any, until);
    ASSERT_TRUE(found) << found.error().message();
    for (const auto& a : *found) EXPECT_EQ(a.port(), 443);
  }
}

TEST(resolve, a_name_that_does_not_exist_is_not_found) {
  const auto found = resolve({"no-such-host.invalid", 443}, address_family::any, patience);
  ASSERT_FALSE(found);
  // Where no name server answers at all, nobody can know.
  EXPECT_TRUE(found.error().code() == errc::name_not_found || found.error().code() == errc::resolve_failed);
  EXPECT_EQ(found.error().message().find("no-such-host.invalid:443: looking up the name: "), 0U)
      << found.error().message();
  EXPECT_FALSE(found.error().hint().empty());
}

TEST(resolve, tells_an_unknown_name_from_a_resolver_that_failed) {
  const auto code = [](int status) {
    return resolve({"example.org", 443}, address_family::any, patience, failing(status)).error().code();
  };
  EXPECT_EQ(code(EAI_NONAME), errc::name_not_found);
  EXPECT_EQ(code(EAI_AGAIN), errc::resolve_failed);
  EXPECT_EQ(code(EAI_FAIL), errc::resolve_failed);
  EXPECT_EQ(code(EAI_MEMORY), errc::out_of_memory);
  EXPECT_EQ(code(0), errc::name_not_found);
}

TEST(resolve, the_errno_of_a_system_failure_comes_along) {
  const system_lookup broken = [](const char*, const addrinfo*, addrinfo**) {
    errno = EMFILE;
    return EAI_SYSTEM;
  };
  const auto found = resolve({"example.org", 443}, address_family::any, patience, broken);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().system_error(), EMFILE);
}

TEST(resolve, an_idn_is_looked_up_by_its_a_labels) {
  std::string asked;
  const system_lookup noting = [&](const char* host, const addrinfo*, addrinfo**) {
    asked = host;
    return EAI_NONAME;
  };
  ASSERT_FALSE(resolve({"B\xc3\xbc"
                        "cher.example",
                        443},
                       address_family::any, deadline::never(), noting));
  EXPECT_EQ(asked, "xn--bcher-kva.example");
}

TEST(resolve, a_name_that_is_none_reaches_no_resolver) {
  const auto found =
      resolve({"a b", 443}, address_family::any, patience, [](const char*, const addrinfo*, addrinfo**) -> int {
        ADD_FAILURE() << "the system was asked";
        return EAI_FAIL;
      });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), errc::invalid_name);
}

TEST(resolve, asks_nobody_for_a_name_when_it_may_not) {
  const system_lookup forbidden = [](const char*, const addrinfo*, addrinfo**) -> int {
    ADD_FAILURE() << "the system was asked";
    return EAI_FAIL;
  };
  const auto refused = resolve({"localhost", 443}, {address_family::any, name_lookup::none}, patience, forbidden);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::invalid_endpoint);
  EXPECT_EQ(refused.error().message(),
            "localhost:443: looking up the name: localhost is a name, and names are not to be looked up");
  EXPECT_FALSE(refused.error().hint().empty());
  EXPECT_TRUE(resolve({"::1", 443}, {address_family::any, name_lookup::none}, patience, forbidden));
  // From the outside.
  for (const auto& code :
       {tcp_socket::connect({"localhost", 1}, {.lookup = name_lookup::none}).error().code(),
        connect({"localhost", 1}, test::trusting_client(), {.lookup = name_lookup::none}).error().code()})
    EXPECT_EQ(code, errc::invalid_endpoint);
  const auto door = test::open_door();
  EXPECT_TRUE(tcp_socket::connect({"127.0.0.1", door.port()}, {.timeout = patience, .lookup = name_lookup::none}));
}

TEST(resolve, leaves_families_out_that_this_machine_cannot_use_only_when_it_is_told_to) {
  for (const auto& [how, flags] : {std::pair{name_lookup::all, 0}, {name_lookup::usable_families, AI_ADDRCONFIG}}) {
    int asked_with = -1;
    const auto found = resolve({"example.org", 443}, {address_family::any, how}, patience,
                               [&](const char*, const addrinfo* hints, addrinfo** out) {
                                 asked_with = hints->ai_flags;
                                 return ::getaddrinfo("127.0.0.1", nullptr, nullptr, out);
                               });
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(asked_with, flags);
  }
}

TEST(resolve, a_look_up_that_hangs_is_left_behind_at_the_deadline) {
  std::promise<void> release;
  std::promise<void> gone;
  // Owned by the look-up alone from the deadline on, as its answer is.
  auto witness = std::shared_ptr<void>(nullptr, [&gone](void*) { gone.set_value(); });
  system_lookup hanging = [released = release.get_future().share(), witness](const char* host, const addrinfo* hints,
                                                                             addrinfo** found) {
    released.wait();
    return ::getaddrinfo("127.0.0.1", nullptr, hints, found) + (host == nullptr ? 1 : 0);
  };
  witness.reset();
  const auto began = deadline::clock::now();
  const auto found = resolve({"example.org", 443}, address_family::any, 50ms, hanging);
  hanging = nullptr;
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), errc::timed_out);
  EXPECT_NE(found.error().message().find("example.org:443: looking up the name: timed out after "), std::string::npos)
      << found.error().message();
  EXPECT_GE(deadline::clock::now() - began, 50ms);
  release.set_value();
  EXPECT_EQ(gone.get_future().wait_for(patience), std::future_status::ready);
}

}  // namespace
}  // namespace signet::net
