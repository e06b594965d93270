// A local (UNIX) socket to listen on, and its file.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>

#include <signet/net/listener.hpp>

#include "base/descriptor.hpp"
#include "net/address.hpp"

namespace signet::net {

// The file of a socket that was bound here. When it goes, so does the file, if this process has made it and nobody
// listens any more.
class socket_file {
 public:
  explicit socket_file(const std::filesystem::path& path);
  socket_file(const socket_file&) = delete;
  socket_file& operator=(const socket_file&) = delete;
  ~socket_file();

  [[nodiscard]] mode_t mode() const noexcept { return mode_; }
  // Of this socket and of no other, and once.
  void remove() noexcept;

 private:
  [[nodiscard]] bool is_still_ours() const noexcept;

  // Absolute: the folder that the process is in may change.
  std::filesystem::path path_;
  socket_address at_;
  pid_t maker_;
  dev_t device_ = 0;
  ino_t number_ = 0;
  mode_t mode_ = 0;
};

struct unix_door {
  // Goes after the socket.
  std::unique_ptr<socket_file> file;
  base::descriptor socket;
};

// As listener::bind_unix says.
result<unix_door> open_unix_door(const std::filesystem::path& at, const unix_listen_options& options);

}  // namespace signet::net
