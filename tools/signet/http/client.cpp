#include "http/client.hpp"

#include <array>
#include <memory>
#include <utility>

#include "connection_report.hpp"
#include "http1/violation.hpp"

namespace tool {
namespace {

constexpr std::size_t longest_head = 65536;
constexpr int most_interim_answers = 16;
// What goes out with the handshake's last flight; more is sent once the connection stands.
constexpr std::size_t most_first_bytes = 16384;

constexpr std::size_t one_piece = 65536;

constexpr std::string_view reading_response = "reading the HTTP response";
constexpr std::string_view reading_body = "reading the HTTP body";
constexpr const char* our_version = "HTTP/1.x";

constexpr const char* ask_its_log = "the server broke off or is at fault: its own log says more";
constexpr const char* wait_longer = "if the server takes longer to answer, wait longer with --timeout";

std::string count_of(std::uint64_t bytes) {
  return std::to_string(bytes) + " bytes";
}

signet::error no_answer(std::string why, std::string expected, std::string presented,
                        signet::errc code = signet::errc::protocol_violation) {
  return http1::violation(reading_response, std::move(why), std::move(expected), std::move(presented), code);
}

// What goes out at first, and the rest of the body.
std::pair<std::string, std::string_view> as_sent(const http_call& call) {
  auto first = call.head();
  if (first.size() + call.body.size() > most_first_bytes) return {std::move(first), call.body};
  first += call.body;
  return {std::move(first), {}};
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
  const auto [first, rest] = as_sent(call);
  options.first_bytes = first;
  auto socket = signet::connect(call.server(), config, options).value();
  socket.set_stall_limit(stall);
  socket.set_deadline(options.until);
  http_exchange out(call, std::move(socket), options.until);
  out.send(rest);
  out.read_head(call.method);
  return out;
}

http_exchange http_exchange::over_tcp(const http_call& call, signet::tcp_connect_options options,
                                      std::chrono::milliseconds stall) {
  auto socket = signet::tcp_socket::connect(call.server(), options).value();
  socket.set_stall_limit(stall);
  socket.set_deadline(options.until);
  http_exchange out(call, std::move(socket), options.until);
  const auto [first, rest] = as_sent(call);
  out.send(first);
  out.send(rest);
  out.read_head(call.method);
  return out;
}

http_exchange::http_exchange(const http_call& call, any_socket socket, signet::deadline whole)
    : socket_(std::move(socket)), whole_(whole), whom_(signet::to_string(call.server())) {
  const auto there = remote_endpoint();
  if (!there.host.empty() && signet::to_string(there) != whom_) whom_ += " (" + there.host + ')';
}

http_exchange::~http_exchange() {
  if (auto* secure = std::get_if<signet::tls_socket>(&socket_)) {
    static_cast<void>(secure->close());
  } else {
    std::get<signet::tcp_socket>(socket_).close();
  }
}

signet::error http_exchange::told(signet::error_parts why) const {
  if (why.whom.empty()) {
    why.message = whom_ + ": " + why.message;
    why.whom = whom_;
  }
  if (!why.reached && tls() != nullptr) why.reached = std::make_shared<signet::connection_info>(tls()->info());
  return signet::error(std::move(why));
}

template <class T>
T http_exchange::checked(signet::result<T> result, const char* advice) const {
  if (result) return std::move(result).value();
  auto parts = result.error().parts();
  if (parts.hint.empty()) parts.hint = advice;
  throw signet::exception(told(std::move(parts)));
}

signet::endpoint http_exchange::remote_endpoint() const {
  return std::visit([](const auto& socket) { return socket.remote_endpoint(); }, socket_);
}

// A server may answer and hang up before it has heard all: its answer counts for more than our failure to send.
void http_exchange::send(std::string_view bytes) {
  for (std::size_t gone = 0; gone < bytes.size() && !send_failed_;) {
    const auto piece = bytes.substr(gone, one_piece);
    const auto sent = std::visit([&](auto& socket) { return socket.write_all(piece); }, socket_);
    if (sent) {
      gone += piece.size();
      continue;
    }
    auto parts = sent.error().parts();
    parts.details.push_back("sending the HTTP request: it was cut after " + std::to_string(gone) + " of " +
                            count_of(bytes.size()));
    send_failed_ = signet::error(std::move(parts));
  }
}

void http_exchange::refuse_what_is_not_http() const {
  constexpr std::string_view start = "HTTP/";
  const std::string_view came = buffer_;
  if (start.starts_with(came.substr(0, start.size()))) return;
  const bool is_tls = came.starts_with("\x15\x03") || came.starts_with("\x16\x03");
  if (is_tls)
    checked<void>(no_answer("the server speaks TLS, and was spoken to without", our_version, "TLS"),
                  "use https:// instead of http://");
  const auto began = http1::quoted(came.substr(0, came.find_first_of("\r\n")));
  checked<void>(no_answer("what came is not HTTP: it began with " + began, our_version, began),
                "no HTTP/1.x server answers on this port: check the port; signet cat speaks to servers of other kinds");
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
      response_ = checked(http1::parse_response(head_, method), ask_its_log);
      if (!response_.is_interim()) return;
      if (++interim > most_interim_answers)
        checked<void>(no_answer("interim answers without end", "a last answer",
                                std::to_string(interim) + " of status " + std::to_string(response_.status)),
                      ask_its_log);
      continue;
    }
    if (buffer_.size() > longest_head)
      checked<void>(no_answer("its head is longer than " + count_of(longest_head), count_of(longest_head) + " at most",
                              "more", signet::errc::limit_exceeded),
                    ask_its_log);
    const auto got = read_some(piece);
    if (send_failed_ && (!got || *got == 0)) checked<void>(*send_failed_);
    const auto size = checked(got, got || got.error().code() == signet::errc::timed_out ? wait_longer : "");
    if (size == 0) {
      const bool is_silent = buffer_.empty();
      const bool is_plain = tls() == nullptr;
      const auto wanted = is_plain ? std::string() : requested_of_us(tls()->info());
      if (is_silent && !wanted.empty())
        checked<void>(no_answer("the server asked for " + wanted + " and closed the connection without an answer",
                                wanted, "nothing", signet::errc::end_of_stream),
                      "give a certificate that it accepts (--cert FILE)");
      checked<void>(
          no_answer(is_silent ? "the server closed the connection without one"
                              : "its head was cut after " + count_of(buffer_.size()),
                    "an HTTP head up to its empty line", is_silent ? "nothing" : count_of(buffer_.size()),
                    signet::errc::end_of_stream),
          is_silent && is_plain ? "if TLS is spoken on this port, use https:// instead of http://" : ask_its_log);
    }
    buffer_.append(piece.data(), size);
    refuse_what_is_not_http();
  }
}

void http_exchange::read_body(const std::function<void(std::string_view)>& sink) {
  std::array<char, 65536> piece{};
  auto& body = response_.body;
  std::string_view arrived = buffer_;
  for (;;) {
    // A server that always has more ready does not outlive the deadline.
    if (whole_.passed() && !body.done())
      checked<void>(http1::violation(reading_body, "timed out", "", "", signet::errc::timed_out));
    while (!arrived.empty() && !body.done()) {
      const auto step = checked(body.feed(arrived), ask_its_log);
      if (!step.data.empty()) sink(step.data);
      arrived.remove_prefix(step.consumed);
    }
    if (body.done()) return;
    const auto got = read_some(piece);
    if (!got) {
      // How much of it came.
      auto parts = got.error().parts();
      if (const auto cut = body.end(); !cut) parts.details.push_back(cut.error().message());
      if (parts.hint.empty() && parts.code == signet::errc::timed_out) parts.hint = wait_longer;
      throw signet::exception(told(std::move(parts)));
    }
    if (*got == 0) return checked(body.end(), ask_its_log);
    arrived = std::string_view(piece.data(), *got);
  }
}

}  // namespace tool
