// Local (UNIX) sockets by the path of their file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <signet/base/deadline.hpp>
#include <signet/base/result.hpp>

#include "base/descriptor.hpp"
#include "net/address.hpp"

namespace signet::net {

// "unix:/run/app.sock", as errors and endpoints call it; printable.
std::string unix_name(const std::filesystem::path& path);
// invalid_argument for a path that no socket can have.
result<socket_address> unix_address(const std::filesystem::path& path, std::string_view phase);

// A connection to whoever listens there. Blocking, closed on exec.
result<base::descriptor> connect_unix(const std::filesystem::path& to, deadline until);

// Whether a socket's file belongs to a server that lives. It is knocked at, without waiting.
enum class tenant : unsigned char { lives, gone, unknown };
struct knocked {
  tenant who = tenant::unknown;
  int system_error = 0;
};
knocked knock(const socket_address& at) noexcept;

}  // namespace signet::net
