// A connected stream of plain bytes. It usually stands on a socket, but it can also stand on two descriptors, on a
// byte_stream, or on another TLS connection; calls then return the errors of what is below as well.
//
// It owns its descriptors: they are closed on exec and with the socket. It never raises SIGPIPE, and a TCP connection
// sends without delay (TCP_NODELAY). A call waits until its deadline, else for the socket's timeout, else without
// limit. A read that fails loses nothing: what it had already taken is returned by the next read.
// Deliberately absent: listening (<signet/net/listener.hpp>), UDP, and other socket options: set them on
// native_handle().
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <signet/base/bytes.hpp>
#include <signet/base/deadline.hpp>
#include <signet/base/endpoint.hpp>
#include <signet/base/result.hpp>
#include <signet/base/trace.hpp>
#include <signet/net/byte_stream.hpp>

namespace signet {

/// True for an address that may be connected to. The host of the endpoint is an address.
using address_filter = std::function<bool(const endpoint&)>;

struct tcp_connect_options {
  /// The time for name look-up and all attempts to connect together, counted from the call.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  /// A point in time by which the call ends as well. The earlier of the two applies.
  deadline until = {};
  /// Which addresses of the host to try.
  address_family family = address_family::any;
  /// How the addresses of the host are found. Set it to `none` if no name server may be asked.
  name_lookup lookup = name_lookup::all;
  /// The address of this machine to connect from, and the port; not a name. Empty, and 0: the system chooses. Addresses
  /// of the other family are then not tried. Do not set the port unless the server insists: only one connection to it
  /// at a time can have that port, and the next one may have to wait for minutes.
  endpoint local_address = {};
  /// Decides for each address of the host, after the look-up and before anything is sent to it, whether to connect to
  /// it. Empty: all of them. Set it when the host comes from somebody else, to keep that person out of your own
  /// network.
  address_filter permit = {};
  /// Who is told what happens, step by step.
  trace_options trace = {};
};

struct unix_connect_options {
  /// The time that the server may take to have room for the connection, counted from the call.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  /// A point in time by which the call ends as well. The earlier of the two applies.
  deadline until = {};
  /// Who is told what happens, step by step.
  trace_options trace = {};
};

/// The most that a gathering read may hold, so that no peer can fill the memory. Do not raise it for peers that you do
/// not trust.
struct read_limit {
  /// The number of bytes, 64 MiB by default.
  std::size_t bytes = std::size_t{64} << 20;
};

class tls_socket;

class SIGNET_EXPORT tcp_socket {
 public:
  /// Looks the name up and races its addresses (RFC 8305): each attempt starts 250 ms after the one before it, or as
  /// soon as that one has failed. The details() of the error list the attempts.
  /// Errors: invalid_endpoint, invalid_name, name_not_found, resolve_failed, connection_refused, unreachable (also:
  /// none can be reached from `local_address`), address_in_use (the port of `local_address`), permission_denied (also:
  /// `permit` refuses every address), resource_exhausted, timed_out, connection_reset, io_failed.
  static result<tcp_socket> connect(const endpoint& to, tcp_connect_options options = {});
  /// Connects to a server's local (UNIX) stream socket by the path of its file. Errors call it "unix:" and the path.
  /// Errors: invalid_argument (no socket can have that path, or it is of another type), connection_refused (nobody
  /// listens there), permission_denied, timed_out, resource_exhausted, io_failed.
  static result<tcp_socket> connect_unix(const std::filesystem::path& to, unix_connect_options options = {});
  /// Takes ownership of a connected stream socket. A failure leaves it with the caller.
  /// Errors: invalid_argument.
  static result<tcp_socket> adopt(int descriptor);
  /// Takes ownership of a descriptor to read from and one to write to: pipes, a terminal, stdin and stdout. They are
  /// not made non-blocking. If both are the same socket, one of them is closed. A failure leaves them with the caller.
  /// Errors: invalid_argument.
  static result<tcp_socket> adopt(int in, int out);
  /// Makes a socket that stands on a stream of yours and owns it.
  static tcp_socket over(std::unique_ptr<byte_stream> below);
  /// Makes a socket that stands on a TLS connection and owns it, to start a second TLS connection inside.
  static tcp_socket over(tls_socket below);

  tcp_socket(tcp_socket&&) noexcept;
  tcp_socket& operator=(tcp_socket&&) noexcept;
  ~tcp_socket();

