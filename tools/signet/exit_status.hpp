// The exit statuses of every subcommand. Scripts branch on them, so what a failure means is decided in one function.
#pragma once

#include <signet/base/error.hpp>

namespace tool {

enum class exit_status : int {
  ok = 0,
  /// The peer or the data was judged bad: verification failed, HTTP status >= 400 with --fail.
  judged_bad = 1,
  usage = 2,
  /// Resolve, connect, bind, time-out, reset, closed during the handshake.
  network = 3,
  /// TLS or the dialogue failed without a verdict: alert, garbage, plain text, a stream that was cut.
  dialogue = 4,
  /// Something local could not be read or used: a file, a key that does not match, a configuration.
  local = 5,
};

exit_status status_of(signet::errc code) noexcept;

}  // namespace tool
