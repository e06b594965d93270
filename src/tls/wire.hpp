// The bytes between OpenSSL and a transport. OpenSSL sees a BIO that takes every write and reads from memory; the
// transport sees few large reads and one write a flight. Buffers exist only while they hold something.
#pragma once

#include <openssl/bio.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>
#include <signet/tls/transport.hpp>

#include "ossl/handles.hpp"

namespace signet {

class wire {
 public:
  // A full TLS record with the most a cipher may add (RFC 8446 section 5.2, RFC 5246 section 6.2.3 for TLS 1.2).
  static constexpr std::size_t record_room = 16384 + 256;
  static constexpr std::size_t held_limit = 4 * record_room;
  // What one call of the engine takes from the transport: a peer that sends everything but data cannot keep it there.
  static constexpr std::size_t taken_at_most = std::size_t{64} << 10;

  explicit wire(transport& below) noexcept : below_(&below) {}
  wire(const wire&) = delete;
  wire& operator=(const wire&) = delete;

  // The peer, as the transport names it.
  [[nodiscard]] std::string peer() const { return below_->describe(); }

  // For SSL_set0_rbio and wbio; refers to this object, which has to outlive it.
  [[nodiscard]] ossl::bio_ptr make_bio();

  // One call of the engine begins.
  void begin_call() noexcept { budget_ = taken_at_most; }
  // What a flush may do when the transport takes no more: wait as the call may, or leave the rest for the next one.
  enum class patience : unsigned char { as_called, none };
  // Hands over what is held. True when nothing is left that has to leave.
  result<bool> flush(patience how = patience::as_called);
  // What is held now has no reader who waits for it: it leaves together with whatever is written next, or before the
  // first wait for the peer.
  void postpone() noexcept { postponed_ = true; }
  [[nodiscard]] std::size_t unsent() const noexcept { return postponed_ ? 0 : out_end_ - out_begin_; }
  // More is held than writing leaves behind: answers to a peer that takes none. Until they have left, nothing is read.
  [[nodiscard]] bool overfull() const noexcept { return unsent() > held_limit; }
  [[nodiscard]] std::size_t buffered() const noexcept { return in_end_ - in_begin_; }
  // Octets of memory held for buffers.
  [[nodiscard]] std::size_t allocated() const noexcept { return (in_ ? in_capacity_ : 0) + (out_ ? out_capacity_ : 0); }

  // While set, reads do not ask the transport.
  void read_only_buffered(bool on) noexcept { only_buffered_ = on; }
  // Why the last read or write of OpenSSL's did not go on, taken out.
  [[nodiscard]] std::optional<error> take_read_failure() { return std::exchange(read_failure_, std::nullopt); }
  [[nodiscard]] const std::optional<error>& write_failure() const noexcept { return write_failure_; }
  [[nodiscard]] bool peer_ended() const noexcept { return peer_ended_; }

  // The first bytes the peer ever sent, at most 64: they tell TLS from other protocols.
  [[nodiscard]] std::string_view first_bytes() const noexcept { return {first_.data(), first_size_}; }

  // Reads what has come, without waiting, where nothing is held yet. False when there is nothing, for whatever reason.
  bool fetch();
  void feed(byte_view bytes);
  [[nodiscard]] std::string take_buffered();

 private:
  friend struct wire_bio;

  enum class read_answer : unsigned char { bytes, not_yet, end, failed };
  read_answer read(byte_span into, std::size_t& got);
  void flush_for_reading();
  result<bool> push(patience how);
  void give_up(error why);
  void drop_held() noexcept;
  void hold(byte_view bytes);
  void note_first(byte_view bytes) noexcept;
  void keep(byte_view rest, std::size_t capacity);

  transport* below_;
  std::unique_ptr<std::byte[]> in_;
  std::size_t in_begin_ = 0, in_end_ = 0, in_capacity_ = 0;
  std::unique_ptr<std::byte[]> out_;
  std::size_t out_begin_ = 0, out_end_ = 0, out_capacity_ = 0;
  std::optional<error> read_failure_;
  std::optional<error> write_failure_;
  std::array<char, 64> first_{};
  std::size_t first_size_ = 0;
  std::size_t budget_ = taken_at_most;
  bool only_buffered_ = false;
  bool peer_ended_ = false;
  bool postponed_ = false;
  bool more_expected_ = false;
};

}  // namespace signet
