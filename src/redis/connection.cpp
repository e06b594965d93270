#include "redis/connection.hpp"

#include <signet/net/connect.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/descriptor.hpp"
#include "base/printable.hpp"
#include "base/sentence.hpp"
#include "redis/seal.hpp"

namespace signet::redis {
namespace {

constexpr std::string_view asking = "asking";

// The same error about `whom`, with the reason it had.
error about(const std::string& whom, std::string_view phase, const error& why) {
  std::string_view rest = why.message();
  for (const std::string_view part : {std::string_view(why.whom()), std::string_view(why.phase())}) {
    if (part.empty() || !rest.starts_with(part)) continue;
    rest.remove_prefix(part.size());
    if (rest.starts_with(": ")) rest.remove_prefix(2);
  }
  auto parts = why.parts();
  const base::sentence said{
      .whom = whom, .phase = why.phase().empty() ? phase : std::string_view(why.phase()), .why = std::string(rest)};
  parts.message = said.text();
  parts.whom = said.whom;
  parts.phase = std::string(said.phase);
  return error(std::move(parts));
}

// connect(2) of a local socket does not wait: a queue that is full is told at once.
result<tcp_socket> connect_locally(const std::string& path) {
  const auto failed = [](int reason) {
    errc code = errc::unreachable;
    if (reason == ECONNREFUSED) code = errc::connection_refused;
    if (reason == EACCES || reason == EPERM) code = errc::permission_denied;
    if (reason == EMFILE || reason == ENFILE || reason == ENOBUFS) code = errc::resource_exhausted;
    const auto why = reason == EAGAIN ? "its queue of connections is full" : std::generic_category().message(reason);
    return base::sentence{.phase = "connecting", .why = why, .system_error = reason}.as(code);
  };
  base::descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) return failed(errno);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // parse() has seen to it that it fits.
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
  while (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno != EINTR) return failed(errno);
  }
  auto adopted = tcp_socket::adopt(made.get());
  if (adopted) (void)made.release();
  return adopted;
}

// What Redis says holds what it was sent, where it does not know the command: the password, for AUTH.
std::string words_of(const reply& refused, const std::string& password) {
  std::string_view text = refused.text;
  if (!password.empty() && text.find(password) != text.npos) return "words that hold the password";
  text = text.substr(0, text.find(", with args beginning with"));
  return base::quoted(text, 200);
}

std::string hint_for(std::string_view kind) {
  if (kind == "NOAUTH") return "give user and password in the URL, redis://user:password@host";
  if (kind == "WRONGPASS") return "check user and password";
  if (kind == "NOPERM")
    return "the user needs GET, SET, LPUSH, LPOP, LINDEX, LTRIM, EXPIRE, DEL, MULTI, EXEC, SELECT and PING, on keys "
           "that begin "
           "with the prefix";
  if (kind == "READONLY") return "this server is a replica: name the primary one";
  if (kind == "OOM") return "give it more memory, or a policy of eviction";
  return {};
}

}  // namespace

std::string describe(const redis_url& where) {
  return "Redis at " + where.text();
}

std::string_view kind_of(const reply& refused) {
  return std::string_view(refused.text).substr(0, refused.text.find(' '));
}

error refusal(const redis_url& where, std::string_view phase, const reply& refused) {
  const auto kind = kind_of(refused);
  const auto words = words_of(refused, inside(where).password);
  if (kind == "MOVED" || kind == "ASK" || kind == "CLUSTERDOWN" || kind == "CROSSSLOT" || kind == "TRYAGAIN")
    return base::sentence{.whom = describe(where),
                          .phase = phase,
                          .why = "it is part of a cluster (" + words + "), and clusters are not supported",
                          .hint = "name a single server"}
        .as(errc::not_supported);
  return base::sentence{.whom = describe(where), .phase = phase, .why = "it refuses: " + words, .hint = hint_for(kind)}
      .as(errc::dialogue_failed);
}

