// Trust on first use: the key a peer showed the first time, in a file such as ssh's known_hosts, is the key it has to
// show ever after. It stands in for a chain to a trusted root and for nothing else: name and time are checked as
// always, and a peer that does have such a chain is not looked up.
//
// The file is text, one peer a line: its name, "sha256$pub$" and the digest of its key, the time it was first seen.
// Names may be spelt in any way that server_name::parse takes. Lines that begin with '#' are comments. It is made with
// mode 0600 when it is not there.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <signet/base/result.hpp>
#include <signet/verify/server_name.hpp>
#include <signet/x509/certificate.hpp>

namespace signet {

/// Copies share the file; threads may too, and other programs that append to it.
class SIGNET_EXPORT known_peers {
 public:
  /// A file that is not there yet knows nobody. A relative path goes on meaning what it means now. file_not_readable,
  /// file_too_large, file_malformed with the line.
  static result<known_peers> open(const std::filesystem::path& file);

  enum class standing : unsigned char { unknown, known, changed };
  /// What the file says now.
  [[nodiscard]] result<standing> look_up(const server_name& name, const certificate& cert) const;
  /// Appends the peer, whole and on the disk before this returns, unless it stands there by now with this key.
  /// io_failed, also when somebody else keeps the file locked for more than a second, and certificate_rejected when
  /// another key was quicker. A line that cannot be written whole is not there at all.
  [[nodiscard]] result<void> remember(const server_name& name, const certificate& cert,
                                      std::chrono::sys_seconds at) const;
  /// Absolute.
  [[nodiscard]] const std::filesystem::path& file() const noexcept;

  struct impl;

 private:
  explicit known_peers(std::shared_ptr<const impl> made) noexcept : impl_(std::move(made)) {}

  std::shared_ptr<const impl> impl_;
};

}  // namespace signet
