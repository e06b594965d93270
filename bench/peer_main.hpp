// The command line of a peer: bench::main_of<Server, Client>(argc, argv).
#pragma once

#include "peer.hpp"

namespace bench {

template <class Number>
Number number(std::string_view text) {
  Number n{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (failed != std::errc{} || end != text.data() + text.size()) {
    throw std::invalid_argument("not a number: " + std::string(text));
  }
  return n;
}

inline bench::mode mode_of(std::string_view name) {
  if (name == "handshake") return mode::handshake;
  if (name == "resumed") return mode::resumed;
  if (name == "bulk") return mode::bulk;
  if (name == "pingpong") return mode::pingpong;
  if (name == "idle") return mode::idle;
  throw std::invalid_argument("no such mode: " + std::string(name));
}

inline options parse(std::span<char*> arguments) {
  if (arguments.size() < 3) throw std::invalid_argument("expected: server|client MODE [--option value]...");
  options o;
  const std::string_view who = arguments[1];
  if (who != "server" && who != "client") throw std::invalid_argument("expected server or client");
  o.role = who == "server" ? role::server : role::client;
  o.mode = mode_of(arguments[2]);
  for (std::size_t i = 3; i < arguments.size(); i += 2) {
    const std::string_view option = arguments[i];
    if (i + 1 == arguments.size()) throw std::invalid_argument("a value is missing after " + std::string(option));
    const std::string_view value = arguments[i + 1];
    if (option == "--cert") {
      o.cert = value;
    } else if (option == "--key") {
      o.key = value;
    } else if (option == "--ca") {
      o.ca = value;
    } else if (option == "--port") {
      o.port = number<std::uint16_t>(value);
    } else if (option == "--count") {
      o.count = number<std::size_t>(value);
    } else if (option == "--warmup") {
      o.warmup = number<std::size_t>(value);
    } else {
      throw std::invalid_argument("no such option: " + std::string(option));
    }
  }
  return o;
}

template <peer_server Server>
report serve(const options& o) {
  Server server(o);
  std::printf("listening %u\n", unsigned{server.port()});
  std::fflush(stdout);
  switch (o.mode) {
    case mode::handshake:
    case mode::resumed:
      return serve_handshakes(server, o);
    case mode::bulk:
      return serve_bulk(server, o);
    case mode::pingpong:
      return serve_pingpong(server, o);
    case mode::idle:
      return serve_idle(server, o);
  }
  throw std::logic_error("unreachable");
}

template <peer_client Client>
report ask(const options& o) {
  Client client(o);
  switch (o.mode) {
    case mode::handshake:
    case mode::resumed:
      return ask_handshakes(client, o);
    case mode::bulk:
      return ask_bulk(client, o);
    case mode::pingpong:
      return ask_pingpong(client, o);
    case mode::idle:
      return ask_idle(client, o);
  }
  throw std::logic_error("unreachable");
}

template <peer_server Server, peer_client Client>
int main_of(int argc, char** argv) {
  try {
    const options o = parse({argv, static_cast<std::size_t>(argc)});
    const report r = o.role == role::server ? serve<Server>(o) : ask<Client>(o);
    // A figure for the wrong thing is worse than none.
    const std::size_t expected = o.mode == mode::resumed ? r.units : 0;
    if (r.resumed != expected) {
      throw std::runtime_error(std::to_string(r.resumed) + " connections were resumed, not " +
                               std::to_string(expected));
    }
    r.print();
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
    return 1;
  }
}

}  // namespace bench
