// Asio's ssl::stream, blocking, as its examples and documentation use it. It has no call for resumption, so the resumed
// case reaches for OpenSSL beneath it as its users do.
#include <asio.hpp>
#include <asio/ssl.hpp>
#include <memory>

#include "openssl_sni.hpp"
#include "peer_main.hpp"

namespace {

using asio::ip::tcp;
using stream = asio::ssl::stream<tcp::socket>;

class connection {
 public:
  explicit connection(std::unique_ptr<stream> s) : stream_(std::move(s)) {}

  [[nodiscard]] SSL* ssl() const { return stream_->native_handle(); }

  std::size_t read(std::span<std::byte> buffer) {
    asio::error_code failed;
    const std::size_t n = stream_->read_some(asio::buffer(buffer.data(), buffer.size()), failed);
    if (failed == asio::error::eof) return 0;
    if (failed) throw asio::system_error(failed, "read_some");
    return n;
  }
  void write(std::span<const std::byte> bytes) { asio::write(*stream_, asio::buffer(bytes.data(), bytes.size())); }
  // Waits for the peer's close_notify too: Asio has no other form.
  void close() {
    asio::error_code ignored;
    stream_->shutdown(ignored);
    stream_.reset();
  }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(ssl()) == 1; }

 private:
  std::unique_ptr<stream> stream_;
};

class server {
 public:
  explicit server(const bench::options& o)
      : context_(asio::ssl::context::tlsv13_server), acceptor_(io_, {asio::ip::address_v4::loopback(), 0}) {
    context_.use_certificate_chain_file(o.cert);
    context_.use_private_key_file(o.key, asio::ssl::context::pem);
    acceptor_.listen(1024);
  }
  std::uint16_t port() { return acceptor_.local_endpoint().port(); }

  connection accept() {
    auto s = std::make_unique<stream>(io_, context_);
    acceptor_.accept(s->lowest_layer());
    s->lowest_layer().set_option(tcp::no_delay(true));
    s->handshake(asio::ssl::stream_base::server);
    return connection(std::move(s));
  }

 private:
  asio::io_context io_{1};
  asio::ssl::context context_;
  tcp::acceptor acceptor_;
};

struct session_freed {
  void operator()(SSL_SESSION* p) const noexcept { SSL_SESSION_free(p); }
};

class client {
 public:
  explicit client(const bench::options& o)
      : context_(asio::ssl::context::tlsv13_client), to_(asio::ip::address_v4::loopback(), o.port) {
    context_.load_verify_file(o.ca);
    context_.set_verify_mode(asio::ssl::verify_peer);
    if (o.client_sessions() == bench::sessions::not_reused) return;
    SSL_CTX* ctx = context_.native_handle();
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_ex_data(ctx, slot(), this);
    SSL_CTX_sess_set_new_cb(ctx, [](SSL* ssl, SSL_SESSION* fresh) {
      static_cast<client*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), slot()))->session_.reset(fresh);
      return 1;
    });
  }
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  connection connect() {
    auto s = std::make_unique<stream>(io_, context_);
    s->lowest_layer().connect(to_);
    s->lowest_layer().set_option(tcp::no_delay(true));
    s->set_verify_callback(asio::ssl::host_name_verification(bench::server_name));
    SSL* ssl = s->native_handle();
    if (!bench::send_server_name(ssl)) throw std::runtime_error("SNI");
    if (session_ && SSL_set_session(ssl, session_.get()) != 1) throw std::runtime_error("SSL_set_session");
    s->handshake(asio::ssl::stream_base::client);
    return connection(std::move(s));
  }

 private:
  // Asio keeps the context's app data for itself.
  static int slot() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
  }

  asio::io_context io_{1};
  asio::ssl::context context_;
  tcp::endpoint to_;
  std::unique_ptr<SSL_SESSION, session_freed> session_;
};

}  // namespace

int main(int argc, char** argv) {
  return bench::main_of<server, client>(argc, argv);
}
