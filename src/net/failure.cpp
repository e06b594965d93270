#include "net/failure.hpp"

#include <cerrno>
#include <cstring>

#include "base/sentence.hpp"

namespace signet::net {

std::string peer::describe() const {
  const auto there = to_endpoint(address);
  if (ours == side::server) return there.host.empty() ? "client" : "client " + signet::to_string(there);
  if (asked.empty()) return there.host.empty() ? "the peer" : signet::to_string(there);
  // An address that was asked for by itself is not said twice.
  if (there.host.empty() || signet::to_string(there) == asked) return asked;
  return asked + " (" + there.host + ')';
}

errc code_of(int system_error) noexcept {
  switch (system_error) {
    case ECONNREFUSED:
      return errc::connection_refused;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return errc::connection_reset;
    // The system's own patience has ended; a deadline of ours says timed_out.
    case ETIMEDOUT:
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return errc::unreachable;
    case EADDRINUSE:
      return errc::address_in_use;
    case EACCES:
    case EPERM:
      return errc::permission_denied;
    case EMFILE:
    case ENFILE:
      return errc::resource_exhausted;
    case ENOMEM:
    case ENOBUFS:
      return errc::out_of_memory;
    case ENOTCONN:
      return errc::not_connected;
    default:
      return errc::io_failed;
  }
}

std::string reason_of(int system_error) {
  switch (system_error) {
    case ECONNREFUSED:
      return "connection refused";
    case ECONNRESET:
      return "connection reset by the peer";
    case ECONNABORTED:
      return "connection aborted";
    case EPIPE:
      return "the peer has closed the connection";
    case ETIMEDOUT:
      return "no answer";
    case ENETUNREACH:
      return "network unreachable";
    case EHOSTUNREACH:
      return "host unreachable";
    case EADDRINUSE:
      return "address already in use";
    case EADDRNOTAVAIL:
      return "address not available on this machine";
    case EAFNOSUPPORT:
      return "address family not supported by this machine";
    case EACCES:
    case EPERM:
      return "permission denied";
    case EMFILE:
      return "this process has no free descriptor";
    case ENFILE:
      return "this machine has no free descriptor";
    default: {
      char text[128] = "";
      // The GNU form, which is what g++ and clang++ get on Linux.
      return ::strerror_r(system_error, text, sizeof text);
    }
  }
}

std::string to_text(std::chrono::nanoseconds length) {
  const auto ms = std::chrono::round<std::chrono::milliseconds>(length).count();
  if (ms < 1000) return std::to_string(ms) + " ms";
  const auto tenths = (ms + 50) / 100;
  auto out = std::to_string(tenths / 10);
  if (tenths % 10 != 0) out += '.' + std::to_string(tenths % 10);
  return out + " s";
}

error io_failure(const peer& whom, std::string_view phase, int system_error) {
  std::string hint;
  if (phase == "handshake" && code_of(system_error) == errc::connection_reset && whom.ours == side::client)
    hint = "the server gave up during the handshake: is TLS spoken on this port?";
  return base::sentence{.whom = whom.describe(),
                        .phase = phase,
                        .why = reason_of(system_error),
                        .hint = std::move(hint),
                        .system_error = system_error}
      .as(code_of(system_error));
}

error timed_out(const std::string& whom, std::string_view phase, std::chrono::nanoseconds waited) {
  const auto why = waited < std::chrono::milliseconds(1) ? std::string("timed out before it began")
                                                         : "timed out after " + to_text(waited);
  std::string hint;
  if (phase == "connecting") {
    hint = "the host is down, or a firewall drops what is sent to this port";
  } else if (phase == "looking up the name") {
    hint = "the name server does not answer: check the network, or give an IP address";
  } else if (phase == "handshake") {
    hint = "the other side took the connection and did not finish a TLS handshake: is TLS spoken on this port?";
  }
  return base::sentence{.whom = whom, .phase = phase, .why = why, .hint = std::move(hint)}.as(errc::timed_out);
}

error stalled(const peer& whom, std::string_view phase, std::chrono::nanoseconds limit) {
  const auto did = phase == "reading" ? "sent" : "taken";
  return base::sentence{.whom = whom.describe(),
                        .phase = phase,
                        .why = std::string("timed out: the peer has ") + did + " nothing for " + to_text(limit)}
      .as(errc::timed_out);
}

error not_open(std::string_view phase) {
  return base::sentence{.phase = phase, .why = "the connection is closed"}.as(errc::not_connected);
}

}  // namespace signet::net
