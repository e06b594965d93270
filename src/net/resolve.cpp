#include "net/resolve.hpp"

#include <netdb.h>
#include <pthread.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include <signet/verify/server_name.hpp>

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

// No AI_ADDRCONFIG: on a machine that has nothing but its loopback it hides what works, and an address that cannot be
// reached costs one failed attempt.
answer ask(const system_lookup& lookup, const std::string& host, std::uint16_t port, int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
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

// getaddrinfo cannot be interrupted. It runs beside the caller, who goes at the deadline; the answer then belongs to
// the thread alone, and goes with it.
struct shared_answer {
  std::mutex mutex;
  std::condition_variable ready;
  std::optional<answer> result;
};

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

std::optional<answer> ask_within(const system_lookup& lookup, const std::string& host, std::uint16_t port, int family,
                                 deadline until) {
  if (until.is_never()) return ask(lookup, host, port, family);
  auto shared = std::make_shared<shared_answer>();
  try {
    const signals_held held;
    std::thread([shared, lookup, host, port, family] {
      answer got;
      try {
        got = ask(lookup, host, port, family);
      } catch (const std::bad_alloc&) {
        got.status = EAI_MEMORY;
      }
      const std::lock_guard lock(shared->mutex);
      shared->result = std::move(got);
      shared->ready.notify_one();
    }).detach();
  } catch (const std::system_error& e) {
    answer none;
    none.status = EAI_SYSTEM;
    none.system_error = e.code().value();
    return none;
  }
  std::unique_lock lock(shared->mutex);
  if (!shared->ready.wait_until(lock, until.when(), [&] { return shared->result.has_value(); })) return std::nullopt;
  return std::move(shared->result);
}

error failed(const std::string& whom, const std::string& host, address_family family, const answer& got) {
  error_parts parts;
  parts.message = whom + ": " + std::string(phase) + ": ";
  switch (got.status) {
    case EAI_NONAME:
      parts.code = errc::name_not_found;
      parts.message += "no host has the name " + host;
      parts.hint = "check its spelling";
      break;
    case 0:
#ifdef EAI_NODATA
    case EAI_NODATA:
#endif
#ifdef EAI_ADDRFAMILY
    case EAI_ADDRFAMILY:
#endif
      parts.code = errc::name_not_found;
      parts.message += host + (family == address_family::ipv4   ? " has no IPv4 address"
                               : family == address_family::ipv6 ? " has no IPv6 address"
                                                                : " has no address");
      if (family != address_family::any) parts.hint = "allow any address family";
      break;
    case EAI_MEMORY:
      parts.code = errc::out_of_memory;
      parts.message += "out of memory";
      break;
    case EAI_SYSTEM:
      parts.code = errc::resolve_failed;
      parts.message += reason_of(got.system_error);
      parts.system_error = got.system_error;
      break;
    case EAI_AGAIN:
      parts.code = errc::resolve_failed;
      parts.message += "no name server answers for now";
      parts.hint = "check the network and the name servers in /etc/resolv.conf, or give an IP address";
      break;
    default:
      parts.code = errc::resolve_failed;
      parts.message += ::gai_strerror(got.status);
      parts.hint = "check the name servers in /etc/resolv.conf, or give an IP address";
  }
  return error(std::move(parts));
}

}  // namespace

int ask_system(const char* host, const addrinfo* hints, addrinfo** found) {
  return ::getaddrinfo(host, nullptr, hints, found);
}

result<std::vector<socket_address>> resolve(const endpoint& where, address_family family, deadline until,
                                            const system_lookup& lookup) {
  const auto whom = signet::to_string(where);
  const int wanted = system_family(family);
  if (const auto literal = from_literal(where.host, where.port)) {
    if (wanted != AF_UNSPEC && literal->family() != wanted)
      return error(errc::invalid_endpoint, whom + ": " + std::string(phase) + ": " + where.host + " is not an IPv" +
                                               (wanted == AF_INET ? "4" : "6") + " address");
    return std::vector{*literal};
  }
  auto name = server_name::parse(where.host);
  if (!name) return std::move(name).error();
  const auto began = deadline::clock::now();
  if (until.passed()) return timed_out(whom, phase, {});
  auto got = ask_within(lookup, name->ascii(), where.port, wanted, until);
  if (!got) return timed_out(whom, phase, deadline::clock::now() - began);
  if (got->status != 0 || got->addresses.empty()) return failed(whom, name->ascii(), family, *got);
  return std::move(got->addresses);
}

}  // namespace signet::net
