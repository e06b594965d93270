// The last words to a client whose handshake has failed.
#pragma once

#include <signet/base/error.hpp>

#include "net/channel/channel.hpp"

namespace signet::net {

// Lets the alert that tells it why arrive; who spoke plain HTTP gets an answer that a browser shows. Never waits.
void turn_away(channel& client, const error& why);

}  // namespace signet::net
