// A server that looks at the TLS records which reach it: how many a client's writes became.
#pragma once

#include <signet/tls/engine.hpp>

#include <memory>
#include <optional>
#include <string>

#include "support/net_peers.hpp"

namespace signet::test {

class record_counter {
 public:
  record_counter();
  ~record_counter();
  record_counter(const record_counter&) = delete;
  record_counter& operator=(const record_counter&) = delete;

  // The one client, its handshake done.
  tls_socket connect();
  // So many bytes from the client.
  std::string read(std::size_t size);
  void write(std::string_view bytes);
  // Records of application data (RFC 8446 section 5.1, type 23) that came since the handshake.
  [[nodiscard]] std::size_t records() const;

 private:
  class wire;
  plain_door door_ = open_door();
  std::unique_ptr<wire> wire_;
  std::optional<engine> server_;
};

}  // namespace signet::test
