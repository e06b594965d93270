// signet through its public headers, with the defaults a user gets.
#include <openssl/ssl.h>

#include <signet/native.hpp>
#include <signet/signet.hpp>

#include <cstdlib>
#include <string>
#include <vector>

#ifdef SIGNET_WITH_REDIS
#include <signet/redis/redis_ticket_source.hpp>
#endif
#include <signet/x509/certificate_builder.hpp>

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

// The variants of bench/fleet.py.
const char* variant(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// Certificates for other names, so many in all.
std::vector<signet::identity> others(std::size_t in_all) {
  std::vector<signet::identity> made;
  const auto key = signet::private_key::generate("ec:P-256").value();
  for (std::size_t i = 1; i < in_all; ++i)
    made.push_back(signet::make_self_signed({.dns_names = {"host" + std::to_string(i) + ".test"}}, key).value());
  return made;
}

void share(signet::server_options& options, const std::string& redis) {
  if (redis.empty()) return;
#ifdef SIGNET_WITH_REDIS
  const std::string secret(32, 's');
  const auto client = signet::redis_client::make(signet::redis_url::parse(redis).value(), secret).value();
  client.ping().value();
  options.tickets = signet::make_redis_ticket_source(client).value();
#else
  throw std::runtime_error("built without Redis");
#endif
}

signet::server_config server_config(const bench::options& o) {
  signet::server_options options;
  options.identities = {{.certificate = o.cert, .key = o.key}};
  if (const std::string many = variant("SIGNET_BENCH_IDENTITIES"); !many.empty())
    options.loaded_identities = others(bench::number<std::size_t>(many));
  share(options, variant("SIGNET_BENCH_REDIS"));
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
