// What a connection does, step by step, as it happens: for those who must find out why one fails, or what takes its
// time.
//
// A trace holds no secrets and no application data. Without a sink it costs nothing.
// Deliberately absent: a global sink, files, and formats.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace signet {

/// How much is told. steps: look-up, connecting, handshake, verdict. messages: each TLS message of the handshake and
/// each alert as well.
enum class trace_level : unsigned char { steps, messages };

/// One thing that happened.
struct trace_event {
  std::chrono::steady_clock::time_point at = {};
  trace_level level = trace_level::steps;
  /// One line, safe to print: "connected to 192.0.2.1:443".
  std::string text = {};
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
