// What a client is told whose handshake has failed, beside the alert of the engine.
#pragma once

#include <signet/base/error.hpp>

#include "net/channel/channel.hpp"

namespace signet::net {

// Who spoke plain HTTP gets an answer that a browser shows. Who began a handshake and is given up before anything was
// answered gets an alert. Never waits.
void last_words(channel& client, const error& why);

}  // namespace signet::net
