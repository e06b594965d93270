#include "support/record_counter.hpp"

#include <future>
#include <stdexcept>

namespace signet::test {

class record_counter::wire final : public transport {
 public:
  explicit wire(tcp_socket on) : on_(std::move(on)) {}

  result<io_status> read(byte_span buffer) override {
    auto got = on_.read_some(buffer, patience);
    if (!got) return std::move(got).error();
    for (const auto octet : buffer.first(*got)) look_at(std::to_integer<unsigned>(octet));
    return io_status{.bytes = *got, .end = *got == 0};
  }
  result<io_status> write(byte_view bytes) override {
    auto sent = on_.write_all(bytes, patience);
    if (!sent) return std::move(sent).error();
    return io_status{.bytes = bytes.size()};
  }

  std::size_t records = 0;

 private:
  // Five octets of type, version and length, then the record.
  void look_at(unsigned octet) {
    if (in_header_ < 5) {
      if (in_header_ == 0 && octet == 23) ++records;
      if (in_header_ >= 3) left_ = left_ * 256 + octet;
      if (++in_header_ == 5 && left_ == 0) in_header_ = 0;
    } else if (--left_ == 0) {
      in_header_ = 0;
    }
  }

  tcp_socket on_;
  int in_header_ = 0;
  std::size_t left_ = 0;
};

record_counter::record_counter() = default;
record_counter::~record_counter() = default;

tls_socket record_counter::connect() {
  auto serving = std::async(std::launch::async, [this] {
    wire_ = std::make_unique<wire>(door_.accept());
    server_.emplace(engine::server(test_server(), *wire_).value());
    while (!server_->handshake_done() || server_->unsent() != 0) server_->handshake().value();
  });
  auto client = signet::connect({"127.0.0.1", door_.port()}, trusting_client(), {.name = "server.test"});
  serving.get();
  wire_->records = 0;
  return std::move(client).value();
}

std::string record_counter::read(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t have = 0; have < size;) {
    const auto got = server_->read(byte_span(out.data() + have, size - have)).value();
    if (got.end) throw std::runtime_error("the client has ended");
    have += got.bytes;
  }
  return out;
}

void record_counter::write(std::string_view bytes) {
  while (!bytes.empty()) bytes.remove_prefix(server_->write(bytes).value().bytes);
  server_->flush().value();
}

std::size_t record_counter::records() const {
  return wire_->records;
}

}  // namespace signet::test
