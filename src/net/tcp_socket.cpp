#include <signet/net/tcp_socket.hpp>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "net/race.hpp"
#include "net/resolve.hpp"
#include "net/tcp_socket_impl.hpp"

namespace signet {
namespace {

constexpr std::string_view reading = "reading";
constexpr std::string_view writing = "writing";

bool usable(const std::unique_ptr<tcp_socket::impl>& s) noexcept {
  return s && s->fd;
}

// Opens a reading call and returns its step.
auto reader(tcp_socket::impl& s, deadline until) {
  s.wire.begin(reading, net::deadline_of_call(until, s.timeout));
  return [&s](byte_span buffer) -> result<std::size_t> {
    auto got = s.wire.read(buffer);
    if (!got) return std::move(got).error();
    return got->bytes;
  };
}
auto named(const tcp_socket::impl& s) {
  return [&s] { return s.whom.describe(); };
}

}  // namespace

void net::part(int fd) noexcept {
  ::shutdown(fd, SHUT_WR);
  std::array<char, 16384> scrap;
  std::size_t left = std::size_t{1} << 20;
  while (left > 0) {
    const auto n = ::recv(fd, scrap.data(), std::min(left, scrap.size()), MSG_DONTWAIT);
    if (n > 0) {
      if (static_cast<std::size_t>(n) < scrap.size()) return;  // that was all
      left -= static_cast<std::size_t>(n);
    } else if (n == 0 || errno != EINTR) {
      return;
    }
  }
}

result<tcp_socket> tcp_socket::connect(const endpoint& to, tcp_connect_options options) {
  const auto whom = to_string(to);
  if (to.host.empty()) return error(errc::invalid_endpoint, whom + ": connecting: there is no host to connect to");
  if (to.port == 0)
    return error(errc::invalid_endpoint, whom + ": connecting: there is no port 0 to connect to",
                 "name a port from 1 to 65535");
  const auto until = net::deadline_of(options);
  auto addresses = net::resolve(to, options.family, until);
  if (!addresses) return std::move(addresses).error();
  auto won = net::race(whom, net::interleaved(*addresses), until);
  if (!won) return std::move(won).error();
  return tcp_socket(std::make_unique<impl>(std::move(won->socket), net::peer{whom, won->address, net::side::client}));
}

result<tcp_socket> tcp_socket::adopt(int descriptor) {
  const auto refused = [descriptor](const std::string& why) {
    return error(errc::invalid_argument, "descriptor " + std::to_string(descriptor) + ": " + why);
  };
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
    return refused(errno == ENOTSOCK ? "it is not a socket" : net::reason_of(errno));
  if (type != SOCK_STREAM) return refused("it is not a stream socket");
  const auto there = net::remote_address(descriptor);
  if (there.size == 0) return refused("it is not connected");
  const int flags = ::fcntl(descriptor, F_GETFD);
  if (flags < 0 || ::fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) != 0) return refused(net::reason_of(errno));
  // A socket of another family has no such option, and no such delay.
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return tcp_socket(std::make_unique<impl>(net::descriptor(descriptor), net::peer{{}, there, net::side::client}));
}

tcp_socket::tcp_socket(std::unique_ptr<impl> made) noexcept : impl_(std::move(made)) {}
tcp_socket::tcp_socket(tcp_socket&&) noexcept = default;
tcp_socket& tcp_socket::operator=(tcp_socket&&) noexcept = default;
tcp_socket::~tcp_socket() = default;

void tcp_socket::set_timeout(std::chrono::milliseconds each_call) noexcept {
  if (impl_) impl_->timeout = each_call;
}

result<std::size_t> tcp_socket::read_some(byte_span buffer, deadline until) {
  if (!usable(impl_)) return net::not_open(reading);
  return impl_->held.read_some(buffer, reader(*impl_, until));
}

result<void> tcp_socket::read_exactly(byte_span buffer, deadline until) {
  if (!usable(impl_)) return net::not_open(reading);
  return impl_->held.read_exactly(buffer, reader(*impl_, until), named(*impl_));
}

result<std::string> tcp_socket::read_all(read_limit limit, deadline until) {
  if (!usable(impl_)) return net::not_open(reading);
  return impl_->held.read_all(limit, reader(*impl_, until), named(*impl_));
}

result<std::string> tcp_socket::read_line(read_limit limit, deadline until) {
  if (!usable(impl_)) return net::not_open(reading);
  return impl_->held.read_line(limit, reader(*impl_, until), named(*impl_));
}

result<std::string> tcp_socket::read_until(std::string_view delimiter, read_limit limit, deadline until) {
  if (!usable(impl_)) return net::not_open(reading);
  return impl_->held.read_until(delimiter, limit, reader(*impl_, until), named(*impl_));
}

result<std::size_t> tcp_socket::write_some(byte_view bytes, deadline until) {
  if (!usable(impl_)) return net::not_open(writing);
  if (impl_->write_ended) return net::already_ended(impl_->whom.describe(), writing);
  if (bytes.empty()) return std::size_t{0};
  impl_->wire.begin(writing, net::deadline_of_call(until, impl_->timeout));
  auto sent = impl_->wire.write(bytes);
  if (!sent) return std::move(sent).error();
  return sent->bytes;
}

result<void> tcp_socket::write_all(byte_view bytes, deadline until) {
  if (!usable(impl_)) return net::not_open(writing);
  if (impl_->write_ended) return net::already_ended(impl_->whom.describe(), writing);
  impl_->wire.begin(writing, net::deadline_of_call(until, impl_->timeout));
  while (!bytes.empty()) {
    auto sent = impl_->wire.write(bytes);
    if (!sent) return std::move(sent).error();
    bytes = bytes.subspan(sent->bytes);
  }
  return {};
}

result<void> tcp_socket::close_write() {
  if (!usable(impl_)) return net::not_open("closing");
  if (std::exchange(impl_->write_ended, true)) return {};
  if (::shutdown(impl_->fd.get(), SHUT_WR) != 0) return net::io_failure(impl_->whom, "closing", errno);
  return {};
}

void tcp_socket::close() noexcept {
  if (impl_) impl_->fd.reset();
}

bool tcp_socket::is_open() const noexcept {
  return usable(impl_);
}

endpoint tcp_socket::local_endpoint() const {
  return usable(impl_) ? net::to_endpoint(net::local_address(impl_->fd.get())) : endpoint{};
}

endpoint tcp_socket::remote_endpoint() const {
  return impl_ ? net::to_endpoint(impl_->whom.address) : endpoint{};
}

int tcp_socket::native_handle() const noexcept {
  return impl_ ? impl_->fd.get() : -1;
}

result<int> tcp_socket::release() {
  if (!usable(impl_)) return net::not_open("releasing");
  if (const auto held = impl_->held.buffered(); held != 0)
    return error(
        errc::unread_data,
        impl_->whom.describe() + ": releasing: " + std::to_string(held) + " bytes that were read ahead would be lost",
        "read them first");
  return impl_->fd.release();
}

std::size_t tcp_socket::buffered() const noexcept {
  return impl_ ? impl_->held.buffered() : 0;
}

}  // namespace signet
