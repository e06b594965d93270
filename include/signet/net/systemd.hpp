// Sockets that systemd has opened for this process: socket activation, sd_listen_fds(3). The service may then start
// when the first client comes, restart without refusing anybody, and use a port below 1024 without a privilege.
//
// Give the descriptors to listener::adopt(), or those of a unit with Accept=yes to tcp_socket::adopt(); there is no
// need for libsystemd. Deliberately absent: telling systemd that the service is ready (sd_notify(3)).
#pragma once

#include <string>
#include <vector>

#include <signet/base/export.hpp>
#include <signet/base/result.hpp>

namespace signet {

struct systemd_socket {
  /// The caller owns it.
  int descriptor = -1;
  /// FileDescriptorName= of the unit; "unknown" if systemd does not say it.
  std::string name = {};
};

/// What becomes of the variables in which systemd names the sockets: LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES and
/// LISTEN_PIDFDID.
enum class listen_variables : unsigned char {
  /// They stay, and programs that this one starts see them, but not as theirs.
  keep,
  /// They are removed from the environment. Do not ask for it while other threads run: they may be reading it.
  remove
};

/// The sockets, in the order of the unit; none if systemd has opened none for this process. They are closed on exec
/// from here on. The descriptors are the same with each call, so call it once.
/// Errors: invalid_argument (the variables are malformed, or a descriptor is not open).
SIGNET_EXPORT result<std::vector<systemd_socket>> systemd_sockets(listen_variables after = listen_variables::keep);

}  // namespace signet
