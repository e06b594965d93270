#include <signet/net/listener.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <vector>

#include <signet/net/native.hpp>

#include "base/sentence.hpp"
#include "net/connect/unix_path.hpp"
#include "net/serve/doors.hpp"
#include "net/serve/last_words.hpp"
#include "net/serve/unix_door.hpp"
#include "net/tls_socket_impl.hpp"
#include "tls/first_octets.hpp"

namespace signet {
namespace {

constexpr std::string_view accepting = "accepting";

// A connection that failed between the client and accept() is no failure of ours (accept(2) lists these).
bool is_passing(int system_error) noexcept {
  switch (system_error) {
    case EAGAIN:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM:
      return true;
    default:
      return system_error == EWOULDBLOCK;
  }
}

}  // namespace

struct listener::impl {
  // Whose the sockets are: ours, or those of somebody who may go on with them when we have closed.
  enum class opened_by : unsigned char { us, somebody_else };

  // Goes after the sockets.
  std::unique_ptr<net::socket_file> file;
  net::doors sockets;
  opened_by opener;
  base::descriptor wake;
  // Readable when one of the sockets is, or after close().
  base::descriptor any;
  server_config config;
  endpoint at;
  std::atomic<bool> closed = false;
  // Where the next accept() looks first, so that one busy address does not starve another.
  std::size_t next = 0;

  static result<listener> make(net::doors sockets, opened_by opener, server_config config, endpoint at,
                               std::unique_ptr<net::socket_file> file = {}) {
    // NOLINTNEXTLINE(modernize-make-unique): an aggregate is made with braces
    std::unique_ptr<impl> made(new impl{
        std::move(file), std::move(sockets), opener, base::descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        base::descriptor(::epoll_create1(EPOLL_CLOEXEC)), std::move(config), std::move(at)});
    bool ready = made->wake && made->any && made->watch(made->wake.get());
    for (const auto& s : made->sockets) ready = ready && made->watch(s.get());
    if (!ready) return net::listen_failure(made->whom(), errno);
    return listener(std::move(made));
  }

  [[nodiscard]] bool watch(int fd) const noexcept {
    epoll_event readable{};
    readable.events = EPOLLIN;
    return ::epoll_ctl(any.get(), EPOLL_CTL_ADD, fd, &readable) == 0;
  }
  [[nodiscard]] std::string whom() const { return to_string(at); }
  [[nodiscard]] error closed_now() const {
    return base::sentence{.whom = whom(), .phase = accepting, .why = "the listener has been closed"}.as(errc::closed);
  }
  // By another process that shares it. A TCP socket that was shut down says so itself.
  [[nodiscard]] bool closed_elsewhere() const noexcept {
    pollfd told{wake.get(), POLLIN, 0};
    return (opener == opened_by::somebody_else || file) && ::poll(&told, 1, 0) > 0;
  }
};

result<listener> listener::bind(const endpoint& at, server_config config, listen_options options) {
  auto sockets = net::open_doors(at, options);
  if (!sockets) return std::move(sockets).error();
  endpoint taken{at.host, net::local_address(sockets->front().get()).port()};
  if (at.host.empty()) taken.host = options.family == address_family::ipv4 ? "0.0.0.0" : "::";
  return impl::make(*std::move(sockets), impl::opened_by::us, std::move(config), std::move(taken));
}

result<listener> listener::bind_unix(const std::filesystem::path& at, server_config config,
                                     unix_listen_options options) {
  auto door = net::open_unix_door(at, options);
  if (!door) return std::move(door).error();
  net::doors sockets;
  sockets.push_back(std::move(door->socket));
  return impl::make(std::move(sockets), impl::opened_by::us, std::move(config), {net::unix_name(at), 0},
                    std::move(door->file));
}

result<listener> listener::adopt(int descriptor, server_config config) {
  return adopt(std::span(&descriptor, 1), std::move(config));
}

result<listener> listener::adopt(std::span<const int> descriptors, server_config config) {
  if (auto ok = net::check_doors(descriptors); !ok) return std::move(ok).error();
  auto made = impl::make({}, impl::opened_by::somebody_else, std::move(config),
                         net::to_endpoint(net::local_address(descriptors.front())));
  if (!made) return made;
  for (const int one : descriptors)
    if (!made->impl_->watch(one)) return net::listen_failure(made->impl_->whom(), errno);
  made->impl_->sockets.reserve(descriptors.size());
  if (auto ok = net::prepare_doors(descriptors); !ok) return std::move(ok).error();
  // From here on nothing fails.
  for (const int one : descriptors) made->impl_->sockets.emplace_back(one);
  return made;
}

listener::listener(std::unique_ptr<impl> made) noexcept : impl_(std::move(made)) {}
listener::listener(listener&&) noexcept = default;
listener& listener::operator=(listener&&) noexcept = default;
listener::~listener() = default;

result<std::optional<incoming>> listener::try_accept() {
  if (!impl_) return net::not_open(accepting);
  if (impl_->closed_elsewhere()) close();
  if (impl_->closed) return impl_->closed_now();
  impl_->config.refresh();
  const auto count = impl_->sockets.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto which = (impl_->next + i) % count;
    net::socket_address there;
    socklen_t size = sizeof there.storage;
    base::descriptor made;
    do {
      made.reset(::accept4(impl_->sockets[which].get(), there.get(), &size, SOCK_CLOEXEC));
    } while (!made && errno == EINTR);
    if (made) {
      there.size = std::min<socklen_t>(size, sizeof there.storage);
      impl_->next = which + 1;
      return std::optional<incoming>(incoming(
          detail::access::make<tcp_socket>(std::make_unique<tcp_socket_impl>(std::move(made), net::peer{{}, there})),
          impl_->config));
    }
    if (is_passing(errno)) continue;
    const int system_error = errno;
    // Another process that shares the door has shut it, and its `closed` is not ours.
    if (system_error == EINVAL) close();
    if (impl_->closed) return impl_->closed_now();
    const bool used_up =
        system_error == EMFILE || system_error == ENFILE || system_error == ENOBUFS || system_error == ENOMEM;
    return base::sentence{.whom = impl_->whom(),
                          .phase = accepting,
                          .why = net::reason_of(system_error),
                          .hint = used_up ? "close connections and try again, or raise the limit (ulimit -n)" : "",
                          .system_error = system_error}
        .as(used_up ? errc::resource_exhausted : net::code_of(system_error));
  }
  return std::optional<incoming>();
}

