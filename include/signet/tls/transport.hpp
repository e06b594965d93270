// What an engine reads from and writes to: "n bytes", "not yet", "end", or an error. A socket, memory, another stream
// and the tests' lossy wire are transports; an engine cannot tell them apart.
#pragma once

#include <cstddef>
#include <cstdint>

#include <signet/base/bytes.hpp>
#include <signet/base/export.hpp>
#include <signet/base/result.hpp>

namespace signet {

/// What a caller has to wait for before it calls again.
enum class wait_for : std::uint8_t { nothing, read, write, application };

/// The outcome of an operation that does not wait. "Not yet" is a success: no bytes, and what to wait for.
struct io_status {
  std::size_t bytes = 0;
  /// After a write, `write` beside bytes > 0 means: accepted, but not all of it is on the wire. Wait, then flush().
  wait_for next = wait_for::nothing;
  /// The peer has ended its direction. Never together with bytes.
  bool end = false;

  friend bool operator==(const io_status&, const io_status&) = default;
};

class SIGNET_EXPORT transport {
 public:
  virtual ~transport() = default;

  /// Up to buffer.size() (never 0) bytes from the peer. One that is allowed to wait returns bytes, the end or an error
  /// (timed_out among them); one that is not says next = read.
  virtual result<io_status> read(byte_span buffer) = 0;
  /// Takes some or all of `bytes` (never empty), or says next = write.
  virtual result<io_status> write(byte_view bytes) = 0;
  /// The same without waiting, and whatever the deadline: for alerts, and before the first wait. A transport that never
  /// waits has nothing to add.
  virtual result<io_status> try_read(byte_span buffer) { return read(buffer); }
  virtual result<io_status> try_write(byte_view bytes) { return write(bytes); }

 protected:
  transport() = default;
  transport(const transport&) = default;
  transport& operator=(const transport&) = default;
};

}  // namespace signet
