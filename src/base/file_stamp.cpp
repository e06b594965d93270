#include "base/file_stamp.hpp"

#include <dirent.h>
#include <sys/stat.h>

namespace signet::base {
namespace {

void add(std::uint64_t& hash, std::uint64_t value) noexcept {
  hash = (hash ^ value) * 0x100000001b3;
}

void add(std::uint64_t& hash, const struct stat& s) noexcept {
  add(hash, s.st_dev);
  add(hash, s.st_ino);
  add(hash, static_cast<std::uint64_t>(s.st_size));
  for (const auto& time : {s.st_mtim, s.st_ctim}) {
    add(hash, static_cast<std::uint64_t>(time.tv_sec));
    add(hash, static_cast<std::uint64_t>(time.tv_nsec));
  }
}

}  // namespace

std::uint64_t file_stamp(const std::filesystem::path& path) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0) return 0;
  add(hash, s);
  if (!S_ISDIR(s.st_mode)) return hash;
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return 0;
  // The order of entries may change by itself.
  std::uint64_t files = 0;
  while (const dirent* entry = ::readdir(folder)) {
    if (::fstatat(::dirfd(folder), entry->d_name, &s, 0) != 0 || !S_ISREG(s.st_mode)) continue;
    std::uint64_t one = 0xcbf29ce484222325;
    add(one, s);
    files += one;
  }
  ::closedir(folder);
  add(hash, files);
  return hash;
}

}  // namespace signet::base