result<incoming> listener::accept(deadline until) {
  if (!impl_) return net::not_open(accepting);
  const auto began = deadline::clock::now();
  pollfd waited{impl_->any.get(), POLLIN, 0};
  for (;;) {
    if (impl_->closed) return impl_->closed_now();
    const int ready = ::poll(&waited, 1, until.poll_timeout());
    if (ready < 0 && errno != EINTR)
      return base::sentence{.whom = impl_->whom(), .phase = accepting, .why = net::reason_of(errno)}.as(
          errc::io_failed);
    if (ready == 0 && until.passed()) return net::timed_out(impl_->whom(), accepting, deadline::clock::now() - began);
    if (ready <= 0) continue;
    auto got = try_accept();
    if (!got) return std::move(got).error();
    if (*got) return **std::move(got);
  }
}

endpoint listener::local_endpoint() const {
  return impl_ ? impl_->at : endpoint{};
}

int listener::native_handle() const noexcept {
  return impl_ ? impl_->any.get() : -1;
}

int listener::close_handle() const noexcept {
  return impl_ ? impl_->wake.get() : -1;
}

void listener::close() noexcept {
  if (!impl_ || impl_->closed.exchange(true)) return;
  // The descriptors stay until the listener goes: another thread may be waiting on them. Clients are refused from here
  // on.
  if (impl_->opener == impl::opened_by::us) {
    for (const auto& s : impl_->sockets) ::shutdown(s.get(), SHUT_RDWR);
    if (impl_->file) impl_->file->remove();
  } else {
    // Shut down, they would be of no use to anybody else: something that is no socket takes their place.
    for (const auto& s : impl_->sockets)
      while (::dup3(impl_->wake.get(), s.get(), O_CLOEXEC) < 0 && errno == EBUSY) {
      }
  }
  const std::uint64_t one = 1;
  // Cannot fail: the counter is far from full.
  [[maybe_unused]] const auto written = ::write(impl_->wake.get(), &one, sizeof one);
}

std::vector<int> native::listening_descriptors(const listener& l) {
  std::vector<int> out;
  if (!detail::access::shared(l)) return out;
  for (const auto& s : inside(l).sockets) out.push_back(s.get());
  return out;
}

incoming::incoming(tcp_socket client, server_config config) : socket_(std::move(client)), config_(std::move(config)) {
  if (socket_.is_open()) inside(socket_).wire->set_side(net::side::server);
}

result<client_speaks> incoming::speaks(deadline until) {
  if (!socket_.is_open()) return net::not_open("looking");
  auto& plain = inside(socket_);
  std::byte first{};
  const byte_span buffer(&first, 1);
  plain.wire->begin("looking", plain.patience.of_call(until));
  auto seen = plain.held.buffered() == 0 ? plain.wire->look(buffer) : std::nullopt;
  if (!seen) seen = socket_.peek(buffer, until);
  if (!*seen) return std::move(*seen).error();
  if (**seen == 0) return plain.wire->problem(errc::closed, "the client has closed without a word");
  return may_be_client_hello(byte_view(std::span(&first, 1)).text()) ? client_speaks::tls
                                                                     : client_speaks::something_else;
}

result<tls_socket> incoming::handshake(handshake_options options) && {
  if (!socket_.is_open()) return net::not_open("handshake");
  const auto until = net::deadline_of(options);
  auto secured = net::secure(socket_, net::as_server(config_, until, options.trace));
  if (secured) return secured;
  auto& wire = *inside(socket_).wire;
  net::last_words(wire, secured.error());
  wire.depart(until);
  return secured;
}

}  // namespace signet
