#include <signet/net/tcp_socket.hpp>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/printable.hpp"
#include "base/sentence.hpp"
#include "base/tracing.hpp"
#include "net/channel/gathered_writer.hpp"
#include "net/channel/pipe_channel.hpp"
#include "net/channel/stream_channel.hpp"
#include "net/connect/pending_connect.hpp"
#include "net/connect/race.hpp"
#include "net/connect/resolve.hpp"
#include "net/connect/unix_path.hpp"
#include "net/tcp_socket_impl.hpp"
#include "net/tls_socket_impl.hpp"

namespace signet {
namespace {

constexpr std::string_view reading = "reading";
constexpr std::string_view writing = "writing";
constexpr std::string_view releasing = "releasing";

bool usable(const std::unique_ptr<tcp_socket_impl>& s) noexcept {
  return s && s->wire && s->wire->is_open();
}

// Opens a reading call and returns its step.
auto reader(tcp_socket_impl& s, deadline until) {
  s.wire->begin(reading, s.patience.of_call(until));
  return [&s](byte_span buffer) -> result<std::size_t> {
    auto got = s.wire->read(buffer);
    if (!got) return std::move(got).error();
    return got->bytes;
  };
}
auto named(const tcp_socket_impl& s) {
  return [&s] { return s.wire->describe(); };
}

error refused_descriptor(int descriptor, const std::string& why) {
  return base::sentence{.whom = "descriptor " + std::to_string(descriptor), .why = why}.as(errc::invalid_argument);
}

result<void> close_on_exec(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFD);
  if (flags < 0 || ::fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) != 0)
    return refused_descriptor(descriptor, net::reason_of(errno));
  return {};
}

// As inetd gives it: stdin and stdout are copies of one another.
bool are_one_socket(int one, int other) {
  struct stat a {};
  struct stat b {};
  return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && S_ISSOCK(a.st_mode) && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

result<void> open_for(int descriptor, int refused_mode, std::string_view what) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0) return refused_descriptor(descriptor, net::reason_of(errno));
  if ((flags & O_ACCMODE) == refused_mode)
    return refused_descriptor(descriptor, "it is not open for " + std::string(what));
  return {};
}

}  // namespace

result<tcp_socket> tcp_socket::connect(const endpoint& to, tcp_connect_options options) {
  if (auto ok = net::may_connect(to); !ok) return std::move(ok).error();
  const auto whom = to_string(to);
  const auto until = net::deadline_of(options);
  auto from = net::local_end::of(options.local_address, whom);
  if (!from) return std::move(from).error();
  const auto tell = [&options](auto&& words) { base::tell(options.trace, trace_level::steps, words); };
  tell([&] { return "looking up " + to.host; });
  auto addresses = net::resolve(to, {options.family, options.lookup}, until);
  if (!addresses) return std::move(addresses).error();
  tell([&] {
    std::vector<std::string> texts;
    for (const auto& one : *addresses) texts.push_back(net::to_endpoint(one).host);
    return "found " + base::listed(texts);
  });
  auto permitted = net::addresses_to_try(whom, *addresses, options.permit, *from);
  if (!permitted) return std::move(permitted).error();
  auto won = net::race(whom, *permitted, until, net::usual_head_start, *std::move(from));
  if (!won) return std::move(won).error();
  for (const auto& attempt : won->trace) tell([&] { return "tried " + attempt; });
  tell([&] { return "connected to " + net::to_string(won->address); });
  return tcp_socket(std::make_unique<impl>(std::move(won->socket), net::peer{whom, won->address, net::side::client}));
}

result<tcp_socket> tcp_socket::connect_unix(const std::filesystem::path& to, unix_connect_options options) {
  const auto tell = [&options](auto&& words) { base::tell(options.trace, trace_level::steps, words); };
  const auto whom = net::unix_name(to);
  tell([&] { return "connecting to " + whom; });
  auto made = net::connect_unix(to, net::deadline_of(options));
  if (!made) return std::move(made).error();
  tell([&] { return "connected to " + whom; });
  const auto there = net::remote_address(made->get());
  return tcp_socket(std::make_unique<impl>(*std::move(made), net::peer{whom, there, net::side::client}));
}

result<tcp_socket> tcp_socket::adopt(int descriptor) {
  const auto refused = [descriptor](const std::string& why) { return refused_descriptor(descriptor, why); };
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
    return refused(errno == ENOTSOCK ? "it is not a socket" : net::reason_of(errno));
  if (type != SOCK_STREAM) return refused("it is not a stream socket");
  const auto there = net::remote_address(descriptor);
  if (there.size == 0) return refused("it is not connected");
  if (auto kept = close_on_exec(descriptor); !kept) return std::move(kept).error();
  // A socket of another family has no such option, and no such delay.
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return tcp_socket(std::make_unique<impl>(base::descriptor(descriptor), net::peer{{}, there, net::side::client}));
}

result<tcp_socket> tcp_socket::adopt(int in, int out) {
  if (in == out) return adopt(in);
  if (are_one_socket(in, out)) {
    auto made = adopt(in);
    if (made) ::close(out);
    return made;
  }
  if (auto ok = open_for(in, O_WRONLY, "reading"); !ok) return std::move(ok).error();
  if (auto ok = open_for(out, O_RDONLY, "writing"); !ok) return std::move(ok).error();
  // Once neither is refused any more: a caller gets them back as they were.
  for (const int one : {in, out})
    if (auto kept = close_on_exec(one); !kept) return std::move(kept).error();
  return tcp_socket(std::make_unique<impl>(
      std::make_unique<net::pipe_channel>(base::descriptor(in), base::descriptor(out), net::peer{})));
}

