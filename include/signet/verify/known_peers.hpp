// Trust on first use: a file such as ssh's known_hosts keeps the key that a peer showed the first time, and the peer
// has to show that key from then on. A known key replaces a chain to a trusted root and nothing else: name and time are
// checked as always, and a peer that has such a chain is not looked up.
//
// The file is text with one peer a line: its name in any spelling that server_name::parse takes, with ":" and the port
// it was reached at ("[::1]:8443"), "sha256$pub$" and the digest of its key, and the time it was first seen. A line
// without a port is for every port of that name. A peer with several lines may show any of their keys. Lines that begin
// with '#' are comments. The file is made with mode 0600 when it does not exist.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <signet/base/result.hpp>
#include <signet/verify/server_name.hpp>
#include <signet/x509/certificate.hpp>

namespace signet {

/// Copies use the same file. Threads may use it at the same time, and so may other programs that append to it.
class SIGNET_EXPORT known_peers {
 public:
  /// Reads the whole file, at most 16 MiB. A file that does not exist knows nobody. A relative path is resolved now.
  /// file_malformed names the line.
  /// Errors: file_not_readable, file_too_large, file_malformed.
  static result<known_peers> open(const std::filesystem::path& file);

  /// What the file says about a peer: it has no line for the name, or one with this key, or only lines with other keys.
  enum class standing : unsigned char { unknown, known, changed };
  /// Reads the file again and returns what it says now. Port 0 asks for the name at any port.
  /// Errors: file_not_readable, file_too_large, file_malformed.
  [[nodiscard]] result<standing> look_up(const server_name& name, std::uint16_t port, const certificate& cert) const;
  /// Appends the peer and returns when the line is on the disk; does nothing when the file has this key for it already.
  /// Waits at most one second for a lock that somebody else holds, then fails with file_io_failed. certificate_rejected
  /// means that another key was recorded in the meantime. A line that cannot be written whole is taken back.
  /// Errors: file_io_failed, certificate_rejected, file_not_readable, file_too_large, file_malformed.
  [[nodiscard]] result<void> remember(const server_name& name, std::uint16_t port, const certificate& cert,
                                      std::chrono::sys_seconds at) const;
  /// The absolute path of the file.
  [[nodiscard]] const std::filesystem::path& file() const& noexcept;
  [[nodiscard]] std::filesystem::path file() &&;

 private:
  friend struct detail::access;
  struct impl;
  explicit known_peers(std::shared_ptr<const impl> made) noexcept : impl_(std::move(made)) {}

  std::shared_ptr<const impl> impl_;
};

}  // namespace signet
