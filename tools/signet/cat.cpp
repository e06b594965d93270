// signet cat: joins stdin and stdout to a TLS connection.
#include <nlohmann/json.hpp>

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>

#include "commands.hpp"
#include "connection_report.hpp"
#include "json_text.hpp"
#include "options/connection.hpp"
#include "output.hpp"

namespace tool {
namespace {

// One piece of input. When poll(2) says that the socket takes more, a piece of this size does not make us wait for a
// peer that itself waits for us to read.
constexpr std::size_t piece_size = 8192;

class joint {
 public:
  joint(signet::tls_socket socket, bool crlf, std::chrono::milliseconds patience, signet::deadline whole)
      : socket_(std::move(socket)), crlf_(crlf), patience_(patience), whole_(whole) {}

  void run() {
    try {
      while (!(input_ended_ && output_ended_)) {
        if (output_ended_ && quiet_until_ && quiet_until_->passed()) break;
        wait();
      }
      socket_.close().value();
    } catch (const signet::exception& failed) {
      auto parts = failed.error().parts();
      parts.details.push_back("cat: " + std::to_string(received_) + " bytes had come, and " + std::to_string(sent_) +
                              " of " + std::to_string(sent_ + held_.size()) + " had been sent");
      if (!parts.reached) parts.reached = std::make_shared<signet::connection_info>(socket_.info());
      throw signet::exception(signet::error(std::move(parts)));
    }
  }

 private:
  // Waits for whatever can be done, and does it.
  void wait() {
    if (whole_.passed())
      throw signet::exception(
          signet::error({.code = signet::errc::timed_out, .message = "cat: timed out", .phase = "cat"}));
    const bool to_send = !held_.empty();
    std::array<pollfd, 2> waited{pollfd{input_ended_ || to_send ? -1 : STDIN_FILENO, POLLIN, 0},
                                 pollfd{socket_.native_handle(), 0, 0}};
    if (!output_ended_) waited[1].events |= POLLIN;
    if (to_send) waited[1].events |= POLLOUT;
    // A closed far end would be reported again and again.
    if (waited[1].events == 0) waited[1].fd = -1;
    int timeout = -1;
    if (more_to_read_) {
      timeout = 0;
    } else if (output_ended_ && quiet_until_) {
      timeout = signet::deadline::earlier(*quiet_until_, whole_).poll_timeout();
    } else {
      timeout = whole_.poll_timeout();
    }
    const int ready = ::poll(waited.data(), waited.size(), timeout);
    if (ready < 0 && errno != EINTR) throw failure(exit_status::local, std::string("waiting: ") + std::strerror(errno));
    if (ready < 0) return;
    // Reading comes first: it never waits, and a peer whose output is taken goes on taking ours.
    if (!output_ended_ && (more_to_read_ || (waited[1].revents & ~POLLOUT) != 0)) receive();
    if (to_send && (waited[1].revents & ~POLLIN) != 0) send();
    if (waited[0].revents != 0) take_input();
  }

  void receive() {
    more_to_read_ = false;
    auto got = socket_.read_some(buffer_, std::chrono::seconds(0));
    if (!got && got.error().code() == signet::errc::timed_out) return;
    const auto size = std::move(got).value();
    if (size == 0) {
      output_ended_ = true;
      quiet_until_ = signet::deadline(patience_);
      return;
    }
    received_ += size;
    print(std::string_view(buffer_.data(), size));
    // More may be in the socket's hands, where poll(2) does not see it.
    more_to_read_ = true;
  }

  void take_input() {
    std::array<char, piece_size> piece{};
    const ssize_t n = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n < 0) throw failure(exit_status::local, std::string("reading stdin: ") + std::strerror(errno));
    if (n == 0) {
      input_ended_ = true;
      socket_.close_write().value();
      return;
    }
    // The peer has ended, but we may go on.
    if (output_ended_) quiet_until_ = signet::deadline(patience_);
    for (const char c : std::string_view(piece.data(), static_cast<std::size_t>(n))) {
      if (crlf_ && c == '\n' && last_ != '\r') held_ += '\r';
      held_ += c;
      last_ = c;
    }
  }

  void send() {
    const auto piece = std::string_view(held_).substr(0, piece_size);
    const auto gone = socket_.write_some(piece).value();
    sent_ += gone;
    held_.erase(0, gone);
  }

  signet::tls_socket socket_;
  bool crlf_;
  std::chrono::milliseconds patience_;
  signet::deadline whole_;
  std::array<char, 65536> buffer_{};
  std::string held_;
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
  char last_ = 0;
  bool input_ended_ = false;
  bool output_ended_ = false;
  bool more_to_read_ = true;
  std::optional<signet::deadline> quiet_until_;
};

}  // namespace

exit_status run_cat(arguments args) {
  command_line line(
      "signet cat",
      "Joins stdin and stdout to a verified TLS connection. The end of the input ends our direction only.",
      "  signet cat example.org:443\n"
      "  printf 'GET / HTTP/1.0\\n\\n' | signet cat --crlf www.example.org:https\n"
      "  signet cat -v --ca ca.pem --name server.test localhost:4433 < request > answer\n"
      "  signet cat --crlf --starttls smtp mail.example.org:submission\n");
  std::string address;
  bool crlf = false;
  bool json = false;
  std::string wait = "1";
  client_flags client;
  line.add_option("address", address, "a name, an IPv4 address or [IPv6], and a port or a service's name")
      .required()
      .type_name("HOST:PORT");
  line.add_flag("--crlf", crlf, "send each line of the input with CR LF");
  client.add_verbose_to(line);
  line.add_flag("--json", json, "when no connection comes about, print why as a JSON object");
  line.add_option("--wait", wait, "how long to wait for input once the peer has ended (1)").type_name("SECONDS");
  client.add_to(line);
  client.add_starttls_to(line);
  if (const auto over = line.read(args)) return *over;
  client.check("cat");
  const auto patience = parse_seconds("cat", "--wait", wait);

  const auto to = signet::endpoint::parse(address, client.default_port()).value();
  bool connected = false;
  try {
    auto socket = client.connect(to, client.config(), client.verbose() ? verbosity::verbose : verbosity::quiet);
    connected = true;
    warn_of_findings(socket);
    if (client.verbose()) say_connection(socket);
    joint(std::move(socket), crlf, patience, client.whole()).run();
  } catch (const signet::exception& failed) {
    const auto why = client.told(failed.error());
    if (client.verbose()) say_what_was_reached(why, connected ? told_before::yes : told_before::no);
    // Later on stdout is the peer's.
    if (json && !connected) print(to_text({{"peer", signet::to_string(to)}, {"failure", json_of(why)}}) + "\n");
    throw signet::exception(why);
  }
  return exit_status::ok;
}

}  // namespace tool
