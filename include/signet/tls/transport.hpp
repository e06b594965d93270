// What an engine reads encrypted bytes from and writes them to. A socket, a buffer in memory and another stream can
// each be a transport; an engine treats them alike.
//
// A call on a transport has one of four outcomes: some bytes, "not yet", the end, or an error. A transport may wait
// within a call, or never wait; both kinds work with the same engine. An error from read() ends the connection, except
// timed_out after the handshake: the engine reads again when it is asked to. An error from write() ends writing.
//
// Deliberately absent: opening, closing and addresses, which belong to the owner of the transport.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <signet/base/bytes.hpp>
#include <signet/base/export.hpp>
#include <signet/base/result.hpp>

namespace signet {

/// What a caller has to wait for before it calls again: nothing, something to read, room to write, or an answer that
/// the application itself owes (an identity_selector that said not_yet).
enum class wait_for : std::uint8_t { nothing, read, write, application };

/// The outcome of an operation that does not wait. "Not yet" is a success with no bytes, and `next` says what to wait
/// for.
struct io_status {
  /// The number of bytes that were read or accepted.
  std::size_t bytes = 0;
  /// What to wait for. `write` together with bytes > 0 means that the bytes were accepted but are not all on the wire:
  /// wait for room, then call flush().
  wait_for next = wait_for::nothing;
  /// True if the peer has ended its direction; bytes is 0 then.
  bool end = false;

  friend bool operator==(const io_status&, const io_status&) = default;
};

/// The interface to implement for a wire of your own.
class SIGNET_EXPORT transport {
 public:
  virtual ~transport() = default;

  /// Reads up to buffer.size() bytes from the peer; the buffer is never empty. A transport that waits returns bytes,
  /// the end or an error, such as timed_out. One that does not wait returns next = read when nothing has come.
  virtual result<io_status> read(byte_span buffer) = 0;
  /// Takes some or all of `bytes`, which are never empty. A transport that does not wait returns next = write when it
  /// can take none.
  virtual result<io_status> write(byte_view bytes) = 0;
  /// The same two without waiting, even if the deadline of the call has passed. The engine uses them for alerts, and
  /// to take what is there before it waits. A transport that never waits need not override them.
  virtual result<io_status> try_read(byte_span buffer) { return read(buffer); }
  virtual result<io_status> try_write(byte_view bytes) { return write(bytes); }
  /// The peer, as the messages of errors name it: "example.org:443 (192.0.2.1)". Where it is empty the engine names the
  /// peer that it expects. The errors of a transport that describes its peer name the peer and the phase themselves.
  [[nodiscard]] virtual std::string describe() const { return {}; }

 protected:
  transport() = default;
  transport(const transport&) = default;
  transport& operator=(const transport&) = default;
};

}  // namespace signet
