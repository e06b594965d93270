// A file under construction, which appears whole or not at all: under its name after commit(), and without a trace
// before that if the system allows it. What exists and is no regular file, such as a pipe, is written to directly.
//
// A file is never replaced unasked. One that is replaced keeps its mode, and its owner as far as that is allowed; a
// link is followed. A file that is for its owner only has mode 0600 and belongs to whoever writes it, whatever stood
// there.
// Deliberately absent: appending, and locks.
#pragma once

#include <filesystem>
#include <memory>

#include <signet/base/bytes.hpp>
#include <signet/base/export.hpp>
#include <signet/base/result.hpp>

namespace signet {

/// Whether a file that exists may be replaced.
enum class existing_file : unsigned char { keep, replace };
/// The mode of a new file. by_umask: 0666, less what the umask takes away. others_read: 0644, less the same.
/// owner_only: 0600.
enum class file_access : unsigned char { by_umask, others_read, owner_only };
/// Whether a new file is waited for until it is on the disk. If not, a crash of the system may bring back the old file,
/// or leave one that is cut.
enum class file_sync : unsigned char { now, later };

class SIGNET_EXPORT new_file {
 public:
  /// Begins a file in the folder of `target`.
  /// Errors: file_io_failed, file_exists.
  static result<new_file> begin(std::filesystem::path target, file_access access,
                                existing_file existing = existing_file::keep);
  new_file(new_file&&) noexcept;
  new_file& operator=(new_file&&) noexcept;
  /// Drops what was not committed.
  ~new_file();

  /// Writes all of the bytes.
  /// Errors: file_io_failed.
  result<void> write(byte_view bytes);
  /// Gives the file its name, and returns when its content is on the disk, unless told not to wait for that.
  /// Errors: file_io_failed, file_exists (somebody else was quicker).
  result<void> commit(file_sync sync = file_sync::now);
  /// Takes commit() back if it replaced nothing, for files that belong together.
  void withdraw() noexcept;

 private:
  struct impl;
  explicit new_file(std::unique_ptr<impl> made) noexcept;

  std::unique_ptr<impl> impl_;
};

}  // namespace signet
