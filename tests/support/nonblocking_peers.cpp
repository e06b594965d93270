#include "support/nonblocking_peers.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

namespace signet::test {

bool is_ready(const nonblocking_socket& s, wait_for what, deadline until) {
  pollfd waited{what == wait_for::write ? s.write_handle() : s.native_handle(),
                static_cast<short>(what == wait_for::write ? POLLOUT : POLLIN), 0};
  int ready = 0;
  while ((ready = ::poll(&waited, 1, until.poll_timeout())) < 0 && errno == EINTR) {
  }
  return ready > 0;
}

void waiter::wait(const nonblocking_socket& s, wait_for what) {
  if (what == wait_for::nothing) throw std::logic_error("nothing to wait for");
  if (what != wait_for::application && !is_ready(s, what, patience)) throw std::runtime_error("nobody woke us");
  ++wakes;
}

result<void> shake(nonblocking_socket& s, waiter& w) {
  for (;;) {
    auto status = s.handshake();
    if (!status) return std::move(status).error();
    if (s.handshake_done()) return {};
    w.wait(s, status->next);
  }
}

namespace {

template <class Call>
result<void> all_out(nonblocking_socket& s, waiter& w, Call&& call) {
  for (;;) {
    auto sent = call();
    if (!sent) return std::move(sent).error();
    if (sent->next == wait_for::nothing) return {};
    w.wait(s, sent->next);
  }
}

}  // namespace

result<void> send(nonblocking_socket& s, std::string_view text, waiter& w) {
  while (!text.empty()) {
    // Offered from another place each time, which is gone afterwards.
    const std::string copy(text);
    auto taken = s.write_some(copy);
    if (!taken) return std::move(taken).error();
    text.remove_prefix(taken->bytes);
    if (taken->next != wait_for::nothing) w.wait(s, taken->next);
  }
  return all_out(s, w, [&s] { return s.flush(); });
}

result<void> end(nonblocking_socket& s, waiter& w) {
  return all_out(s, w, [&s] { return s.close_write(); });
}

result<std::string> receive(nonblocking_socket& s, waiter& w, std::size_t wanted) {
  std::string out;
  std::array<char, 5000> piece{};
  while (out.size() < wanted) {
    auto got = s.read_some(byte_span(piece.data(), std::min(piece.size(), wanted - out.size())));
    if (!got) return std::move(got).error();
    if (got->end) return out;
    out.append(piece.data(), got->bytes);
    if (got->next != wait_for::nothing) w.wait(s, got->next);
  }
  return out;
}

std::pair<result<io_status>, result<io_status>> turn(nonblocking_socket& client, nonblocking_socket& server,
                                                     const std::function<void()>& between) {
  const deadline until(patience);
  for (;;) {
    auto ours = client.handshake();
    auto theirs = server.handshake();
    const bool over = (!ours || client.handshake_done()) && (!theirs || server.handshake_done());
    if (over) return {std::move(ours), std::move(theirs)};
    if (until.passed()) throw std::runtime_error("the handshake does not end");
    between();
  }
}

ends begun(tcp_socket&& client, tcp_socket&& server, const client_config& trusting, std::string_view name) {
  return {nonblocking_socket::start_tls(std::move(client), name, trusting, {.timeout = patience}).value(),
          nonblocking_socket::start_tls(std::move(server), test_server(), {.timeout = patience}).value()};
}

ends begun(const client_config& trusting, std::string_view name) {
  auto [client, server] = make_plain_pair();
  return begun(std::move(client), std::move(server), trusting, name);
}

ends connected(const client_config& trusting) {
  auto both = begun(trusting);
  const auto [ours, theirs] = turn(both.client, both.server);
  EXPECT_TRUE(ours) << ours.error().message();
  EXPECT_TRUE(theirs) << theirs.error().message();
  return both;
}

void say_and_hear(nonblocking_socket& from, nonblocking_socket& to, const std::string& what) {
  waiter w;
  ASSERT_TRUE(send(from, what, w));
  EXPECT_EQ(receive(to, w, what.size()).value(), what);
}

void make_narrow(const nonblocking_socket& s) {
  const int little = 4096;
  ASSERT_EQ(::setsockopt(s.native_handle(), SOL_SOCKET, SO_SNDBUF, &little, sizeof little), 0);
  ASSERT_EQ(::setsockopt(s.native_handle(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little), 0);
}

}  // namespace signet::test
