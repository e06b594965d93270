// Who was served, and who was not and why: a line on stderr (-v) and a JSON object in a file (--json-log) for each
// client.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include <signet/base/endpoint.hpp>
#include <signet/base/error.hpp>
#include <signet/tls/connection_info.hpp>

#include "descriptor.hpp"
#include "output.hpp"

namespace tool {

class access_log {
 public:
  /// Neither file nor lines where they are not asked for. Throws failure.
  access_log(const std::string& json_file, bool lines);

  struct entry {
    std::string peer;
    /// Nothing for a plain connection, and for one whose handshake failed.
    std::optional<signet::connection_info> info = {};
    std::chrono::steady_clock::duration lasted = {};
    /// Why it was not served, or not to its end.
    std::optional<signet::error> failed = {};
  };
  /// From any thread. What a reader does not take is lost, and counted in the next line that it takes.
  void served(const entry& of) { write("served", of); }
  void failed(const entry& of) { write("failed", of); }

 private:
  void write(const char* event, const entry& of);

  bool lines_;
  std::mutex mutex_;
  owned_descriptor file_;
  std::size_t lost_ = 0;
  bool is_cut_ = false;
};

}  // namespace tool
