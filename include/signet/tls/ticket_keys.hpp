// The keys that encrypt a server's session tickets. Whoever has such a key can read the session of every ticket made
// with it; in TLS 1.2 that decrypts recorded connections too.
//
// A server_config has keys of its own unless it is given others: they are random, new ones come every hour, and those
// before are erased once no ticket needs them. Processes that fork() after make() go on with the same keys. Servers
// that resume each other's sessions share keys: from a file, from one secret, or by a ticket_source of their own.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>

namespace signet {

/// The name of a key, which stands in the clear at the head of each ticket (RFC 5077 section 4).
using ticket_key_name = std::array<std::uint8_t, 16>;

/// One key. A copy is wiped when it is destroyed.
class SIGNET_EXPORT ticket_key {
 public:
  /// Takes 80 octets: the name, 32 for HMAC-SHA256, and 32 for AES-256-CBC; or 48: the name, 16 for AES-128-CBC, and 16
  /// for HMAC-SHA256. These are the forms of nginx's ssl_session_ticket_key.
  /// Errors: invalid_argument.
  static result<ticket_key> from_bytes(byte_view octets);

  ticket_key(const ticket_key&) = default;
  ticket_key& operator=(const ticket_key&) = default;
  ~ticket_key();

  [[nodiscard]] ticket_key_name name() const noexcept;

 private:
  friend struct detail::access;
  struct impl {
    std::array<std::uint8_t, 80> octets;
    bool is_short;
  };
  explicit ticket_key(const impl& made) noexcept : impl_(made) {}

  impl impl_;
};

/// Where a server's ticket keys come from. Several threads call it at once, inside of handshakes: it should return
/// within milliseconds, for the handshake waits for it.
class SIGNET_EXPORT ticket_source {
 public:
  ticket_source() = default;
  ticket_source(const ticket_source&) = delete;
  ticket_source& operator=(const ticket_source&) = delete;
  virtual ~ticket_source();

  /// The key for new tickets. Without one, no ticket is issued.
  virtual std::optional<ticket_key> current() = 0;
  /// The key of that name. Without one, the handshake is a full one. A ticket under another key than current() is
  /// replaced by a new one.
  virtual std::optional<ticket_key> find(const ticket_key_name& name) = 0;
};

/// When scheduled keys change.
struct ticket_schedule {
  /// How long a key encrypts, 1 minute to 7 days. It decrypts for one more period and 2 hours,
  /// rounded up to whole periods: 24 hours by default.
  std::chrono::seconds period = std::chrono::hours(12);
  /// The time by which keys change. Empty: the system's.
  std::function<std::chrono::sys_seconds()> clock = {};
};

/// Sources of ticket keys that need no other machine.
class SIGNET_EXPORT ticket_keys {
 public:
  /// Fixed keys, one after the other, all of 80 or all of 48 octets: the first encrypts, all decrypt.
  /// Errors: invalid_argument (no key, another size, a name twice, or more than 1,000 keys).
  static result<std::shared_ptr<ticket_source>> from_bytes(byte_view octets);
  /// The same from a file that only its owner may read, as `openssl rand 80` makes it.
  /// Errors: file_not_readable, file_too_large, file_malformed, invalid_argument (its mode gives others any
  /// permission).
  static result<std::shared_ptr<ticket_source>> load(const std::filesystem::path& file);
  /// Keys that follow from a secret of at least 32 random octets and the time, so that servers with the same secret,
  /// the same period and clocks that agree share keys without a word between them. Servers whose clocks differ by less
  /// than a period read each other's tickets. Whoever learns the secret can decrypt every ticket that was ever made
  /// under it.
  /// Errors: invalid_argument.
  static result<std::shared_ptr<ticket_source>> scheduled(byte_view secret, ticket_schedule schedule = {});
};

}  // namespace signet
