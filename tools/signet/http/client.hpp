// One request and its answer over a connection of its own, TLS or plain. Nothing is gathered: the body is handed on as
// it arrives, and a body that was cut is an error.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>

#include <signet/net/connect.hpp>

#include "http1/response.hpp"
#include "http1/url.hpp"

namespace tool {

namespace http1 = signet::http1;

struct http_call {
  std::string method = "GET";
  http1::url where = {};
  http1::header_fields fields = {};
  std::string body = {};

  /// Request line, fields and the empty line.
  [[nodiscard]] std::string head() const;
  [[nodiscard]] signet::endpoint server() const { return {.host = where.host, .port = where.port}; }
};

// While an exchange lives, its connection stands; it ends with a goodbye, wherever the exchange came to its end.
class http_exchange {
 public:
  http_exchange(http_exchange&&) noexcept = default;
  http_exchange& operator=(http_exchange&&) = delete;
  // Once the answer is whole, nothing depends on whether the goodbye is heard.
  ~http_exchange();

  /// Connects, sends the call, and reads the head of the answer. Throws signet::exception.
  /// The deadline of the options is that of the whole exchange; `stall` limits each time without a byte that moves.
  static http_exchange over_tls(const http_call& call, const signet::client_config& config,
                                signet::connect_options options, std::chrono::milliseconds stall);
  static http_exchange over_tcp(const http_call& call, signet::tcp_connect_options options,
                                std::chrono::milliseconds stall);

  [[nodiscard]] const http1::response& response() const noexcept { return response_; }
  /// As it came, with its empty line.
  [[nodiscard]] const std::string& head() const noexcept { return head_; }
  /// Null on a plain connection.
  [[nodiscard]] const signet::tls_socket* tls() const noexcept { return std::get_if<signet::tls_socket>(&socket_); }
  [[nodiscard]] signet::endpoint remote_endpoint() const;

  /// Called once: each piece of the body as it arrives. Throws what the sink throws, and signet::exception.
  void read_body(const std::function<void(std::string_view)>& sink);

 private:
  using any_socket = std::variant<signet::tls_socket, signet::tcp_socket>;
  http_exchange(const http_call& call, any_socket socket, signet::deadline whole);
  void send(std::string_view bytes);
  void read_head(const std::string& method);
  /// Somebody else speaks: said as soon as it shows, not when a head never ends.
  void refuse_what_is_not_http() const;
  signet::result<std::size_t> read_some(signet::byte_span into);
  /// A failure of this exchange, with whom it is and what was reached.
  [[nodiscard]] signet::error told(signet::error_parts why) const;
  /// The value, or told() of its error thrown, with this advice where there was none.
  template <class T>
  T checked(signet::result<T> result, const char* advice = "") const;

  any_socket socket_;
  signet::deadline whole_;
  /// As the library's messages name the server.
  std::string whom_;
  std::string buffer_;
  std::string head_;
  http1::response response_;
  std::optional<signet::error> send_failed_;
};

}  // namespace tool
