#include "net/serve/doors.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/sentence.hpp"
#include "net/connect/resolve.hpp"
#include "net/failure.hpp"

namespace signet::net {
namespace {

enum class reach : unsigned char { own_family, both_families };

// A listening descriptor, or the errno.
struct opened {
  base::descriptor socket = {};
  int system_error = 0;
};

opened open_at(const socket_address& at, reach families, const listen_options& options) {
  base::descriptor socket(::socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return {{}, errno};
  const int on = 1;
  const int only_ipv6 = families == reach::both_families ? 0 : 1;
  // A restarted server does not wait for the last one's connections to be forgotten; accepted sockets inherit no delay.
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (options.reuse_port && ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
    return {{}, errno};
  if (at.family() == AF_INET6 &&
      ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof only_ipv6) != 0)
    return {{}, errno};
  if (::bind(socket.get(), at.get(), at.size) != 0 || ::listen(socket.get(), options.backlog) != 0) return {{}, errno};
  return {std::move(socket), 0};
}

bool not_of_this_machine(int system_error) noexcept {
  return system_error == EAFNOSUPPORT || system_error == EADDRNOTAVAIL || system_error == EPROTONOSUPPORT;
}

// All addresses on one port. Addresses this machine does not have are passed over while another remains.
result<doors> open_all(const std::string& whom, std::vector<socket_address> addresses, const listen_options& options) {
  // A port that is free for the first address may be taken for the second.
  constexpr int tries = 16;
  const bool any_port = addresses.front().port() == 0;
  for (int round = 1;; ++round) {
    doors sockets;
    int passed_over = 0;
    int failure = 0;
    for (auto& at : addresses) {
      if (any_port) at.set_port(sockets.empty() ? 0 : local_address(sockets.front().get()).port());
      auto made = open_at(at, reach::own_family, options);
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
    if (failure != 0) return listen_failure(whom, failure);
    if (sockets.empty()) return listen_failure(whom, passed_over);
    return sockets;
  }
}

result<doors> open_everywhere(const std::string& whom, std::uint16_t port, const listen_options& options) {
  opened made{{}, EAFNOSUPPORT};
  if (options.family != address_family::ipv4)
    made = open_at(*from_literal("::", port),
                   options.family == address_family::any ? reach::both_families : reach::own_family, options);
  if (!made.socket && options.family != address_family::ipv6 && not_of_this_machine(made.system_error))
    made = open_at(*from_literal("0.0.0.0", port), reach::own_family, options);
  if (!made.socket) return listen_failure(whom, made.system_error);
  doors sockets;
  sockets.push_back(std::move(made.socket));
  return sockets;
}

error refused(int descriptor, const std::string& why, std::string hint = {}) {
  return base::sentence{.whom = "descriptor " + std::to_string(descriptor), .why = why, .hint = std::move(hint)}.as(
      errc::invalid_argument);
}

int option(int descriptor, int which) noexcept {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(descriptor, SOL_SOCKET, which, &value, &size) == 0 ? value : -1;
}

}  // namespace

error listen_failure(const std::string& whom, int system_error) {
  base::sentence told{.whom = whom, .phase = listening, .why = reason_of(system_error), .system_error = system_error};
  const auto code = code_of(system_error);
  if (code == errc::address_in_use) {
    told.hint = "another program listens there: choose another port, or 0 for a free one";
  } else if (code == errc::permission_denied) {
    told.hint = "ports below 1024 take a privilege (CAP_NET_BIND_SERVICE): choose a higher one";
  } else if (system_error == EADDRNOTAVAIL) {
    told.hint = "name an address of this machine, or :: for all of them";
  }
  return told.as(code);
}

result<void> check_backlog(const std::string& whom, int backlog) {
  if (backlog >= 1) return {};
  return base::sentence{.whom = whom, .phase = listening, .why = "the backlog has to be 1 or more"}.as(
      errc::invalid_argument);
}

result<doors> open_doors(const endpoint& at, const listen_options& options) {
  const auto whom = to_string(at);
  if (auto ok = check_backlog(whom, options.backlog); !ok) return std::move(ok).error();
  if (at.host.empty() || (at.host == "::" && options.family != address_family::ipv4))
    return open_everywhere(whom, at.port, options);
  auto addresses = resolve(at, options.family, options.timeout);
  if (!addresses) return std::move(addresses).error();
  return open_all(whom, *std::move(addresses), options);
}

result<void> check_doors(std::span<const int> descriptors) {
  if (descriptors.empty())
    return base::sentence{.phase = listening, .why = "there is no descriptor to listen with"}.as(
        errc::invalid_argument);
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    const int one = descriptors[i];
    int type = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(one, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
      return refused(one, errno == ENOTSOCK ? "it is not a socket" : reason_of(errno));
    if (type != SOCK_STREAM) return refused(one, "it is not a stream socket");
    if (option(one, SO_ACCEPTCONN) != 1) {
      if (remote_address(one).size == 0) return refused(one, "it does not listen", "call listen(2) first");
      return refused(one, "it is a connection, and does not listen", "give it to tcp_socket::adopt()");
    }
    for (std::size_t k = 0; k < i; ++k)
      if (descriptors[k] == one) return refused(one, "it is named twice");
  }
  return {};
}

result<void> prepare_doors(std::span<const int> descriptors) {
  for (const int one : descriptors) {
    const int kept = ::fcntl(one, F_GETFD);
    const int status = ::fcntl(one, F_GETFL);
    if (kept < 0 || status < 0 || ::fcntl(one, F_SETFD, kept | FD_CLOEXEC) != 0 ||
        ::fcntl(one, F_SETFL, status | O_NONBLOCK) != 0)
      return refused(one, reason_of(errno));
    // What accepted sockets inherit. One of another family has no such option, and no such delay.
    const int on = 1;
    ::setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return {};
}

}  // namespace signet::net
