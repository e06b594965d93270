#include "http1/fields.hpp"

#include <algorithm>
#include <charconv>

#include "http1/characters.hpp"
#include "http1/violation.hpp"

namespace signet::http1 {
namespace {

constexpr std::size_t most_fields = 200;

constexpr std::string_view reading = "reading the HTTP head";

bool is_field_value(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return c == '\t' || (u >= 0x20 && u != 0x7f);
  });
}

}  // namespace

const std::string* header_fields::find(std::string_view name) const noexcept {
  const auto found =
      std::find_if(all_.begin(), all_.end(), [&](const header_field& f) { return same_ignoring_case(f.name, name); });
  return found == all_.end() ? nullptr : &found->value;
}

std::size_t header_fields::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(all_.begin(), all_.end(), [&](const header_field& f) { return same_ignoring_case(f.name, name); }));
}

void header_fields::remove(std::string_view name) {
  std::erase_if(all_, [&](const header_field& f) { return same_ignoring_case(f.name, name); });
}

bool header_fields::lists(std::string_view name, std::string_view token) const noexcept {
  return std::any_of(all_.begin(), all_.end(), [&](const header_field& f) {
    return same_ignoring_case(f.name, name) &&
           any_member(f.value, [&](std::string_view member) { return same_ignoring_case(member, token); });
  });
}

std::size_t head_size(std::string_view buffer, line_ends ends) noexcept {
  if (ends == line_ends::crlf) {
    const auto at = buffer.find("\r\n\r\n");
    return at == buffer.npos ? 0 : at + 4;
  }
  for (auto at = buffer.find('\n'); at != buffer.npos; at = buffer.find('\n', at + 1)) {
    const auto rest = buffer.substr(at + 1);
    if (rest.starts_with('\n')) return at + 2;
    if (rest.starts_with("\r\n")) return at + 3;
  }
  return 0;
}

result<message_head> message_head::parse(std::string_view head, line_ends ends) {
  message_head out;
  bool first = true;
  while (!head.empty()) {
    const auto end = head.find('\n');
    if (end == head.npos) return violation(reading, "its last line does not end");
    auto line = head.substr(0, end);
    head.remove_prefix(end + 1);
    if (!line.empty() && line.back() == '\r') {
      line.remove_suffix(1);
    } else if (ends == line_ends::crlf) {
      return violation(reading, "a line ends without CR LF", "CR LF", "LF");
    }
    if (!is_field_value(line))
      return violation(reading, "it holds a control character, in " + quoted(line), "", quoted(line));
    if (first) {
      first = false;
      out.start_line = line;
      continue;
    }
    if (line.empty()) {
      if (!head.empty()) return violation(reading, "an empty line stands within it");
      break;
    }
    if (line.front() == ' ' || line.front() == '\t') {
      if (ends == line_ends::crlf || out.fields.all().empty())
        return violation(reading, "a line is continued on the next (obs-fold)");
      out.fields.continue_last(trimmed(line));
      continue;
    }
    const auto colon = line.find(':');
    if (colon == line.npos || !is_token(line.substr(0, colon)))
      return violation(reading, "a header field has no proper name: " + quoted(line), "NAME: VALUE", quoted(line));
    if (out.fields.all().size() == most_fields)
      return violation(reading, "more than " + std::to_string(most_fields) + " header fields");
    out.fields.add(std::string(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
  }
  if (first) return violation(reading, "it is empty");
  return out;
}

result<std::optional<std::uint64_t>> content_length(const header_fields& fields) {
  std::optional<std::uint64_t> length;
  std::vector<std::string> given;
  bool bad = false;
  bool conflicting = false;
  for (const auto& field : fields.all()) {
    if (!same_ignoring_case(field.name, "Content-Length")) continue;
    given.push_back(quoted(field.value));
    // RFC 9110 section 8.6 allows the same number repeated, and nothing else.
    any_member(field.value, [&](std::string_view member) {
      std::uint64_t value = 0;
      const auto [end, why] = std::from_chars(member.data(), member.data() + member.size(), value);
      bad = bad || member.empty() || why != std::errc() || end != member.data() + member.size();
      conflicting = conflicting || (length && *length != value);
      length = value;
      return bad || conflicting;
    });
    if (bad)
      return violation(reading, "its Content-Length " + given.back() + " is not a number", "a number", given.back());
  }
  if (conflicting) {
    const auto all = base::listed(given);
    return violation(reading, "its Content-Lengths conflict: " + all, "one number", all);
  }
  return length;
}

}  // namespace signet::http1
