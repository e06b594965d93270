// What the peers of the benchmark share: one command line, one dialogue per mode, one way to account for CPU and
// memory. A library under test brings a server, a client and their connections (the concepts below) and nothing else,
// so that a difference in the figures is a difference of the libraries.
//
//   peer_X server MODE --cert FILE --key FILE --count N [--warmup N]    prints "listening PORT" and then one JSON
//   object peer_X client MODE --ca FILE --port PORT --count N [--warmup N]     prints one JSON object
//
// The CPU time in it begins after the warm-up: start-up and first uses are not in it.
#pragma once

#include <sys/resource.h>

#include <array>
#include <charconv>
#include <concepts>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

inline constexpr const char* server_name = "server.test";
inline constexpr std::size_t mebibyte = std::size_t{1} << 20;
inline constexpr std::size_t bulk_chunk = std::size_t{64} << 10;
inline constexpr std::size_t ping_size = 64;

enum class role { server, client };
enum class mode { handshake, resumed, bulk, pingpong, idle };
enum class sessions { reused, not_reused };

struct options {
  bench::role role = bench::role::client;
  bench::mode mode = bench::mode::handshake;
  std::string cert = {};
  std::string key = {};
  std::string ca = {};
  std::uint16_t port = 0;
  std::size_t count = 1;
  std::size_t warmup = 1;

  [[nodiscard]] bench::sessions client_sessions() const {
    return mode == bench::mode::resumed ? sessions::reused : sessions::not_reused;
  }
};

template <class T>
concept peer_connection = requires(T& c, std::span<std::byte> in, std::span<const std::byte> out) {
  { c.read(in) } -> std::same_as<std::size_t>;  // waits for a byte at least; 0 after the peer's close_notify
  c.write(out);                                 // all of it
  c.close();                                    // close_notify, and the descriptor
  { c.resumed() } -> std::same_as<bool>;
};
template <class T>
concept peer_server = std::constructible_from<T, const options&> && requires(T& s) {
  { s.port() } -> std::same_as<std::uint16_t>;
  { s.accept() } -> peer_connection;  // accepts and shakes hands
};
template <class T>
concept peer_client = std::constructible_from<T, const options&> && requires(T& c) {
  { c.connect() } -> peer_connection;  // connects, shakes hands and verifies
};

// ---- accounting

struct cpu_time {
  long long user_us = 0;
  long long system_us = 0;

  static cpu_time now() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto us = [](const timeval& t) { return static_cast<long long>(t.tv_sec) * 1'000'000 + t.tv_usec; };
    return {us(used.ru_utime), us(used.ru_stime)};
  }
};

struct report {
  cpu_time begin = {};
  cpu_time end = {};
  std::size_t units = 0;
  std::size_t resumed = 0;
  std::size_t rss_before = 0;
  std::size_t rss_after = 0;

  void print() const {
    std::printf(
        "{\"user_us\": %lld, \"system_us\": %lld, \"units\": %zu, \"resumed\": %zu, \"rss_before\": %zu, "
        "\"rss_after\": %zu}\n",
        end.user_us - begin.user_us, end.system_us - begin.system_us, units, resumed, rss_before, rss_after);
  }
};

// Resident bytes of this process. The rollup counts pages; statm's figure is batched per thread and lags behind.
inline std::size_t resident_bytes() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  for (std::string word; rollup >> word;) {
    std::size_t kilobytes = 0;
    if (word == "Rss:" && rollup >> kilobytes) return kilobytes * 1024;
  }
  throw std::runtime_error("cannot read /proc/self/smaps_rollup");
}

// ---- the dialogues

template <peer_connection C>
void read_exactly(C& from, std::span<std::byte> buffer) {
  while (!buffer.empty()) {
    const std::size_t n = from.read(buffer);
    if (n == 0) throw std::runtime_error("the peer ended too early");
    buffer = buffer.subspan(n);
  }
}

template <peer_connection C>
void expect_end(C& from) {
  std::array<std::byte, 1> more{};
  if (from.read(more) != 0) throw std::runtime_error("the peer sent more than it should");
}

// The client closes first, as the user of a keep-alive connection does.
template <peer_server S>
report serve_handshakes(S& server, const options& o) {
  report r{.units = o.count};
  const std::array<std::byte, 1> greeting{};
  for (std::size_t i = 0; i < o.warmup + o.count; ++i) {
    if (i == o.warmup) r.begin = cpu_time::now();
    auto c = server.accept();
    c.write(greeting);
    expect_end(c);
    if (i >= o.warmup) r.resumed += c.resumed();
    c.close();
  }
  r.end = cpu_time::now();
  return r;
}

