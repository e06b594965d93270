#include "support/pair.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "support/pki.hpp"

namespace signet::test {

void pipe::put(std::string_view bytes) {
  log.append(bytes);
  for (const char c : bytes) {
    if (written < cut_at) queue.push_back(written == alter_at ? static_cast<char>(c ^ 1) : c);
    ++written;
  }
  if (written >= cut_at) ended = true;
}

result<io_status> memory_transport::read(byte_span buffer) {
  ++reads;
  if (read_error) return *std::exchange(read_error, std::nullopt);
  if (in_->queue.empty()) {
    if (in_->ended) return io_status{.end = true};
    return io_status{.next = wait_for::read};
  }
  const auto n = std::min({buffer.size(), in_->queue.size(), in_->step});
  std::copy_n(in_->queue.data(), n, reinterpret_cast<char*>(buffer.data()));
  in_->queue.erase(0, n);
  return io_status{.bytes = n};
}

result<io_status> memory_transport::write(byte_view bytes) {
  if (write_error) return *write_error;
  if (out_->full) return io_status{.next = wait_for::write};
  const auto n = std::min(bytes.size(), out_->step);
  out_->put(bytes.text().substr(0, n));
  ++out_->writes;
  return io_status{.bytes = n};
}

pair_options pair::defaults() {
  pair_options options;
  options.client.trust = test_ca();
  options.server.loaded_identities = {load_identity("server")};
  return options;
}

pair_options pair::defaults(protocol_version version) {
  auto options = defaults();
  options.client.min_version = options.client.max_version = version;
  return options;
}

pair::pair(pair_options options)
    : pair(client_config::make(std::move(options.client)).value(),
           server_config::make(std::move(options.server)).value(), std::move(options.name), std::move(options.engine)) {
}

pair::pair(client_config c, server_config s, std::string name, engine_options options)
    : client_settings(std::move(c)), server_settings(std::move(s)) {
  client_wire = std::make_unique<memory_transport>(*to_client, *to_server);
  server_wire = std::make_unique<memory_transport>(*to_server, *to_client);
  connect(name, std::move(options));
}

void pair::connect(const std::string& name, engine_options options) {
  client.emplace(
      engine::client(client_settings, server_name::parse(name).value(), *client_wire, std::move(options)).value());
  server.emplace(engine::server(server_settings, *server_wire).value());
}

result<void> pair::shake() {
  const auto turn = [](engine& e, std::optional<error>& failure) {
    if (failure || e.handshake_done()) return;
    if (auto done = e.handshake(); !done) failure = done.error();
  };
  for (int idle = 0; idle < 3;) {
    const auto before =
        std::tuple(to_server->written, to_client->written, to_server->queue.size(), to_client->queue.size());
    turn(*client, client_error);
    turn(*server, server_error);
    if (client->unsent() != 0) (void)client->flush();
    if (server->unsent() != 0) (void)server->flush();
    const bool settled = (client_error || client->handshake_done()) && (server_error || server->handshake_done());
    if (settled && client->unsent() + server->unsent() == 0) break;
    const auto after =
        std::tuple(to_server->written, to_client->written, to_server->queue.size(), to_client->queue.size());
    idle = before == after ? idle + 1 : 0;
  }
  if (client_error) return *client_error;
  if (server_error) return *server_error;
  if (!client->handshake_done() || !server->handshake_done())
    return error(errc::handshake_failed, "the handshake does not go on");
  return {};
}

void pair::must_shake() {
  const auto shaken = shake();
  ASSERT_TRUE(shaken) << shaken.error().message();
}

drained drain(engine& from, std::size_t buffer_size) {
  drained out;
  std::string buffer(buffer_size, '\0');
  for (;;) {
    auto got = from.read(buffer);
    if (!got) {
      out.failure = got.error();
      return out;
    }
    if (got->end) {
      out.ended = true;
      return out;
    }
    if (got->bytes == 0) return out;
    out.text.append(buffer, 0, got->bytes);
  }
}

}  // namespace signet::test