tcp_socket tcp_socket::over(std::unique_ptr<byte_stream> below) {
  return tcp_socket(std::make_unique<impl>(std::make_unique<net::stream_channel>(std::move(below), net::peer{})));
}

tcp_socket tcp_socket::over(tls_socket below) {
  // Nothing to stand on: closed from the start.
  if (!below.is_open()) return tcp_socket(std::unique_ptr<impl>());
  auto& outer = inside(below);
  auto whom = outer.wire().whom();
  const auto patience = outer.patience;
  auto made = std::make_unique<impl>(
      std::make_unique<net::tls_channel>(std::make_unique<net::tls_below>(std::move(below)), std::move(whom)));
  made->patience = patience;
  return tcp_socket(std::move(made));
}

tcp_socket::tcp_socket(std::unique_ptr<impl> made) noexcept : impl_(std::move(made)) {}
tcp_socket::tcp_socket(tcp_socket&&) noexcept = default;
tcp_socket& tcp_socket::operator=(tcp_socket&&) noexcept = default;
tcp_socket::~tcp_socket() = default;

void tcp_socket::set_timeout(std::chrono::milliseconds each_call) noexcept {
  if (impl_) impl_->patience.timeout = each_call;
}

void tcp_socket::set_stall_limit(std::chrono::milliseconds without_progress) noexcept {
  if (impl_) impl_->patience.stall = without_progress;
}

void tcp_socket::set_deadline(deadline whole_connection) noexcept {
  if (impl_) impl_->patience.whole = whole_connection;
}

result<std::size_t> tcp_socket::peek(byte_span buffer, deadline until) {
  if (!usable(impl_)) return net::not_open(reading);
  return impl_->held.peek(buffer, reader(*impl_, until));
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
  impl_->wire->begin(writing, impl_->patience.of_call(until));
  if (impl_->write_ended) return impl_->wire->already_ended();
  if (bytes.empty()) return std::size_t{0};
  auto sent = impl_->wire->write(bytes);
  if (!sent) return std::move(sent).error();
  return sent->bytes;
}

result<void> tcp_socket::write_all(byte_view bytes, deadline until) {
  return write_gathered(std::span(&bytes, 1), until);
}

result<void> tcp_socket::write_gathered(std::span<const byte_view> parts, deadline until) {
  if (!usable(impl_)) return net::not_open(writing);
  impl_->wire->begin(writing, impl_->patience.of_call(until));
  if (impl_->write_ended) return impl_->wire->already_ended();
  const auto write = [this](byte_view bytes) -> result<void> {
    while (!bytes.empty()) {
      auto sent = impl_->wire->write(bytes);
      if (!sent) return std::move(sent).error();
      bytes = bytes.subspan(sent->bytes);
    }
    return {};
  };
  if (parts.size() == 1) return write(parts.front());
  return net::write_gathered(parts, write);
}

result<void> tcp_socket::close_write() {
  if (!usable(impl_)) return net::not_open("closing");
  if (std::exchange(impl_->write_ended, true)) return {};
  impl_->wire->begin("closing", impl_->patience.of_call({}));
  return impl_->wire->end_writing();
}

void tcp_socket::close() noexcept {
  if (usable(impl_)) impl_->wire->end();
}

void tcp_socket::reset() noexcept {
  if (usable(impl_) && !impl_->wire->reset()) impl_->wire->end();
}

void tcp_socket::abandon() noexcept {
  if (usable(impl_)) impl_->wire->close();
}

bool tcp_socket::is_open() const noexcept {
  return usable(impl_);
}

endpoint tcp_socket::local_endpoint() const {
  return usable(impl_) ? net::to_endpoint(net::local_address(impl_->wire->read_handle())) : endpoint{};
}

endpoint tcp_socket::remote_endpoint() const {
  return impl_ && impl_->wire ? net::to_endpoint(impl_->wire->whom().address) : endpoint{};
}

int tcp_socket::native_handle() const noexcept {
  return usable(impl_) ? impl_->wire->read_handle() : -1;
}

int tcp_socket::write_handle() const noexcept {
  return usable(impl_) ? impl_->wire->write_handle() : -1;
}

namespace {

// What was read ahead belongs to the stream, and would be lost with the socket.
result<void> nothing_held(const tcp_socket_impl& s) {
  const auto held = s.held.buffered();
  if (held == 0) return {};
  return base::sentence{.whom = s.wire->describe(),
                        .phase = releasing,
                        .why = std::to_string(held) + " bytes that were read ahead would be lost",
                        .hint = "read them first"}
      .as(errc::unread_data);
}

}  // namespace

result<int> tcp_socket::release() {
  if (!usable(impl_)) return net::not_open(releasing);
  if (auto ok = nothing_held(*impl_); !ok) return std::move(ok).error();
  return impl_->wire->release();
}

result<tls_socket> tcp_socket::release_tls() {
  if (!usable(impl_)) return net::not_open(releasing);
  if (auto ok = nothing_held(*impl_); !ok) return std::move(ok).error();
  auto* const outer = impl_->wire->below();
  if (outer == nullptr)
    return base::sentence{
        .whom = impl_->wire->describe(), .phase = releasing, .why = "it does not stand on an encrypted connection"}
        .as(errc::not_supported);
  tls_socket out(std::move(*outer));
  impl_->wire->close();
  return out;
}

std::size_t tcp_socket::buffered() const noexcept {
  return impl_ ? impl_->held.buffered() : 0;
}

}  // namespace signet
