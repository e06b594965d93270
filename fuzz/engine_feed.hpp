// A peer that says what the fuzzer wants, in pieces whose size its first byte sets, and then ends.
#pragma once

#include <signet/tls/engine.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

namespace signet::fuzz {

class fed_transport final : public transport {
 public:
  explicit fed_transport(std::span<const std::uint8_t> input)
      : step_(input.empty() ? 1 : 1 + input[0] * 16U), rest_(input.empty() ? input : input.subspan(1)) {}

  result<io_status> read(byte_span buffer) override {
    if (rest_.empty()) return io_status{.end = true};
    const auto n = std::min({buffer.size(), rest_.size(), step_});
    std::memcpy(buffer.data(), rest_.data(), n);
    rest_ = rest_.subspan(n);
    return io_status{.bytes = n};
  }
  result<io_status> write(byte_view bytes) override { return io_status{.bytes = bytes.size()}; }

 private:
  std::size_t step_;
  std::span<const std::uint8_t> rest_;
};

// Drives an engine as far as its peer lets it. Whoever did not prove a thing must not have got through.
inline void drive(engine& e) {
  for (int i = 0; i < 1000 && !e.handshake_done(); ++i)
    if (!e.handshake()) break;
  char buffer[512];
  for (int i = 0; i < 1000 && e.handshake_done(); ++i) {
    const auto got = e.read(buffer);
    if (!got || got->end) break;
  }
  (void)e.info();
  (void)e.close_write();
  (void)e.take_leftover();
}

}  // namespace signet::fuzz
