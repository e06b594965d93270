#include "serve/service.hpp"

#include "serve/idle_clients.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>

namespace tool {
namespace {

constexpr std::size_t longest_head = 32768;
constexpr std::uint64_t most_discarded = std::uint64_t{1} << 20;

// The next bytes of a client from which none are due; nothing when the server stops or needs the room, or the client
// has been silent for too long.
template <class Socket>
std::optional<std::size_t> read_or_stop(Socket& client, std::optional<idle_clients::stay>& idle, idle_clients& others,
                                        signet::byte_span into, int stop, signet::deadline until) {
  for (;;) {
    if (idle && idle->has_to_go()) return {};
    // What has come already needs no waiting, and may be in the socket's hands where poll(2) does not see it.
    auto got = client.read_some(into, std::chrono::seconds(0));
    // It may have been asked to go in between.
    if ((!got || *got == 0) && idle && idle->has_to_go()) return {};
    if (got) return *got;
    if (got.error().code() != signet::errc::timed_out) throw signet::exception(std::move(got).error());
    if (!idle) {
      idle.emplace(others, client.native_handle());
      // It may have come in between.
      continue;
    }
    std::array<pollfd, 2> waited{pollfd{client.native_handle(), POLLIN, 0}, pollfd{stop, POLLIN, 0}};
    const int ready = ::poll(waited.data(), waited.size(), until.poll_timeout());
    if (ready < 0 && errno != EINTR) return {};
    if (ready == 0 && until.passed()) return {};
    if (ready > 0 && waited[0].revents == 0) return {};
  }
}

bool is_raised(int stop) {
  pollfd waited{stop, POLLIN, 0};
  return ::poll(&waited, 1, 0) > 0;
}

void end(signet::tls_socket& client) {
  client.close().value();
}
void end(signet::tcp_socket& client) {
  client.close_write().value();
  client.close();
}

// Sends a part of a file. False when the file has become shorter than was promised: the client must not take what it
// has for the whole.
template <class Socket>
bool send_file(Socket& client, std::string first, const http_answer& answer) {
  std::array<char, 65536> piece{};
  std::uint64_t sent = 0;
  while (sent < answer.length) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), answer.length - sent));
    const ssize_t n = ::pread(answer.file.get(), piece.data(), wanted, static_cast<off_t>(answer.offset + sent));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    sent += static_cast<std::uint64_t>(n);
    if (first.empty()) {
      client.write_all(std::string_view(piece.data(), static_cast<std::size_t>(n))).value();
    } else {
      // The head leaves together with the first piece.
      first.append(piece.data(), static_cast<std::size_t>(n));
      client.write_all(first).value();
      first.clear();
    }
  }
  if (!first.empty()) client.write_all(first).value();
  return sent == answer.length;
}

// One client's requests and answers.
template <class Socket>
class site_conversation {
 public:
  site_conversation(Socket& client, const static_site& site, idle_clients& others, int stop,
                    const service_limits& limits)
      : client_(client), site_(site), others_(others), stop_(stop), limits_(limits) {}

  void run() {
    while (!is_raised(stop_) && next_request()) {
    }
    if (!cut_) end(client_);
  }

 private:
  // False when the conversation is over.
  bool next_request() {
    if (!first_bytes()) return false;
    const signet::deadline until(limits_.each_step);
    std::size_t size = 0;
    // One whose lines end otherwise is refused, and at once.
    while ((size = http1::head_size(buffer_, http1::line_ends::crlf_or_lf)) == 0) {
      if (buffer_.size() > longest_head) return refuse({431, "the head of the request is too long"});
      auto got = client_.read_some(piece_, until);
      if (!got && got.error().code() == signet::errc::timed_out)
        return refuse({408, "the request did not come in time"});
      if (got.value() == 0) return false;
      buffer_.append(piece_.data(), *got);
    }
    auto parsed = http1::parse_request(std::string_view(buffer_).substr(0, size));
    buffer_.erase(0, size);
    if (const auto* refusal = std::get_if<http1::refusal>(&parsed)) return refuse(*refusal);
    auto& request = std::get<http1::request>(parsed);
    bool stay = request.keep_alive() && !is_raised(stop_);
    // A client that waits for our leave to send its body does not get it: no answer here depends on one.
    if (request.fields.count("Expect") > 0 && !request.body.done()) {
      stay = false;
    } else if (!discard_body(request.body)) {
      return refuse({413, "the body of the request is too long"});
    }
    const auto answer = site_.answer(request);
    std::string head = answer.head(stay, request.minor_version);
    if (request.method == "HEAD" || answer.status == 304) {
      client_.write_all(head).value();
    } else if (!answer.file) {
      client_.write_all(head + answer.text).value();
    } else if (!send_file(client_, std::move(head), answer)) {
      cut_ = true;
      return false;
    }
    return stay;
  }

