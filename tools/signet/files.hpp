// Files the tool reads and makes. What it makes appears whole or not at all.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <sys/types.h>

#include <signet/base/bytes.hpp>

namespace tool {

/// The first line of a file, without its newline: how passwords are kept. Throws failure.
std::string first_line(const std::filesystem::path& file);
/// All of a file, up to a bound. Throws failure.
std::string whole_file(const std::filesystem::path& file, std::size_t limit = std::size_t{1} << 30);

enum class existing_file : unsigned char { keep, replace };

/// A file under construction: nameless where the system can, so that nothing is left when the program is killed, and
/// under its name only after commit(). What is there and no regular file (a device, a pipe) is written to directly. A
/// file that is replaced keeps its owner and its mode, unless what is written is secret (0600).
class new_file {
 public:
  /// Throws failure: the folder is missing or closed, or the file exists and is to be kept.
  new_file(std::filesystem::path target, mode_t mode, existing_file policy);
  ~new_file();
  new_file(const new_file&) = delete;
  new_file& operator=(const new_file&) = delete;

  void write(signet::byte_view bytes);
  void commit();
  /// Takes commit() back, where it replaced nothing: for files that belong together.
  void withdraw() noexcept;

 private:
  [[noreturn]] void fail(int error_number, const char* doing) const;
  void open_named(mode_t mode);

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  existing_file policy_;
  int descriptor_ = -1;
  std::optional<mode_t> kept_mode_;
  std::optional<std::pair<uid_t, gid_t>> kept_owner_;
  bool direct_ = false;
  bool made_ = false;
};

}  // namespace tool
