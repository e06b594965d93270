#include <signet/net/listener.hpp>

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <vector>

#include "net/resolve.hpp"
#include "net/tls_socket_impl.hpp"
#include "net/turn_away.hpp"

namespace signet {
namespace {

constexpr std::string_view phase = "listening";

enum class reach : unsigned char { own_family, both_families };

error bind_failure(const std::string& whom, int system_error) {
  error_parts parts;
  parts.code = net::code_of(system_error);
  parts.message = whom + ": " + std::string(phase) + ": " + net::reason_of(system_error);
  parts.system_error = system_error;
  if (parts.code == errc::address_in_use) {
    parts.hint = "another program listens there: choose another port, or 0 for a free one";
  } else if (parts.code == errc::permission_denied) {
    parts.hint = "ports below 1024 take a privilege (CAP_NET_BIND_SERVICE): choose a higher one";
  } else if (system_error == EADDRNOTAVAIL) {
    parts.hint = "name an address of this machine, or :: for all of them";
  }
  return error(std::move(parts));
}

// A listening descriptor, or the errno.
struct opened {
  net::descriptor socket = {};
  int system_error = 0;
};

opened open_at(const net::socket_address& at, reach families, int backlog) {
  net::descriptor socket(::socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return {{}, errno};
  const int on = 1;
  const int only_ipv6 = families == reach::both_families ? 0 : 1;
  // A restarted server does not wait for the last one's connections to be forgotten; accepted sockets inherit no delay.
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (at.family() == AF_INET6 &&
      ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof only_ipv6) != 0)
    return {{}, errno};
  if (::bind(socket.get(), at.get(), at.size) != 0 || ::listen(socket.get(), backlog) != 0) return {{}, errno};
  return {std::move(socket), 0};
}

bool not_of_this_machine(int system_error) noexcept {
  return system_error == EAFNOSUPPORT || system_error == EADDRNOTAVAIL || system_error == EPROTONOSUPPORT;
}

// All addresses on one port. Addresses this machine does not have are passed over while another remains.
result<std::vector<net::descriptor>> open_all(const std::string& whom, std::vector<net::socket_address> addresses,
                                              int backlog) {
  // A port that is free for the first address may be taken for the second.
  constexpr int tries = 16;
  const bool any_port = addresses.front().port() == 0;
  for (int round = 1;; ++round) {
    std::vector<net::descriptor> sockets;
    int passed_over = 0;
    int failure = 0;
    for (auto& at : addresses) {
      if (any_port) at.set_port(sockets.empty() ? 0 : net::local_address(sockets.front().get()).port());
      auto made = open_at(at, reach::own_family, backlog);
      if (made.socket) {
        sockets.push_back(std::move(made.socket));
      } else if (not_of_this_machine(made.system_error)) {
        passed_over = made.system_error;
      } else {
        failure = made.system_error;
        break;
      }
    }
    if (failure == EADDRINUSE && any_port && round < tries) continue;
    if (failure != 0) return bind_failure(whom, failure);
    if (sockets.empty()) return bind_failure(whom, passed_over);
    return sockets;
  }
}

result<std::vector<net::descriptor>> open_everywhere(const std::string& whom, std::uint16_t port, int backlog) {
  auto made = open_at(*net::from_literal("::", port), reach::both_families, backlog);
  if (!made.socket && not_of_this_machine(made.system_error))
    made = open_at(*net::from_literal("0.0.0.0", port), reach::own_family, backlog);
  if (!made.socket) return bind_failure(whom, made.system_error);
  std::vector<net::descriptor> sockets;
  sockets.push_back(std::move(made.socket));
  return sockets;
}

// A connection that failed between the client and accept() is no failure of ours (accept(2) lists these).
bool is_passing(int system_error) noexcept {
  switch (system_error) {
    case EAGAIN:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM:
      return true;
    default:
      return system_error == EWOULDBLOCK;
  }
}

}  // namespace

struct listener::impl {
  std::vector<net::descriptor> sockets;
  net::descriptor wake;
  // Readable when one of the sockets is, or after close().
  net::descriptor any;
  server_config config;
  endpoint at;
  std::atomic<bool> closed = false;
  // Where the next accept() looks first, so that one busy address does not starve another.
  std::size_t next = 0;