  // At least one byte of the next request; false when there is none to come.
  bool first_bytes() {
    // Empty lines make neither of the two longer.
    const signet::deadline until(limits_.idle);
    std::optional<idle_clients::stay> idle;
    for (;;) {
      // RFC 9112 section 2.2: empty lines before a request are passed over.
      while (buffer_.starts_with("\r\n")) buffer_.erase(0, 2);
      if (!buffer_.empty() && buffer_ != "\r") return true;
      const auto got = [&]() -> std::optional<std::size_t> {
        try {
          return read_or_stop(client_, idle, others_, piece_, stop_, until);
        } catch (const signet::exception& e) {
          // Between requests many clients just hang up; nothing is lost by that.
          const auto code = e.error().code();
          if (code != signet::errc::truncated && code != signet::errc::connection_reset) throw;
          cut_ = true;
          return {};
        }
      }();
      if (!got || *got == 0) return false;
      buffer_.append(piece_.data(), *got);
    }
  }

  bool discard_body(http1::body_decoder& body) {
    // Nobody wants it, so it may not hold the place of somebody else for long.
    const signet::deadline until(limits_.stall);
    std::uint64_t discarded = 0;
    std::string_view arrived = buffer_;
    for (;;) {
      while (!arrived.empty() && !body.done()) {
        const auto step = body.feed(arrived);
        if (!step) return false;
        arrived.remove_prefix(step->consumed);
        discarded += step->consumed;
        if (discarded > most_discarded) return false;
      }
      if (body.done()) break;
      const auto got = client_.read_some(piece_, until).value();
      if (got == 0) return false;
      buffer_.assign(piece_.data(), got);
      arrived = buffer_;
    }
    buffer_.erase(0, buffer_.size() - arrived.size());
    return true;
  }

  bool refuse(const http1::refusal& refusal) {
    const auto answer = plain_answer(refusal.status, refusal.why);
    client_.write_all(answer.head(false, 1) + answer.text).value();
    return false;
  }

  Socket& client_;
  const static_site& site_;
  idle_clients& others_;
  int stop_;
  const service_limits& limits_;
  std::array<char, 16384> piece_{};
  std::string buffer_;
  bool cut_ = false;
};

template <class Socket>
void echo(Socket& client, idle_clients& others, int stop, const service_limits& limits) {
  std::array<char, 65536> piece{};
  for (;;) {
    std::optional<idle_clients::stay> idle;
    const auto got = read_or_stop(client, idle, others, piece, stop, limits.idle);
    if (!got || *got == 0) break;
    client.write_all(std::string_view(piece.data(), *got)).value();
  }
  end(client);
}

}  // namespace

client_service echo_service(const service_limits& limits) {
  const auto others = std::make_shared<idle_clients>();
  const auto serve = [others, limits](auto& client, int stop) { echo(client, *others, stop, limits); };
  return {.secure = serve, .plain = serve, .make_room = [others] { others->longest_goes(); }};
}

client_service site_service(static_site site, const service_limits& limits) {
  const auto shared = std::make_shared<const static_site>(std::move(site));
  const auto others = std::make_shared<idle_clients>();
  const auto serve = [shared, others, limits](auto& client, int stop) {
    site_conversation(client, *shared, *others, stop, limits).run();
  };
  return {.secure = serve, .plain = serve, .make_room = [others] { others->longest_goes(); }};
}

}  // namespace tool
