// A place for sessions outside of a config: a file, or a server that a fleet shares.
//
// What is stored is sealed (AES-256-GCM) under the session_secret of the config, and bound to its key. A value
// that was changed, cut or moved is found out, and the handshake is a full one. A stored session never stands in for
// the verdict: the certificates that are stored with it are verified again when it is resumed.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <signet/base/export.hpp>
#include <signet/base/result.hpp>

namespace signet {

/// Keeps values under keys, several under one. Several threads call it at once, inside of handshakes: it should not
/// wait long. A store that fails keeps nothing and finds nothing; it tells of that in its own way.
class SIGNET_EXPORT session_store {
 public:
  session_store() = default;
  session_store(const session_store&) = delete;
  session_store& operator=(const session_store&) = delete;
  virtual ~session_store();

  /// Keeps one more value until `expires`. A store may drop older ones to make room. Keys are lines of printable ASCII,
  /// at most 200 octets, values are at most 64 KiB of any octets.
  virtual void add(const std::string& key, const std::string& value, std::chrono::sys_seconds expires) = 0;
  /// The newest value, which stays.
  virtual std::optional<std::string> find(const std::string& key) = 0;
  /// The newest value, which is removed: no two callers get the same, be they in other processes.
  virtual std::optional<std::string> take(const std::string& key) = 0;
  /// Removes all values of a key.
  virtual void remove(const std::string& key) = 0;
};

/// Keeps sessions in memory, about as many octets as it is given; the least recently used go first.
SIGNET_EXPORT std::shared_ptr<session_store> session_memory(std::size_t most_octets = std::size_t{8} << 20);

/// Keeps sessions in a file of mode 0600, for programs that run once for each connection. Several processes and threads
/// may use the file at once: a change waits a second at most for the others, and fails then. It keeps the newest 8
/// values of a key, 1,000 in all, as long as they fit into 4 MiB. What is damaged, or no such file, counts as empty and
/// is replaced by the next change. A value that cannot be removed is not taken.
/// Errors: file_not_readable (there is something else than a regular file of our own), file_io_failed (its folder,
/// where each change makes a new file, is absent or read-only).
SIGNET_EXPORT result<std::shared_ptr<session_store>> session_file(const std::filesystem::path& file);

}  // namespace signet