  [[nodiscard]] std::string whom() const { return to_string(at); }
  [[nodiscard]] error closed_now() const {
    return {errc::closed, whom() + ": accepting: the listener has been closed"};
  }
};

result<listener> listener::bind(const endpoint& at, server_config config, listen_options options) {
  const auto whom = to_string(at);
  if (options.backlog < 1) return error(errc::invalid_argument, whom + ": listening: the backlog has to be 1 or more");
  result<std::vector<net::descriptor>> sockets = std::vector<net::descriptor>();
  if (at.host.empty() || at.host == "::") {
    sockets = open_everywhere(whom, at.port, options.backlog);
  } else {
    auto addresses = net::resolve(at, address_family::any, deadline::never());
    if (!addresses) return std::move(addresses).error();
    sockets = open_all(whom, *std::move(addresses), options.backlog);
  }
  if (!sockets) return std::move(sockets).error();
  net::descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return bind_failure(whom, errno);
  net::descriptor any(::epoll_create1(EPOLL_CLOEXEC));
  if (!any) return bind_failure(whom, errno);
  const auto watch = [&any](int fd) {
    epoll_event readable{};
    readable.events = EPOLLIN;
    return ::epoll_ctl(any.get(), EPOLL_CTL_ADD, fd, &readable) == 0;
  };
  bool watched = watch(wake.get());
  for (const auto& s : *sockets) watched = watched && watch(s.get());
  if (!watched) return bind_failure(whom, errno);
  endpoint taken{at.host.empty() ? "::" : at.host, net::local_address(sockets->front().get()).port()};
  // NOLINTNEXTLINE(modernize-make-unique): an aggregate is made with braces
  std::unique_ptr<impl> made(
      new impl{*std::move(sockets), std::move(wake), std::move(any), std::move(config), std::move(taken)});
  return listener(std::move(made));
}

listener::listener(std::unique_ptr<impl> made) noexcept : impl_(std::move(made)) {}
listener::listener(listener&&) noexcept = default;
listener& listener::operator=(listener&&) noexcept = default;
listener::~listener() = default;

result<std::optional<incoming>> listener::try_accept() {
  if (!impl_) return net::not_open("accepting");
  if (impl_->closed) return impl_->closed_now();
  const auto count = impl_->sockets.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto which = (impl_->next + i) % count;
    net::socket_address there;
    socklen_t size = sizeof there.storage;
    net::descriptor made;
    do {
      made.reset(::accept4(impl_->sockets[which].get(), there.get(), &size, SOCK_CLOEXEC));
    } while (!made && errno == EINTR);
    if (made) {
      there.size = std::min<socklen_t>(size, sizeof there.storage);
      impl_->next = which + 1;
      return std::optional<incoming>(incoming(
          tcp_socket(std::make_unique<tcp_socket::impl>(std::move(made), net::peer{{}, there, net::side::server})),
          impl_->config));
    }
    if (is_passing(errno)) continue;
    const int system_error = errno;
    // Another process that shares the door has shut it, and its `closed` is not ours.
    if (system_error == EINVAL) close();
    if (impl_->closed) return impl_->closed_now();
    error_parts parts;
    const bool used_up =
        system_error == EMFILE || system_error == ENFILE || system_error == ENOBUFS || system_error == ENOMEM;
    parts.code = used_up ? errc::limit_exceeded : net::code_of(system_error);
    parts.message = impl_->whom() + ": accepting: " + net::reason_of(system_error);
    if (used_up) parts.hint = "close connections and try again, or raise the limit (ulimit -n)";
    parts.system_error = system_error;
    return error(std::move(parts));
  }
  return std::optional<incoming>();
}

result<incoming> listener::accept(deadline until) {
  if (!impl_) return net::not_open("accepting");
  const auto began = deadline::clock::now();
  pollfd waited{impl_->any.get(), POLLIN, 0};
  for (;;) {
    if (impl_->closed) return impl_->closed_now();
    const int ready = ::poll(&waited, 1, until.poll_timeout());
    if (ready < 0 && errno != EINTR)
      return error(errc::io_failed, impl_->whom() + ": accepting: " + net::reason_of(errno));
    if (ready == 0 && until.passed()) return net::timed_out(impl_->whom(), "accepting", deadline::clock::now() - began);
    if (ready <= 0) continue;
    auto got = try_accept();
    if (!got) return std::move(got).error();
    if (*got) return **std::move(got);
  }
}

endpoint listener::local_endpoint() const {
  return impl_ ? impl_->at : endpoint{};
}

int listener::native_handle() const noexcept {
  return impl_ ? impl_->any.get() : -1;
}

int listener::close_handle() const noexcept {
  return impl_ ? impl_->wake.get() : -1;
}

void listener::close() noexcept {
  if (!impl_ || impl_->closed.exchange(true)) return;
  // The descriptors stay until the listener goes: another thread may be waiting on them. Clients are refused from here
  // on.
  for (const auto& s : impl_->sockets) ::shutdown(s.get(), SHUT_RDWR);
  const std::uint64_t one = 1;
  // Cannot fail: the counter is far from full.
  [[maybe_unused]] const auto written = ::write(impl_->wake.get(), &one, sizeof one);
}

result<bool> incoming::looks_like_tls(deadline until) const {
  if (!socket_.is_open()) return net::not_open("looking");
  auto& wire = *socket_.get().wire;
  wire.begin("looking", until);
  for (;;) {
    if (auto came = wire.wait(wire.read_handle(), POLLIN, until); !came) return std::move(came).error();
    std::array<unsigned char, 2> first{};
    const auto n = ::recv(wire.read_handle(), first.data(), first.size(), MSG_PEEK | MSG_DONTWAIT);
    // No other protocol's first word begins with this octet, so one is enough to know (RFC 8446 section 5.1).
    if (n > 0) return first[0] == 0x16 && (n < 2 || first[1] == 0x03);
    if (n == 0) return error(errc::closed, wire.whom().describe() + ": looking: the client has closed without a word");
    if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
      return net::io_failure(wire.whom(), "looking", errno);
  }
}

result<tls_socket> incoming::handshake(handshake_options options) && {
  if (!socket_.is_open()) return net::not_open("handshake");
  auto secured = net::secure(socket_, net::as_server(config_, net::deadline_of(options)));
  if (secured) return secured;
  net::turn_away(*socket_.get().wire, secured.error());
  socket_.close();
  return secured;
}

}  // namespace signet
