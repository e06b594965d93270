// A connection with one Redis server, which the threads of a process share: what servers of a fleet keep in common goes
// through it (redis_ticket_source.hpp, redis_session_store.hpp).
//
// Nothing waits for Redis that need not. A server that is away or refuses is told of once and then left alone for a
// while, longer each time; whoever asks meanwhile gets the same error at once, and handshakes are full ones. What lies
// in Redis is encrypted and authenticated (AES-256-GCM) under keys that follow from a secret which Redis does not have:
// somebody who reads or changes it all can end resumption and nothing else.
// After fork() the child makes a connection of its own. Any number of threads may use one client and its copies.
// Deliberately absent: Redis clusters, sentinels, and commands for other purposes.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <signet/base/bytes.hpp>
#include <signet/base/error.hpp>
#include <signet/base/result.hpp>
#include <signet/redis/redis_url.hpp>
#include <signet/tls/client_config.hpp>

namespace signet {

/// What redis_options::on_event is told.
struct redis_event {
  enum class kind : unsigned char {
    /// Redis is away or refuses. Handshakes are full ones until it is back.
    unavailable,
    /// It is back.
    available,
    /// A value in Redis is not one of this fleet: it was damaged, forged, or sealed under another secret. It is not
    /// used.
    unreadable,
  };

  kind what = kind::unavailable;
  /// Whom it is about, and why. It never holds the password. Empty for `available`.
  std::optional<error> why = {};
};

struct redis_options {
  /// Whom a `rediss` server is verified against. Empty: client_config::standard().
  std::optional<client_config> tls = {};
  /// How every key in Redis begins, 1 to 64 letters, digits, and any of "-_.:". Change it only to keep fleets apart
  /// that share a secret.
  std::string prefix = "signet";
  /// The time for connecting, with look-up, TLS and authentication, 10 ms to 10 s. It delays a handshake when Redis
  /// stalls: keep it well below the time that a handshake may take.
  std::chrono::milliseconds connect_timeout = std::chrono::milliseconds(500);
  /// The time for an answer, and for another thread that waits for its answer, 10 ms to 10 s. It delays a handshake
  /// too.
  std::chrono::milliseconds answer_timeout = std::chrono::milliseconds(500);
  /// How long Redis is left alone after a failure. It doubles with each further one up to the second value. 10 ms to 1
  /// hour.
  std::chrono::milliseconds first_back_off = std::chrono::seconds(1);
  std::chrono::milliseconds longest_back_off = std::chrono::seconds(10);
  /// Is told once when Redis becomes unavailable, and once when it is back, by the thread that noticed, which may be
  /// inside of a handshake. It must neither wait nor use the client.
  std::function<void(const redis_event&)> on_event = {};
};

class SIGNET_EXPORT redis_client {
 public:
  /// Makes a client, which connects when it is first used. `secret` has 32 to 1024 random octets that every server of
  /// the fleet has and Redis has not. Servers with another secret share nothing with this one, and do not disturb it.
  /// Errors: invalid_argument, those of client_config::standard(), internal.
  static result<redis_client> make(const redis_url& where, byte_view secret, redis_options options = {});

  /// Connects unless it is connected, and waits for an answer. Call it at the start to learn, and have on_event told,
  /// whether Redis can be used. A server may start although it fails.
  /// Errors: those of signet::connect(), limit_exceeded, protocol_violation, truncated, not_supported (a cluster), and
  /// dialogue_failed, whose message has the words of Redis.
  result<void> ping() const;

  [[nodiscard]] const redis_url& where() const& noexcept;
  [[nodiscard]] redis_url where() &&;

 private:
  friend struct detail::access;
  struct impl;
  explicit redis_client(std::shared_ptr<impl> made) noexcept : impl_(std::move(made)) {}

  std::shared_ptr<impl> impl_;
};

}  // namespace signet
