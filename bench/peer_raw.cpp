// Raw OpenSSL as a careful engineer writes it: one context a side, roots loaded once, the name checked, blocking
// sockets under SSL_set_fd, OpenSSL's own defaults for tickets, buffers and modes. What the ratios are relative to.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <system_error>
#include <utility>

#include "openssl_sni.hpp"
#include "peer_main.hpp"

namespace {

struct freed {
  void operator()(SSL* p) const noexcept { SSL_free(p); }
  void operator()(SSL_CTX* p) const noexcept { SSL_CTX_free(p); }
  void operator()(SSL_SESSION* p) const noexcept { SSL_SESSION_free(p); }
};
template <class T>
using owned = std::unique_ptr<T, freed>;

[[noreturn]] void fail(const std::string& what) {
  std::string text = what;
  while (const unsigned long code = ERR_get_error()) {
    std::array<char, 256> line{};
    ERR_error_string_n(code, line.data(), line.size());
    text.append(": ").append(line.data());
  }
  throw std::runtime_error(text);
}

[[noreturn]] void fail_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {
    if (fd < 0) fail_errno("socket");
  }
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&&) = delete;
  ~descriptor() { close(); }
  void close() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

void send_at_once(int fd) {
  const int on = 1;
  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) fail_errno("TCP_NODELAY");
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

owned<SSL_CTX> tls13_only(const SSL_METHOD* method) {
  owned<SSL_CTX> ctx(SSL_CTX_new(method));
  if (!ctx || SSL_CTX_set_min_proto_version(ctx.get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(ctx.get(), TLS1_3_VERSION) != 1) {
    fail("SSL_CTX");
  }
  SSL_CTX_set_mode(ctx.get(), SSL_MODE_AUTO_RETRY);
  return ctx;
}

class connection {
 public:
  connection(descriptor fd, SSL_CTX* ctx) : fd_(std::move(fd)), ssl_(SSL_new(ctx)) {
    if (!ssl_ || SSL_set_fd(ssl_.get(), fd_.get()) != 1) fail("SSL_new");
  }

  [[nodiscard]] SSL* ssl() const noexcept { return ssl_.get(); }

  std::size_t read(std::span<std::byte> buffer) {
    std::size_t n = 0;
    ERR_clear_error();
    if (SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &n) == 1) return n;
    if (SSL_get_error(ssl_.get(), 0) != SSL_ERROR_ZERO_RETURN) fail("SSL_read_ex");
    return 0;
  }
  void write(std::span<const std::byte> bytes) {
    std::size_t n = 0;
    ERR_clear_error();
    if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &n) != 1) fail("SSL_write_ex");
  }
  void close() {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ssl_.reset();
    fd_.close();
  }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

 private:
  descriptor fd_;
  owned<SSL> ssl_;
};

class server {
 public:
  explicit server(const bench::options& o)
      : ctx_(tls13_only(TLS_server_method())), fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    if (SSL_CTX_use_certificate_chain_file(ctx_.get(), o.cert.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx_.get(), o.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx_.get()) != 1) {
      fail("certificate and key");
    }
    sockaddr_in at = loopback(0);
    socklen_t size = sizeof at;
    if (bind(fd_.get(), reinterpret_cast<sockaddr*>(&at), size) != 0 || listen(fd_.get(), 1024) != 0 ||
        getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&at), &size) != 0) {
      fail_errno("listen");
    }
    port_ = ntohs(at.sin_port);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

  connection accept() {
    descriptor fd(::accept(fd_.get(), nullptr, nullptr));
    send_at_once(fd.get());
    connection c(std::move(fd), ctx_.get());
    ERR_clear_error();
    if (SSL_accept(c.ssl()) != 1) fail("SSL_accept");
    return c;
  }

 private:
  owned<SSL_CTX> ctx_;
  descriptor fd_;
  std::uint16_t port_ = 0;
};

class client {
 public:
  explicit client(const bench::options& o) : ctx_(tls13_only(TLS_client_method())), to_(loopback(o.port)) {
    if (SSL_CTX_load_verify_file(ctx_.get(), o.ca.c_str()) != 1) fail("roots");
    SSL_CTX_set_verify(ctx_.get(), SSL_VERIFY_PEER, nullptr);
    if (o.client_sessions() == bench::sessions::not_reused) return;
    SSL_CTX_set_session_cache_mode(ctx_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(ctx_.get(), this);
    SSL_CTX_sess_set_new_cb(ctx_.get(), [](SSL* ssl, SSL_SESSION* fresh) {
      static_cast<client*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->session_.reset(fresh);
      return 1;
    });
  }
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  connection connect() {
    descriptor fd(socket(AF_INET, SOCK_STREAM, 0));
    send_at_once(fd.get());
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to_), sizeof to_) != 0) fail_errno("connect");
    connection c(std::move(fd), ctx_.get());
    SSL_set_hostflags(c.ssl(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (SSL_set1_host(c.ssl(), bench::server_name) != 1 || !bench::send_server_name(c.ssl()) ||
        (session_ && SSL_set_session(c.ssl(), session_.get()) != 1)) {
      fail("SSL_set1_host");
    }
    ERR_clear_error();
    if (SSL_connect(c.ssl()) != 1) fail("SSL_connect");
    if (SSL_get_verify_result(c.ssl()) != X509_V_OK) fail("not verified");
    return c;
  }

 private:
  owned<SSL_CTX> ctx_;
  owned<SSL_SESSION> session_;
  sockaddr_in to_;
};

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return bench::main_of<server, client>(argc, argv);
}
