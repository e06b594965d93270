// What a connection does, step by step, as it happens: for those who must find out why one fails, or what takes its
// time.
//
// A trace holds no application data and no keys; the octets of messages (trace_level::octets) hold the session tickets
// of the connection. Without a sink it costs nothing. Deliberately absent: a global sink, files, and formats.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include <signet/base/bytes.hpp>

namespace signet {

/// How much is told. steps: look-up, connecting, handshake, verdict. messages: each TLS message of the handshake and
/// each alert as well. octets: these with their octets, and the header of each record.
enum class trace_level : unsigned char { steps, messages, octets };

/// What a message or a record's header was made of.
struct traced_message {
  enum class direction : unsigned char { sent, received };
  direction way = direction::sent;
  /// The content type of the record (RFC 8446 section 5.1): 22 for the handshake, 21 for an alert, and so on. 0 for the
  /// header of a record.
  std::uint8_t content_type = 0;
  /// As it stands in the record.
  std::uint16_t version = 0;
  /// Borrowed for the call.
  byte_view octets = {};
};

/// One thing that happened.
struct trace_event {
  std::chrono::steady_clock::time_point at = {};
  trace_level level = trace_level::steps;
  /// One line, safe to print: "connected to 192.0.2.1:443".
  std::string text = {};
  /// At trace_level::octets, what the event is about. Borrowed for the call.
  const traced_message* message = nullptr;
};

/// A function that takes the events. The thread that drives the connection calls it, within the call: do not wait in
/// it. What it throws is lost.
using trace_sink = std::function<void(const trace_event&)>;

/// Who is told of a connection, and how much.
struct trace_options {
  trace_sink sink = {};
  trace_level level = trace_level::steps;
};

}  // namespace signet
