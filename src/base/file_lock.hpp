// The lock of an open file, which is waited for within a bound.
#pragma once

#include <chrono>
#include <filesystem>
#include <utility>

#include <signet/base/deadline.hpp>
#include <signet/base/result.hpp>

namespace signet::base {

// Keeps other processes out, and other threads of this one, as long as they ask for it too: it belongs to what open()
// made and not to the process.
class file_lock {
 public:
  // How long a lock that somebody else holds is waited for.
  static constexpr auto patience = std::chrono::seconds(1);

  // The descriptor has to outlive the lock, and `named` is for messages. file_io_failed.
  static result<file_lock> of(int fd, const std::filesystem::path& named, deadline until = patience);

  file_lock(file_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  file_lock& operator=(file_lock&& other) noexcept {
    release();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  ~file_lock() { release(); }

  // Whoever waits goes on, though a child of fork() may still have the descriptor.
  void release() noexcept;

 private:
  explicit file_lock(int fd) noexcept : fd_(fd) {}

  int fd_;
};

}  // namespace signet::base