template <peer_client T>
report ask_handshakes(T& client, const options& o) {
  report r{.units = o.count};
  std::array<std::byte, 1> greeting{};
  for (std::size_t i = 0; i < o.warmup + o.count; ++i) {
    if (i == o.warmup) r.begin = cpu_time::now();
    auto c = client.connect();
    read_exactly(c, greeting);
    if (i >= o.warmup) r.resumed += c.resumed();
    c.close();
  }
  r.end = cpu_time::now();
  return r;
}

template <peer_server S>
report serve_bulk(S& server, const options& o) {
  report r{.units = o.count};
  const std::vector<std::byte> chunk(bulk_chunk, std::byte{'s'});
  auto c = server.accept();
  for (std::size_t i = 0; i < o.warmup + o.count; ++i) {
    if (i == o.warmup) r.begin = cpu_time::now();
    for (std::size_t sent = 0; sent < mebibyte; sent += chunk.size()) c.write(chunk);
  }
  r.end = cpu_time::now();
  c.close();
  return r;
}

template <peer_client T>
report ask_bulk(T& client, const options& o) {
  report r{.units = o.count};
  std::vector<std::byte> buffer(bulk_chunk);
  auto c = client.connect();
  std::size_t received = 0;
  bool warm = false;
  while (const std::size_t n = c.read(buffer)) {
    received += n;
    if (!warm && received >= o.warmup * mebibyte) {
      r.begin = cpu_time::now();
      warm = true;
    }
  }
  r.end = cpu_time::now();
  if (received != (o.warmup + o.count) * mebibyte) throw std::runtime_error("not as many bytes arrived as were sent");
  c.close();
  return r;
}

template <peer_server S>
report serve_pingpong(S& server, const options& o) {
  report r{.units = o.count};
  std::array<std::byte, ping_size> ball{};
  auto c = server.accept();
  for (std::size_t i = 0; i < o.warmup + o.count; ++i) {
    if (i == o.warmup) r.begin = cpu_time::now();
    read_exactly(c, ball);
    c.write(ball);
  }
  r.end = cpu_time::now();
  expect_end(c);
  c.close();
  return r;
}

template <peer_client T>
report ask_pingpong(T& client, const options& o) {
  report r{.units = o.count};
  std::array<std::byte, ping_size> ball{};
  auto c = client.connect();
  for (std::size_t i = 0; i < o.warmup + o.count; ++i) {
    if (i == o.warmup) r.begin = cpu_time::now();
    c.write(ball);
    read_exactly(c, ball);
  }
  r.end = cpu_time::now();
  c.close();
  return r;
}

// Connections that have shaken hands and exchanged a byte each way, and then say nothing.
template <peer_server S>
report serve_idle(S& server, const options& o) {
  report r{.units = o.count};
  std::array<std::byte, 1> byte{};
  const auto greet = [&] {
    auto c = server.accept();
    read_exactly(c, byte);
    c.write(byte);
    return c;
  };
  for (std::size_t i = 0; i < o.warmup; ++i) {
    auto c = greet();
    expect_end(c);
    c.close();
  }
  r.rss_before = resident_bytes();
  r.begin = cpu_time::now();
  std::vector<decltype(greet())> held;
  held.reserve(o.count);
  for (std::size_t i = 0; i < o.count; ++i) held.push_back(greet());
  r.end = cpu_time::now();
  r.rss_after = resident_bytes();
  for (auto& c : held) c.close();
  return r;
}

template <peer_client T>
report ask_idle(T& client, const options& o) {
  report r{.units = o.count};
  std::array<std::byte, 1> byte{};
  const auto greet = [&] {
    auto c = client.connect();
    c.write(byte);
    read_exactly(c, byte);
    return c;
  };
  for (std::size_t i = 0; i < o.warmup; ++i) {
    auto c = greet();
    c.close();
  }
  std::vector<decltype(greet())> held;
  held.reserve(o.count);
  for (std::size_t i = 0; i < o.count; ++i) held.push_back(greet());
  for (auto& c : held) {
    expect_end(c);
    c.close();
  }
  return r;
}

}  // namespace bench
