// What a session_file holds, and its octets: a line that names the version, the records from the oldest to the newest,
// and a SHA-256 over all of that.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet {

struct session_record {
  std::string key = {};
  std::string value = {};
  std::chrono::sys_seconds expires = {};

  // In the file.
  [[nodiscard]] std::size_t octets() const noexcept;
};

class session_records {
 public:
  static constexpr std::size_t most_octets = std::size_t{4} << 20;
  static constexpr std::size_t most = 1000;
  static constexpr std::size_t most_per_key = 8;
  static constexpr std::size_t longest_key = 2048;
  static constexpr std::size_t longest_value = std::size_t{64} << 10;

  // None where the content is damaged or of another version. Without those that have expired by `now`.
  static session_records parse(std::string_view content, std::chrono::sys_seconds now);
  [[nodiscard]] std::string text() const;

  // Keeps it as the newest, and drops the oldest where there are too many. False: it is none that may be kept.
  bool add(session_record made);
  [[nodiscard]] std::optional<std::string> find(std::string_view key) const;
  [[nodiscard]] std::optional<std::string> take(std::string_view key);
  // False: there was none.
  bool remove(std::string_view key);

 private:
  std::vector<session_record> oldest_first_ = {};
};

}  // namespace signet
