// Two engines and two byte queues: most of TLS is tested here, in memory, without sockets or sleeps.
#pragma once

#include <signet/tls/engine.hpp>

#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace signet::test {

// One direction. The knobs act on what is written.
struct pipe {
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  std::string queue = {};
  std::size_t written = 0;
  // Ends the stream after so many bytes; what is written beyond is lost.
  std::size_t cut_at = none;
  // Flips a bit of the byte at this place.
  std::size_t alter_at = none;
  // At most so many bytes a read or write moves.
  std::size_t step = none;
  // The reader sees the end once the queue is empty.
  bool ended = false;
  // The writer is told "not yet".
  bool full = false;
  std::size_t writes = 0;

  void put(std::string_view bytes);
  // Every byte ever written, for looking at what went over the wire.
  std::string log = {};
};

class memory_transport final : public transport {
 public:
  memory_transport(pipe& in, pipe& out) : in_(&in), out_(&out) {}
  result<io_status> read(byte_span buffer) override;
  result<io_status> write(byte_view bytes) override;

  std::size_t reads = 0;
  // Given out once instead of the next read, and instead of every write.
  std::optional<error> read_error = {};
  std::optional<error> write_error = {};

 private:
  pipe* in_;
  pipe* out_;
};

struct pair_options {
  client_options client = {};
  server_options server = {};
  std::string name = "server.test";
  engine_options engine = {};
};

class pair {
 public:
  // The server is server.test under the test CA, which the client trusts.
  static pair_options defaults();
  static pair_options defaults(protocol_version version);

  explicit pair(pair_options options = defaults());
  // A further connection between the same configurations.
  pair(client_config client, server_config server, std::string name = "server.test", engine_options options = {});

  // Turns both until neither moves. The first failure of either side, client first.
  result<void> shake();
  // As shake(), and fails the test if that fails.
  void must_shake();

  client_config client_settings;
  server_config server_settings;
  std::unique_ptr<pipe> to_server = std::make_unique<pipe>();
  std::unique_ptr<pipe> to_client = std::make_unique<pipe>();
  std::unique_ptr<memory_transport> client_wire, server_wire;
  std::optional<engine> client, server;
  std::optional<error> client_error, server_error;

 private:
  void connect(const std::string& name, engine_options options);
};

// Reads until `from` has nothing more; the text, or the first error. `ended` tells whether the end was reached.
struct drained {
  std::string text = {};
  bool ended = false;
  std::optional<error> failure = {};
};
drained drain(engine& from, std::size_t buffer_size = 4096);

}  // namespace signet::test
