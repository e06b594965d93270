// The keys of a server_config that was given none. Without a clock they go by the time since the system's start.
#pragma once

#include <signet/tls/ticket_keys.hpp>

namespace signet {

using ticket_clock = std::function<std::chrono::sys_seconds()>;

[[nodiscard]] std::shared_ptr<ticket_source> own_ticket_keys(ticket_clock now = {});

}  // namespace signet
