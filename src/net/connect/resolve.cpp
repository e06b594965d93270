#include "net/connect/resolve.hpp"

#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <csignal>
#include <mutex>
#include <system_error>
#include <thread>

#include <signet/verify/server_name.hpp>

#include "base/descriptor.hpp"
#include "base/sentence.hpp"
#include "net/failure.hpp"

namespace signet::net {
namespace {

constexpr std::string_view phase = "looking up the name";

struct answer {
  int status = EAI_AGAIN;
  int system_error = 0;
  std::vector<socket_address> addresses = {};
};

int system_family(address_family family) noexcept {
  switch (family) {
    case address_family::ipv4:
      return AF_INET;
    case address_family::ipv6:
      return AF_INET6;
    case address_family::any:
      break;
  }
  return AF_UNSPEC;
}

// AI_ADDRCONFIG only for those who want it: on a machine that has nothing but its loopback it hides what works, and an
// address that cannot be reached costs one failed attempt.
answer ask(const system_lookup& lookup, const std::string& host, std::uint16_t port, sought what) {
  addrinfo hints{};
  hints.ai_family = system_family(what.family);
  hints.ai_socktype = SOCK_STREAM;
  if (what.lookup == name_lookup::usable_families) hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  answer out;
  out.status = lookup(host.c_str(), &hints, &found);
  out.system_error = out.status == EAI_SYSTEM ? errno : 0;
  if (out.status != 0) return out;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> freed(found, ::freeaddrinfo);
  for (const auto* a = found; a != nullptr; a = a->ai_next) {
    if (a->ai_family != AF_INET && a->ai_family != AF_INET6) continue;
    auto address = from_system(a->ai_addr, a->ai_addrlen);
    address.set_port(port);
    bool known = false;
    for (const auto& other : out.addresses) known = known || other.same_as(address);
    if (!known) out.addresses.push_back(address);
  }
  return out;
}

// The program's signals are not for threads that are started meanwhile.
class signals_held {
 public:
  signals_held() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~signals_held() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  signals_held(const signals_held&) = delete;
  signals_held& operator=(const signals_held&) = delete;

 private:
  sigset_t before_;
};

answer system_failure(int system_error) {
  answer none;
  none.status = EAI_SYSTEM;
  none.system_error = system_error;
  return none;
}

error failed(const std::string& whom, const std::string& host, address_family family, const answer& got) {
  errc code = errc::resolve_failed;
  base::sentence told{.whom = whom, .phase = phase};
  switch (got.status) {
    case EAI_NONAME:
      code = errc::name_not_found;
      told.why = "no host has the name " + host;
      told.hint = "check its spelling";
      break;
    case 0:
#ifdef EAI_NODATA
    case EAI_NODATA:
#endif
#ifdef EAI_ADDRFAMILY
    case EAI_ADDRFAMILY:
#endif
      code = errc::name_not_found;
      told.why = host + (family == address_family::ipv4   ? " has no IPv4 address"
                         : family == address_family::ipv6 ? " has no IPv6 address"
                                                          : " has no address");
      if (family != address_family::any) told.hint = "allow any address family";
      break;
    case EAI_MEMORY:
      code = errc::out_of_memory;
      told.why = "out of memory";
      break;
    case EAI_SYSTEM:
      told.why = reason_of(got.system_error);
      told.system_error = got.system_error;
      break;
    case EAI_AGAIN:
      told.why = "no name server answers for now";
      told.hint = "check the network and the name servers in /etc/resolv.conf, or give an IP address";
      break;
    default:
      told.why = ::gai_strerror(got.status);
      told.hint = "check the name servers in /etc/resolv.conf, or give an IP address";
  }
  return told.as(code);
}

}  // namespace

int ask_system(const char* host, const addrinfo* hints, addrinfo** found) {
  return ::getaddrinfo(host, nullptr, hints, found);
}

// What its owner and the thread share is the answer alone.
struct pending_lookup::impl {
  std::string whom = {};
  std::string name = {};
  address_family family = address_family::any;
  deadline until = {};
  deadline::clock::time_point began = deadline::clock::now();

  std::mutex mutex = {};
  std::optional<answer> found = {};
  base::descriptor ready = {};

  void answered(answer got) {
    const std::lock_guard lock(mutex);
    found = std::move(got);
    const std::uint64_t one = 1;
    // Cannot fail: the counter is far from full.
    [[maybe_unused]] const auto written = ::write(ready.get(), &one, sizeof one);
  }
};

result<pending_lookup> pending_lookup::start(const endpoint& where, sought what, deadline until,
                                             const system_lookup& lookup) {
  auto made = std::make_shared<impl>();
  made->whom = signet::to_string(where);
  made->family = what.family;
  made->until = until;
  const int wanted = system_family(what.family);
  if (const auto literal = from_literal(where.host, where.port)) {
    if (wanted != AF_UNSPEC && literal->family() != wanted)
      return base::sentence{.whom = made->whom,
                            .phase = phase,
                            .why = where.host + " is not an IPv" + (wanted == AF_INET ? "4" : "6") + " address"}
          .as(errc::invalid_endpoint);
    made->found = answer{0, 0, {*literal}};
    return pending_lookup(std::move(made));
  }
  auto name = server_name::parse(where.host);
  if (!name) return std::move(name).error();
  made->name = name->ascii();
  if (what.lookup == name_lookup::none)
    return base::sentence{.whom = made->whom,
                          .phase = phase,
                          .why = where.host + " is a name, and names are not to be looked up",
                          .hint = "give an IP address, or allow the look-up"}
        .as(errc::invalid_endpoint);
  if (until.passed()) return timed_out(made->whom, phase, {});
  made->ready.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!made->ready) return failed(made->whom, made->name, what.family, system_failure(errno));
  try {
    const signals_held held;
    std::thread([made, lookup, port = where.port, what] {
      answer got;
      try {
        got = ask(lookup, made->name, port, what);
      } catch (const std::bad_alloc&) {
        got.status = EAI_MEMORY;
      }
      made->answered(std::move(got));
    }).detach();
  } catch (const std::system_error& e) {
    return failed(made->whom, made->name, what.family, system_failure(e.code().value()));
  }
  return pending_lookup(std::move(made));
}

result<std::optional<std::vector<socket_address>>> pending_lookup::step() {
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->found) {
    if (impl_->until.passed()) return timed_out(impl_->whom, phase, deadline::clock::now() - impl_->began);
    return std::optional<std::vector<socket_address>>();
  }
  if (impl_->found->status != 0 || impl_->found->addresses.empty())
    return failed(impl_->whom, impl_->name, impl_->family, *impl_->found);
  return std::optional(impl_->found->addresses);
}

int pending_lookup::handle() const noexcept {
  return impl_->ready.get();
}

result<std::vector<socket_address>> resolve(const endpoint& where, sought what, deadline until,
                                            const system_lookup& lookup) {
  auto pending = pending_lookup::start(where, what, until, lookup);
  if (!pending) return std::move(pending).error();
  for (;;) {
    auto found = pending->step();
    if (!found) return std::move(found).error();
    if (*found) return **std::move(found);
    pollfd waited{pending->handle(), POLLIN, 0};
    ::poll(&waited, 1, until.poll_timeout());
  }
}

}  // namespace signet::net
