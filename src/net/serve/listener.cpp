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

#include "base/sentence.hpp"
#include "net/connect/resolve.hpp"
#include "net/serve/last_words.hpp"
#include "net/tls_socket_impl.hpp"
#include "tls/first_octets.hpp"

namespace signet {
namespace {

constexpr std::string_view phase = "listening";
constexpr std::string_view accepting = "accepting";

enum class reach : unsigned char { own_family, both_families };

error bind_failure(const std::string& whom, int system_error) {
  base::sentence told{.whom = whom, .phase = phase, .why = net::reason_of(system_error), .system_error = system_error};
  const auto code = net::code_of(system_error);
  if (code == errc::address_in_use) {
    told.hint = "another program listens there: choose another port, or 0 for a free one";
  } else if (code == errc::permission_denied) {
    told.hint = "ports below 1024 take a privilege (CAP_NET_BIND_SERVICE): choose a higher one";
  } else if (system_error == EADDRNOTAVAIL) {
    told.hint = "name an address of this machine, or :: for all of them";
  }
  return told.as(code);
}

// A listening descriptor, or the errno.
struct opened {
  base::descriptor socket = {};
  int system_error = 0;
};

opened open_at(const net::socket_address& at, reach families, int backlog) {
  base::descriptor socket(::socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
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
result<std::vector<base::descriptor>> open_all(const std::string& whom, std::vector<net::socket_address> addresses,
                                               int backlog) {
  // A port that is free for the first address may be taken for the second.
  constexpr int tries = 16;
  const bool any_port = addresses.front().port() == 0;
  for (int round = 1;; ++round) {
    std::vector<base::descriptor> sockets;
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

result<std::vector<base::descriptor>> open_everywhere(const std::string& whom, std::uint16_t port, int backlog) {
  auto made = open_at(*net::from_literal("::", port), reach::both_families, backlog);
  if (!made.socket && not_of_this_machine(made.system_error))
    made = open_at(*net::from_literal("0.0.0.0", port), reach::own_family, backlog);
  if (!made.socket) return bind_failure(whom, made.system_error);
  std::vector<base::descriptor> sockets;
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
  std::vector<base::descriptor> sockets;
  base::descriptor wake;
  // Readable when one of the sockets is, or after close().
  base::descriptor any;
  server_config config;
  endpoint at;
  std::atomic<bool> closed = false;
  // Where the next accept() looks first, so that one busy address does not starve another.
  std::size_t next = 0;

  [[nodiscard]] std::string whom() const { return to_string(at); }
  [[nodiscard]] error closed_now() const {
    return base::sentence{.whom = whom(), .phase = accepting, .why = "the listener has been closed"}.as(errc::closed);
  }
};

result<listener> listener::bind(const endpoint& at, server_config config, listen_options options) {
  const auto whom = to_string(at);
  if (options.backlog < 1)
    return base::sentence{.whom = whom, .phase = phase, .why = "the backlog has to be 1 or more"}.as(
        errc::invalid_argument);
  result<std::vector<base::descriptor>> sockets = std::vector<base::descriptor>();
  if (at.host.empty() || at.host == "::") {
    sockets = open_everywhere(whom, at.port, options.backlog);
  } else {
    auto addresses = net::resolve(at, address_family::any, options.timeout);
    if (!addresses) return std::move(addresses).error();
    sockets = open_all(whom, *std::move(addresses), options.backlog);
  }
  if (!sockets) return std::move(sockets).error();
  base::descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return bind_failure(whom, errno);
  base::descriptor any(::epoll_create1(EPOLL_CLOEXEC));
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
  if (!impl_) return net::not_open(accepting);
  if (impl_->closed) return impl_->closed_now();
  impl_->config.refresh();
  const auto count = impl_->sockets.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto which = (impl_->next + i) % count;
    net::socket_address there;
    socklen_t size = sizeof there.storage;
    base::descriptor made;
    do {
      made.reset(::accept4(impl_->sockets[which].get(), there.get(), &size, SOCK_CLOEXEC));
    } while (!made && errno == EINTR);
    if (made) {
      there.size = std::min<socklen_t>(size, sizeof there.storage);
      impl_->next = which + 1;
      return std::optional<incoming>(incoming(
          detail::access::make<tcp_socket>(std::make_unique<tcp_socket_impl>(std::move(made), net::peer{{}, there})),
          impl_->config));
    }
    if (is_passing(errno)) continue;
    const int system_error = errno;
    // Another process that shares the door has shut it, and its `closed` is not ours.
    if (system_error == EINVAL) close();
    if (impl_->closed) return impl_->closed_now();
    const bool used_up =
        system_error == EMFILE || system_error == ENFILE || system_error == ENOBUFS || system_error == ENOMEM;
    return base::sentence{.whom = impl_->whom(),
                          .phase = accepting,
                          .why = net::reason_of(system_error),
                          .hint = used_up ? "close connections and try again, or raise the limit (ulimit -n)" : "",
                          .system_error = system_error}
        .as(used_up ? errc::resource_exhausted : net::code_of(system_error));
  }
  return std::optional<incoming>();
}

result<incoming> listener::accept(deadline until) {
  if (!impl_) return net::not_open(accepting);
  const auto began = deadline::clock::now();
  pollfd waited{impl_->any.get(), POLLIN, 0};
  for (;;) {
    if (impl_->closed) return impl_->closed_now();
    const int ready = ::poll(&waited, 1, until.poll_timeout());
    if (ready < 0 && errno != EINTR)
      return base::sentence{.whom = impl_->whom(), .phase = accepting, .why = net::reason_of(errno)}.as(
          errc::io_failed);
    if (ready == 0 && until.passed()) return net::timed_out(impl_->whom(), accepting, deadline::clock::now() - began);
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

incoming::incoming(tcp_socket client, server_config config) : socket_(std::move(client)), config_(std::move(config)) {
  if (socket_.is_open()) inside(socket_).wire->set_side(net::side::server);
}

result<client_speaks> incoming::speaks(deadline until) {
  if (!socket_.is_open()) return net::not_open("looking");
  auto& plain = inside(socket_);
  std::byte first{};
  const byte_span buffer(&first, 1);
  plain.wire->begin("looking", plain.patience.of_call(until));
  auto seen = plain.held.buffered() == 0 ? plain.wire->look(buffer) : std::nullopt;
  if (!seen) seen = socket_.peek(buffer, until);
  if (!*seen) return std::move(*seen).error();
  if (**seen == 0) return plain.wire->problem(errc::closed, "the client has closed without a word");
  return may_be_client_hello(byte_view(std::span(&first, 1)).text()) ? client_speaks::tls
                                                                     : client_speaks::something_else;
}

result<tls_socket> incoming::handshake(handshake_options options) && {
  if (!socket_.is_open()) return net::not_open("handshake");
  const auto until = net::deadline_of(options);
  auto secured = net::secure(socket_, net::as_server(config_, until));
  if (secured) return secured;
  auto& wire = *inside(socket_).wire;
  net::last_words(wire, secured.error());
  wire.depart(until);
  return secured;
}

}  // namespace signet
