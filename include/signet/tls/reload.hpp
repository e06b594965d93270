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

/// A function that makes the options: reads the files, loads the keys. One thread calls it at a time. It must not call
/// reload() or refresh() of this config. What it throws reaches the caller of reload(); refresh() tells it as a
/// failure.
using server_options_source = std::function<result<server_options>()>;

/// What came of a reload.
struct reload_event {
  /// Why nothing was taken. Empty on success.
  std::optional<error> failed = {};
  /// On success: the earliest notAfter of all certificates of the identities, intermediates included.
  std::optional<std::chrono::sys_seconds> valid_until = {};
};

struct reload_options {
  /// Files and folders whose change brings a reload: links are followed, and what is replaced, renamed or written
  /// counts. Empty watches nothing.
  std::vector<std::filesystem::path> watched = {};
  /// The shortest time between two looks. Zero looks at every client.
  std::chrono::milliseconds interval = std::chrono::seconds(2);
  /// Called after each reload by the thread that reloads. It must not call reload() or refresh() of this config.
  std::function<void(const reload_event&)> on_reload = {};
};

}  // namespace signet
