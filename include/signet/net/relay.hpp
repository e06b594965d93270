// Carries bytes between two connections, both ways at once, until both have ended: what stands behind a TLS front, a
// tunnel, or a program that was given a pipe.
#pragma once

#include <chrono>
#include <cstdint>

#include <signet/base/deadline.hpp>
#include <signet/base/export.hpp>
#include <signet/base/result.hpp>
#include <signet/net/tcp_socket.hpp>
#include <signet/net/tls_socket.hpp>

namespace signet {

struct relay_options {
  /// Ends it (timed_out) when for so long nothing has moved either way. None when zero.
  std::chrono::milliseconds idle{0};
  /// For all of it; the sockets' own deadlines hold besides, their timeouts for each call do not.
  deadline until = {};
  /// Ends it (closed) once this is readable: a stop_signal's native_handle(). -1 for none. Borrowed.
  int stop = -1;
  /// How long both may go on after that, to end by themselves.
  std::chrono::milliseconds finish{0};
};

/// Bytes that the other side has taken.
struct relayed {
  std::uint64_t first_to_second = 0;
  std::uint64_t second_to_first = 0;
};

/// Passes on what either side sends, what it had read ahead first, and then its end as a half-close: close_notify or
/// FIN. Neither direction waits for the other, each holds at most 64 KiB, and both sockets stay open. When one side
/// fails, what had come from it is still delivered, its end is not passed on, and the other direction goes on as long
/// as there is somebody to take it; then comes the error, which opens with "first side" or "second side" and tells in
/// details() how far each direction came: truncated, bad_record, alert_received, connection_reset, io_failed, closed
/// by one that does not take any more, or that is gone after its own end. Both sides have to stand on descriptors:
/// not_supported.
SIGNET_EXPORT result<relayed> relay(tls_socket& first, tcp_socket& second, relay_options options = {});
SIGNET_EXPORT result<relayed> relay(tcp_socket& first, tls_socket& second, relay_options options = {});
SIGNET_EXPORT result<relayed> relay(tls_socket& first, tls_socket& second, relay_options options = {});
SIGNET_EXPORT result<relayed> relay(tcp_socket& first, tcp_socket& second, relay_options options = {});

}  // namespace signet
