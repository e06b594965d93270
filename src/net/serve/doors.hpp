// What a listener listens with: sockets that it opens, or that somebody else has opened.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <signet/net/listener.hpp>

#include "base/descriptor.hpp"

namespace signet::net {

inline constexpr std::string_view listening = "listening";

using doors = std::vector<base::descriptor>;

// invalid_argument.
result<void> check_backlog(const std::string& whom, int backlog);
// As listener::bind says.
result<doors> open_doors(const endpoint& at, const listen_options& options);
// invalid_argument for what is no stream socket that listens; they stay as they are.
result<void> check_doors(std::span<const int> descriptors);
// From here on they are a listener's.
result<void> prepare_doors(std::span<const int> descriptors);
// What an errno means to who wanted to listen.
error listen_failure(const std::string& whom, int system_error);

}  // namespace signet::net
