// How a server_config follows the files that it is made of.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include <signet/base/result.hpp>

namespace signet {

struct server_options;

/// A function that makes the options: reads the files, loads the keys. One thread calls it at a time.
using server_options_source = std::function<result<server_options>()>;

/// What came of a reload.
struct reload_event {
  /// Why nothing was taken. Empty on success.
  std::optional<error> failed = {};
  /// On success: when the first certificate of the identities expires.
  std::optional<std::chrono::sys_seconds> valid_until = {};
};

struct reload_options {
  /// Files and folders whose change brings a reload: links are followed, and what is replaced, renamed or written
  /// counts. Empty watches nothing.
  std::vector<std::filesystem::path> watched = {};
  /// How often they are looked at, at most.
  std::chrono::milliseconds interval = std::chrono::seconds(2);
  /// Called after each reload by the thread that reloads. Keep it short.
  std::function<void(const reload_event&)> on_reload = {};
};

}  // namespace signet
