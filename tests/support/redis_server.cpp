#include "support/redis_server.hpp"

#include <signet/net/tcp_socket.hpp>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <stdexcept>

#include "support/net_peers.hpp"

namespace signet::test {
namespace {

// By the local socket, which is there whatever the ports speak.
tcp_socket dial(const std::string& path) {
  base::descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
  if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("no redis-server at " + path);
  auto out = tcp_socket::adopt(made.get()).value();
  (void)made.release();
  return out;
}

std::string read_reply(tcp_socket& from) {
  const auto head = from.read_line({}, patience).value();
  if (head.front() != '$' && head.front() != '*') return head;
  const auto size = std::stol(head.substr(1));
  if (size < 0) return "nil";
  std::string out;
  if (head.front() == '*') {
    for (long i = 0; i < size; ++i) out += read_reply(from) + "\n";
    return out;
  }
  out.resize(static_cast<std::size_t>(size) + 2);
  from.read_exactly(out, patience).value();
  out.resize(out.size() - 2);
  return out;
}

}  // namespace

redis_server::redis_server(std::vector<std::string> lines, ports which) : lines_(std::move(lines)), which_(which) {
  // Somebody else may take the port between our look and its start.
  for (int tries = 0; tries < 5; ++tries) {
    port_ = open_door().port();
    if (launch()) return;
  }
  throw std::runtime_error("redis-server does not start: " + contents_of(folder_ / "log"));
}

redis_server::~redis_server() {
  kill();
}

void redis_server::kill() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

void redis_server::start() {
  if (!launch()) throw std::runtime_error("redis-server does not start again: " + contents_of(folder_ / "log"));
}

void redis_server::stall() {
  ::kill(process_, SIGSTOP);
  int status = 0;
  ::waitpid(process_, &status, WUNTRACED);
}

void redis_server::resume() {
  ::kill(process_, SIGCONT);
}

std::string redis_server::url(const std::string& credentials) const {
  return (which_ == ports::tls ? "rediss://" : "redis://") + credentials + (credentials.empty() ? "" : "@") +
         "127.0.0.1:" + std::to_string(port_);
}

bool redis_server::launch() {
  const auto port = std::to_string(port_);
  std::string text = "bind 127.0.0.1\nsave \"\"\nappendonly no\ndaemonize no\ndir " + (folder_ / "").string() +
                     "\nlogfile " + (folder_ / "log").string() + "\nunixsocket " + socket() + "\n";
  if (which_ == ports::tls)
    text += "port 0\ntls-port " + port + "\ntls-auth-clients no\ntls-cert-file " + pki("server.pem").string() +
            "\ntls-key-file " + pki("server.key").string() + "\ntls-ca-cert-file " + pki("ca.pem").string() + "\n";
  else
    text += "port " + port + "\n";
  for (const auto& line : lines_) text += line + "\n";
  const auto configuration = folder_.file("redis.conf", text).string();
  process_ = ::fork();
  if (process_ < 0) throw std::runtime_error("cannot fork");
  if (process_ == 0) {
    // It ends with its test, however that ends.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execlp("redis-server", "redis-server", configuration.c_str(), nullptr);
    ::_exit(127);
  }
  for (const deadline until = patience; !until.passed();) {
    if (answers()) return true;
    int status = 0;
    if (::waitpid(process_, &status, WNOHANG) == process_) {
      process_ = -1;
      if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        throw std::runtime_error("redis-server is not installed: scripts/deps test");
      return false;
    }
    ::poll(nullptr, 0, 5);
  }
  return false;
}

bool redis_server::answers() const {
  try {
    auto line = dial(socket());
    line.write_all("PING\r\n").value();
    // A password is asked for, or not.
    const auto answer = line.read_line({}, patience).value();
    return answer == "+PONG" || answer.starts_with("-NOAUTH");
  } catch (const std::exception&) {
    return false;
  }
}

std::string redis_server::ask(const std::string& command) const {
  auto line = dial(socket());
  for (const auto& l : lines_) {
    const std::string_view key = "requirepass ";
    if (!l.starts_with(key)) continue;
    line.write_all("AUTH " + l.substr(key.size()) + "\r\n").value();
    if (const auto let_in = read_reply(line); let_in != "+OK") throw std::runtime_error(let_in);
  }
  line.write_all(command + "\r\n").value();
  return read_reply(line);
}

}  // namespace signet::test
