// HTTP header fields, and the head of a message: from its first byte to the empty line (RFC 9112).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/result.hpp>

#include "http1/characters.hpp"

namespace signet::http1 {

// What ends a line. A server takes CRLF only, so that nobody in front of it can read the message otherwise; a client
// forgives the bare LF of old servers.
enum class line_ends : unsigned char { crlf, crlf_or_lf };

struct header_field {
  std::string name = {};
  std::string value = {};

  friend bool operator==(const header_field&, const header_field&) = default;
};

class header_fields {
 public:
  void add(std::string name, std::string value) { all_.push_back({std::move(name), std::move(value)}); }
  // The first one of that name, whatever its case; null when there is none.
  [[nodiscard]] const std::string* find(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
  [[nodiscard]] const std::vector<header_field>& all() const noexcept { return all_; }
  void remove(std::string_view name);
  // More of the last one's value.
  void continue_last(std::string_view value) {
    auto& last = all_.back().value;
    if (!last.empty() && !value.empty()) last += ' ';
    last += value;
  }
  // Whether one of the comma-separated members of the fields of that name is `token`, whatever its case.
  [[nodiscard]] bool lists(std::string_view name, std::string_view token) const noexcept;

 private:
  std::vector<header_field> all_;
};

// Calls `is` with each of the comma-separated members of a field's value, until one is what it wants.
template <class Is>
bool any_member(std::string_view value, Is is) {
  for (;;) {
    const auto comma = std::min(value.find(','), value.size());
    if (is(trimmed(value.substr(0, comma)))) return true;
    if (comma == value.size()) return false;
    value.remove_prefix(comma + 1);
  }
}

// The bytes of a head together with its empty line, or 0 while that has not come.
std::size_t head_size(std::string_view buffer, line_ends ends) noexcept;

// A head split into its first line and its fields. Refused: a blank before the colon, control characters, more than 200
// fields. A field that is continued on the next line (obs-fold) is refused in a request, and one field with a blank in
// a response (RFC 9112 section 5.2). protocol_violation.
struct message_head {
  std::string start_line = {};
  header_fields fields = {};

  static result<message_head> parse(std::string_view head, line_ends ends);
};

// The one Content-Length, or nothing when there is none. Several that differ, and what is no number, are
// protocol_violation.
result<std::optional<std::uint64_t>> content_length(const header_fields& fields);

}  // namespace signet::http1
