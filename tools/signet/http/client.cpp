#include "http/client.hpp"

#include <array>

#include "options/connection.hpp"

namespace tool {
namespace {

constexpr std::size_t longest_head = 65536;
constexpr int most_interim_answers = 16;
// What goes out with the handshake's last flight; more is sent once the connection stands.
constexpr std::size_t most_first_bytes = 16384;

signet::error no_answer(const std::string& why) {
  return {signet::errc::protocol_violation, "reading the HTTP response: " + why};
}

// Somebody else speaks: said as soon as it shows, not when a head never ends.
void refuse_what_is_not_http(std::string_view buffer) {
  constexpr std::string_view start = "HTTP/";
  const auto shown = buffer.substr(0, start.size());
  if (start.starts_with(shown)) return;
  if (buffer.starts_with("\x15\x03") || buffer.starts_with("\x16\x03")) {
    throw signet::exception(signet::error(signet::errc::protocol_violation,
                                          "reading the HTTP response: the server speaks TLS, and was spoken to without",
                                          "use https:// instead of http://"));
  }
  throw signet::exception(no_answer("what came is not HTTP"));
}

}  // namespace

std::string http_call::head() const {
  std::string out = method + " " + where.target + " HTTP/1.1\r\n";
  if (fields.count("Host") == 0) out += "Host: " + where.host_field() + "\r\n";
  for (const auto& field : fields.all()) out += field.name + ": " + field.value + "\r\n";
  if (!body.empty() || method == "POST" || method == "PUT")
    out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  if (fields.count("Connection") == 0) out += "Connection: close\r\n";
  return out + "\r\n";
}

http_exchange http_exchange::over_tls(const http_call& call, const signet::client_config& config,
                                      signet::connect_options options, std::chrono::milliseconds stall) {
  std::string first = call.head();
  const bool whole = first.size() + call.body.size() <= most_first_bytes;
  if (whole) first += call.body;
  options.first_bytes = first;
  auto socket = signet::connect(call.server(), config, options).value();
  socket.set_stall_limit(stall);
  socket.set_deadline(options.until);
  http_exchange out(std::move(socket), options.until);
  if (!whole) out.send(call.body);
  out.read_head(call.method);
  return out;
}

http_exchange http_exchange::over_tcp(const http_call& call, signet::tcp_connect_options options,
                                      std::chrono::milliseconds stall) {
  auto socket = signet::tcp_socket::connect(call.server(), options).value();
  socket.set_stall_limit(stall);
  socket.set_deadline(options.until);
  http_exchange out(std::move(socket), options.until);
  out.send(call.head() + call.body);
  out.read_head(call.method);
  return out;
}

signet::endpoint http_exchange::remote_endpoint() const {
  return std::visit([](const auto& socket) { return socket.remote_endpoint(); }, socket_);
}

// A server may answer and hang up before it has heard all: its answer counts for more than our failure to send.
void http_exchange::send(std::string_view bytes) {
  auto sent = std::visit([&](auto& socket) { return socket.write_all(bytes); }, socket_);
  if (!sent) send_failed_ = std::move(sent).error();
}

signet::result<std::size_t> http_exchange::read_some(signet::byte_span into) {
  return std::visit([&](auto& socket) { return socket.read_some(into); }, socket_);
}

void http_exchange::read_head(const std::string& method) {
  std::array<char, 16384> piece{};
  for (int interim = 0;;) {
    if (const auto size = http1::head_size(buffer_, http1::line_ends::crlf_or_lf); size > 0) {
      head_ = buffer_.substr(0, size);
      buffer_.erase(0, size);
      response_ = http1::parse_response(head_, method).value();
      if (!response_.is_interim()) return;
      if (++interim > most_interim_answers) throw signet::exception(no_answer("interim answers without end"));
      continue;
    }
    if (buffer_.size() > longest_head) {
      throw signet::exception(signet::error(
          signet::errc::limit_exceeded,
          "reading the HTTP response: its head is longer than " + std::to_string(longest_head) + " bytes"));
    }
    auto got = read_some(piece);
    if (!got) throw signet::exception(send_failed_ ? *send_failed_ : std::move(got).error());
    if (*got == 0) {
      if (send_failed_) throw signet::exception(*send_failed_);
      throw signet::exception(signet::error(
          signet::errc::end_of_stream, buffer_.empty()
                                           ? "reading the HTTP response: the server closed the connection without one"
                                           : "reading the HTTP response: its head was cut"));
    }
    buffer_.append(piece.data(), *got);
    refuse_what_is_not_http(buffer_);
  }
}

void http_exchange::read_body(const std::function<void(std::string_view)>& sink) {
  std::array<char, 65536> piece{};
  auto& body = response_.body;
  std::string_view arrived = buffer_;
  for (;;) {
    if (whole_.passed() && !body.done()) throw_max_time_is_over("reading the HTTP body");
    while (!arrived.empty() && !body.done()) {
      const auto step = body.feed(arrived).value();
      if (!step.data.empty()) sink(step.data);
      arrived.remove_prefix(step.consumed);
    }
    if (body.done()) return;
    const auto got = read_some(piece);
    if (!got) {
      // How much of it came.
      auto parts = got.error().parts();
      if (const auto cut = body.end(); !cut) parts.details.push_back(cut.error().message());
      throw signet::exception(signet::error(std::move(parts)));
    }
    if (*got == 0) return body.end().value();
    arrived = std::string_view(piece.data(), *got);
  }
}

void http_exchange::close() {
  if (auto* secure = std::get_if<signet::tls_socket>(&socket_)) {
    static_cast<void>(secure->close());
  } else {
    std::get<signet::tcp_socket>(socket_).close();
  }
}

}  // namespace tool