result<connection::socket> connection::connect(const redis_url& where, const std::optional<client_config>& tls,
                                               deadline until) {
  if (where.over() == redis_url::transport::local_socket) {
    auto made = connect_locally(where.path());
    if (!made) return std::move(made).error();
    return socket(*std::move(made));
  }
  const endpoint to{where.host(), where.port()};
  if (where.over() == redis_url::transport::tls) {
    auto made = signet::connect(to, *tls, {.until = until});
    if (!made) return std::move(made).error();
    return socket(*std::move(made));
  }
  auto made = tcp_socket::connect(to, {.until = until});
  if (!made) return std::move(made).error();
  return socket(*std::move(made));
}

result<connection> connection::open(const redis_url& where, const std::optional<client_config>& tls, deadline until) {
  auto made = connect(where, tls, until);
  if (!made) return about(describe(where), "connecting", made.error());
  connection out(where, *std::move(made));
  if (auto greeted = out.greet(until); !greeted) return std::move(greeted).error();
  return out;
}

error connection::failed(std::string_view phase, const error& why) const {
  return about(describe(where_), phase, why);
}

result<void> connection::greet(deadline until) {
  const auto& url = inside(where_);
  std::vector<command> greetings;
  if (url.authenticates()) {
    auto& words = greetings.emplace_back(command{"AUTH"});
    if (!url.user.empty()) words.push_back(url.user);
    words.push_back(url.password);
  }
  if (url.database != 0) greetings.push_back({"SELECT", std::to_string(url.database)});
  greetings.push_back({"PING"});
  auto replies = ask(greetings, until);
  for (auto& words : greetings)
    for (auto& word : words) wipe(word);
  if (!replies) return std::move(replies).error();
  for (const auto& one : *replies) {
    if (one.is_error())
      return refusal(where_, url.authenticates() && &one == replies->data() ? "logging in" : asking, one);
    if (one.what != reply::kind::status)
      return failed(asking, error(errc::protocol_violation, "what it answers is no greeting of Redis"));
  }
  return {};
}

result<void> connection::read_more(deadline until) {
  std::array<char, std::size_t{16} << 10> buffer;
  const auto got = std::visit([&](auto& s) { return s.read_some(buffer, until); }, socket_);
  if (!got) return got.error();
  if (*got == 0) return error(errc::truncated, "it has ended the connection");
  reader_.feed(std::string_view(buffer.data(), *got));
  return {};
}

result<std::vector<reply>> connection::ask(std::span<const command> commands, deadline until) {
  std::string all;
  // In one piece, so that wiping it wipes every copy.
  std::size_t size = 0;
  for (const auto& one : commands)
    for (const auto& word : one) size += word.size() + 32;
  all.reserve(size + 32 * commands.size());
  for (const auto& one : commands) {
    auto text = encoded(one);
    if (!text) return error(errc::out_of_memory, "not enough memory to ask Redis");
    all += *text;
    wipe(*text);
  }
  const auto sent = std::visit([&](auto& s) { return s.write_all(all, until); }, socket_);
  wipe(all);
  if (!sent) return failed(asking, sent.error());
  std::vector<reply> replies;
  while (replies.size() < commands.size()) {
    auto next = reader_.next();
    if (!next) return failed(asking, next.error());
    if (*next) {
      replies.push_back(**std::move(next));
    } else if (auto more = read_more(until); !more) {
      return failed(asking, more.error());
    }
  }
  return replies;
}

bool connection::is_quiet() {
  if (!reader_.is_empty()) return false;
  const auto came = read_more(std::chrono::milliseconds(0));
  return !came && came.error().code() == errc::timed_out;
}

int connection::handle() const noexcept {
  if (const auto* plain = std::get_if<tcp_socket>(&socket_)) return plain->native_handle();
  if (const auto* secure = std::get_if<tls_socket>(&socket_)) return secure->native_handle();
  return -1;
}

}  // namespace signet::redis
