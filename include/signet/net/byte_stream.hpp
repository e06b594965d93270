// A stream that somebody else made, for a tcp_socket to stand on: a tunnel, a channel of another protocol, a device.
// What is needed is what a blocking socket does, and nothing about TLS.
#pragma once

#include <signet/base/bytes.hpp>
#include <signet/base/deadline.hpp>
#include <signet/base/export.hpp>
#include <signet/base/result.hpp>

namespace signet {

class SIGNET_EXPORT byte_stream {
 public:
  /// Releases; sends nothing and waits for nothing.
  virtual ~byte_stream() = default;

  /// At least one byte, or 0 at the end. timed_out when none came by then; with a deadline that has passed, what has
  /// come already is taken and nothing is waited for.
  virtual result<std::size_t> read_some(byte_span buffer, deadline until) = 0;
  /// Takes at least one byte. Deadlines as above.
  virtual result<std::size_t> write_some(byte_view bytes, deadline until) = 0;
  /// Ends our direction; reading goes on.
  virtual result<void> close_write() = 0;
  /// Ends both, with whatever the stream says at its end. Waits for nothing.
  virtual void close() noexcept = 0;
  /// What poll(2) can wait for, -1 where there is no such thing.
  [[nodiscard]] virtual int native_handle() const noexcept { return -1; }

 protected:
  byte_stream() = default;
  byte_stream(const byte_stream&) = default;
  byte_stream& operator=(const byte_stream&) = default;
};

}  // namespace signet