  /// Sets how long each call may wait that is not given a deadline. None at first; zero removes it.
  void set_timeout(std::chrono::milliseconds each_call) noexcept;
  /// Sets how long a call that is not given a deadline may wait while no byte moves, in either direction: the call then
  /// returns timed_out. A peer that takes or sends little at a time is not cut off. None at first; zero removes it.
  void set_stall_limit(std::chrono::milliseconds without_progress) noexcept;
  /// Sets a deadline for the whole connection: no call waits beyond it, whatever deadline the call is given.
  void set_deadline(deadline whole_connection) noexcept;

  /// Waits for at least one byte and returns how many it read, or 0 at the end.
  /// Errors: timed_out, connection_reset, unreachable, io_failed, not_connected.
  result<std::size_t> read_some(byte_span buffer, deadline until = {});
  /// Copies bytes without taking them: the next read returns them again. Otherwise the same as read_some().
  result<std::size_t> peek(byte_span buffer, deadline until = {});
  /// Fills the buffer.
  /// Errors: those of read_some(), and end_of_stream if the peer ends before.
  result<void> read_exactly(byte_span buffer, deadline until = {});
  /// Reads everything up to the end.
  /// Errors: those of read_some(), and limit_exceeded.
  result<std::string> read_all(read_limit limit = {}, deadline until = {});
  /// Reads up to the next LF, and returns the line without the LF and without a CR before it. A last line without LF is
  /// returned at the end.
  /// Errors: those of read_some(), limit_exceeded, and end_of_stream if nothing is left.
  result<std::string> read_line(read_limit limit = {64 << 10}, deadline until = {});
  /// Reads up to the delimiter and returns the bytes together with it. At the end it returns what is left, without the
  /// delimiter: check with ends_with().
  /// Errors: those of read_line(), and invalid_argument if the delimiter is empty.
  result<std::string> read_until(std::string_view delimiter, read_limit limit = {64 << 10}, deadline until = {});

  /// Waits until at least one byte is sent, and returns how many were.
  /// Errors: timed_out, connection_reset, unreachable, io_failed, not_connected, closed (after close_write()).
  result<std::size_t> write_some(byte_view bytes, deadline until = {});
  /// Sends all of the bytes. After an error it is not known how many of them were sent.
  /// Errors: those of write_some().
  result<void> write_all(byte_view bytes, deadline until = {});
  /// Sends all of the parts in their order, in as few segments as possible.
  /// Errors: those of write_some().
  result<void> write_gathered(std::span<const byte_view> parts, deadline until = {});
  /// Ends our direction; reading goes on. To be sure the peer received everything, call this, then read until 0.
  /// Errors: not_connected, io_failed.
  result<void> close_write();
  /// Closes the connection. It does not wait.
  void close() noexcept;
  /// Closes the connection with a reset: the peer's next read fails, and what it has not received yet is lost. Use it
  /// when what was sent is not whole, for a peer that takes the end of the stream for the end of a message. Over pipes,
  /// local sockets and streams there is no reset, and it is close().
  void reset() noexcept;
  /// Releases the descriptor and leaves the connection as it is, for one of two processes that share it after fork().
  void abandon() noexcept;

  [[nodiscard]] bool is_open() const noexcept;
  /// The address of our end. Its host is empty if there is none or the socket is closed.
  [[nodiscard]] endpoint local_endpoint() const;
  /// The address of the peer, also after closing. Its host is empty if there is none.
  [[nodiscard]] endpoint remote_endpoint() const;
  /// The descriptor to read from, borrowed, or -1.
  [[nodiscard]] int native_handle() const noexcept;
  /// The descriptor to write to, borrowed, or -1. It differs from native_handle() only if there are two.
  [[nodiscard]] int write_handle() const noexcept;
  /// Gives up the descriptor, which the caller then owns. It refuses while bytes are held that were read ahead.
  /// Errors: not_connected, unread_data, not_supported (the socket does not stand on one descriptor).
  result<int> release();
  /// Gives up the TLS connection that the socket stands on. It refuses while bytes are held that were read ahead.
  /// Errors: not_connected, unread_data, not_supported (the socket does not stand on a TLS connection).
  result<tls_socket> release_tls();
  /// The number of bytes held that were read ahead. poll(2) does not know of them.
  [[nodiscard]] std::size_t buffered() const noexcept;

 private:
  friend struct detail::access;
  struct impl;
  explicit tcp_socket(std::unique_ptr<impl> made) noexcept;

  std::unique_ptr<impl> impl_;
};

}  // namespace signet
