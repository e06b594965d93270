// signet through its public headers, with the defaults a user gets.
#include <openssl/ssl.h>

#include <signet/native.hpp>
#include <signet/signet.hpp>

#include "peer_main.hpp"

namespace {

class connection {
 public:
  explicit connection(signet::tls_socket socket) : socket_(std::move(socket)) {}

  std::size_t read(std::span<std::byte> buffer) { return socket_.read_some(buffer).value(); }
  void write(std::span<const std::byte> bytes) { socket_.write_all(bytes).value(); }
  // A peer that has gone already is no failure here: the bytes that count were counted.
  void close() { static_cast<void>(socket_.close()); }
  // As the other peers ask: info() would copy the chain and more into the time that is measured.
  [[nodiscard]] bool resumed() const { return SSL_session_reused(signet::native::handle(socket_)) == 1; }

 private:
  signet::tls_socket socket_;
};

signet::server_config server_config(const bench::options& o) {
  signet::server_options options;
  options.identities = {{.certificate = o.cert, .key = o.key}};
  options.min_version = signet::protocol_version::tls1_3;
  return signet::server_config::make(std::move(options)).value();
}

class server {
 public:
  explicit server(const bench::options& o)
      : listener_(signet::listener::bind({"127.0.0.1", 0}, server_config(o)).value()) {}
  [[nodiscard]] std::uint16_t port() const { return listener_.local_endpoint().port; }

  connection accept() { return connection(listener_.accept().value().handshake().value()); }

 private:
  signet::listener listener_;
};

signet::client_config client_config(const bench::options& o) {
  signet::client_options options;
  options.trust = signet::trust_store::pem_file(o.ca).value();
  options.min_version = signet::protocol_version::tls1_3;
  if (o.client_sessions() == bench::sessions::not_reused) options.resumption = signet::resumption::disabled;
  return signet::client_config::make(std::move(options)).value();
}

class client {
 public:
  explicit client(const bench::options& o) : config_(client_config(o)), to_{"127.0.0.1", o.port} {}

  connection connect() { return connection(signet::connect(to_, config_, {.name = bench::server_name}).value()); }

 private:
  signet::client_config config_;
  signet::endpoint to_;
};

}  // namespace

int main(int argc, char** argv) {
  return bench::main_of<server, client>(argc, argv);
}
