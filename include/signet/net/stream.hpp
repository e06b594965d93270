// A std::iostream over a socket: std::getline, >> and << with a verified peer.
//
// Output is gathered, up to one TLS record of 16 KiB, and leaves with std::flush or std::endl, when that room is full,
// on close(), and before a read that has to wait, as std::cout does before std::cin reads. Nothing is translated:
// getline() leaves the CR of a CRLF in its line. There is no position to tell or to seek.
//
// An end that the peer declared sets eofbit and failbit, as the end of a file does. Everything else (truncated, timed
// out, reset, a bad record) sets badbit as well, and error() tells: who asks whether all has come asks bad(). Nothing
// is thrown unless exceptions() asks for it; what() is then the error's whole sentence. One thread uses it at a time.
#pragma once

#include <chrono>
#include <istream>
#include <memory>
#include <optional>
#include <variant>

#include <signet/net/tcp_socket.hpp>
#include <signet/net/tls_socket.hpp>

namespace signet {

class SIGNET_EXPORT stream : public std::iostream {
 public:
  /// What it stands on.
  using any_socket = std::variant<tls_socket, tcp_socket>;

  explicit stream(tls_socket on);
  explicit stream(tcp_socket on);
  /// What was moved from is bad() and reads and writes nothing.
  stream(stream&& other) noexcept;
  stream& operator=(stream&& other) noexcept;
  /// Releases. Sends nothing, not what was gathered either: a destructor does not wait and cannot tell a failure. Call
  /// flush() or close() first.
  ~stream() override;

  /// Why badbit is set; nothing while it is not, so that clear() ends it. After clear() a read that timed out may be
  /// repeated and has lost nothing; after a write that failed every further one fails with the same error.
  [[nodiscard]] std::optional<signet::error> error() const;

  /// How long each wait may take, at most; none unless set, zero takes it away.
  void set_timeout(std::chrono::milliseconds each_call);

  /// Sends what was gathered, then closes as the socket does (with close_notify, over TLS). Done once; after that it
  /// does nothing. Of several failures the first is returned.
  result<void> close();

  /// For its other questions: std::get<tls_socket>(s.socket()).info(). Reading or writing it directly breaks the order
  /// of bytes. Not to be asked of one that was moved from.
  [[nodiscard]] any_socket& socket();
  /// Gives the socket up. unread_data while bytes are held that were read ahead or not sent yet; flush() sends those.
  result<any_socket> release();

 private:
  class buffer;
  explicit stream(any_socket on);
  void take_over(stream& other) noexcept;

  std::unique_ptr<buffer> buffer_;
};

}  // namespace signet
