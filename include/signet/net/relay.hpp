// Carries bytes between two connections, in both directions at once, until both have ended. This is the inside of a TLS
// front for a plain server, of a tunnel, and of a server that starts a program on two pipes.
//
// A call borrows both sockets for its whole length, and leaves them open unless it fails. It runs in one thread and
// starts none.
// Deliberately absent: looking at the bytes, and closing the sockets.
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
  /// Ends the relay with timed_out after this long without a byte in either direction. Zero: no such limit. Do not
  /// leave it at zero for peers that you do not trust.
  std::chrono::milliseconds idle{0};
  /// Ends the relay with timed_out. The deadlines of both sockets (set_deadline()) apply as well; their timeouts do
  /// not.
  deadline until = {};
  /// A descriptor, borrowed, that tells the relay to stop once it is readable: the native_handle() of a stop_signal.
  /// -1: none.
  int stop = -1;
  /// How long both sides may go on after that, to end by themselves. The relay then ends with `closed`.
  std::chrono::milliseconds finish{0};
};

/// How many bytes each side has taken from the other one.
struct relayed {
  std::uint64_t first_to_second = 0;
  std::uint64_t second_to_first = 0;
};

/// Passes on what each side sends, and then its end: close_notify to a TLS connection, FIN to a socket. Bytes that a
/// socket had read ahead go first. Neither direction waits for the other, and each holds at most 64 KiB. Both sockets
/// have to stand on descriptors.
///
/// When reading a side fails, the bytes that came from it are still delivered, its end is not passed on, and nothing
/// more is sent to it. When writing to a side fails, what it sends is still carried. Then the relay returns the error.
/// Its message begins with "first side" or "second side", and its details() say how many bytes went in each direction.
///
/// On any error, a tcp_socket that was not sent the end of its stream is closed with reset(), so that nobody takes half
/// of a message for all of it; the last of the bytes may be lost then. A socket that has no reset stays open: tell
/// whoever reads from it before you close it. Do not close() a TLS socket after an error: the close_notify would make a
/// stream that was cut look complete.
/// Errors: timed_out, truncated, bad_record, protocol_violation, alert_received, connection_reset, io_failed,
/// not_connected, not_supported, invalid_argument (another thread uses a socket), closed (the relay was told to stop,
/// or the direction of a socket that has to be written to was ended before).
SIGNET_EXPORT result<relayed> relay(tls_socket& first, tcp_socket& second, relay_options options = {});
SIGNET_EXPORT result<relayed> relay(tcp_socket& first, tls_socket& second, relay_options options = {});
SIGNET_EXPORT result<relayed> relay(tls_socket& first, tls_socket& second, relay_options options = {});
SIGNET_EXPORT result<relayed> relay(tcp_socket& first, tcp_socket& second, relay_options options = {});

}  // namespace signet
