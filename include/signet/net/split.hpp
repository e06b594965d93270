// One connection for two threads: a half that reads and a half that writes. They share a lock that is held while TLS
// is worked on and never while one of them waits, so a reader that waits for a silent peer stops no writer.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <signet/base/bytes.hpp>
#include <signet/base/deadline.hpp>
#include <signet/base/result.hpp>
#include <signet/net/tls_socket.hpp>

namespace signet {

namespace net {
struct shared_connection;
}

/// The reading half. One thread uses it at a time; reads are tls_socket's. The connection is released when both halves
/// are gone.
class SIGNET_EXPORT tls_reader {
 public:
  result<std::size_t> read_some(byte_span buffer, deadline until = {});
  result<std::size_t> peek(byte_span buffer, deadline until = {});
  result<void> read_exactly(byte_span buffer, deadline until = {});
  result<std::string> read_all(read_limit limit = {}, deadline until = {});
  result<std::string> read_line(read_limit limit = {64 << 10}, deadline until = {});
  result<std::string> read_until(std::string_view delimiter, read_limit limit = {64 << 10}, deadline until = {});
  [[nodiscard]] connection_info info() const;

 private:
  friend struct net::shared_connection;
  explicit tls_reader(std::shared_ptr<net::shared_connection> shared) noexcept : shared_(std::move(shared)) {}

  std::shared_ptr<net::shared_connection> shared_;
};

/// The writing half. One thread uses it at a time; writes are tls_socket's.
class SIGNET_EXPORT tls_writer {
 public:
  result<std::size_t> write_some(byte_view bytes, deadline until = {});
  result<void> write_all(byte_view bytes, deadline until = {});
  /// Sends close_notify; the other half reads on.
  result<void> close_write(deadline until = {});

 private:
  friend struct net::shared_connection;
  explicit tls_writer(std::shared_ptr<net::shared_connection> shared) noexcept : shared_(std::move(shared)) {}

  std::shared_ptr<net::shared_connection> shared_;
};

struct halves {
  tls_reader reader;
  tls_writer writer;
};

/// not_supported where the connection does not stand on a descriptor; it stays with its caller then.
SIGNET_EXPORT result<halves> split(tls_socket&& connected);
/// Both halves of one connection together again; no thread may be inside either. invalid_argument for halves of two.
SIGNET_EXPORT result<tls_socket> join(halves&& of_one);

}  // namespace signet
