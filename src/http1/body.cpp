#include "http1/body.hpp"

#include <algorithm>
#include <charconv>

#include "http1/characters.hpp"
#include "http1/violation.hpp"

namespace signet::http1 {
namespace {

constexpr std::size_t longest_line = 4096;
constexpr std::size_t most_trailer_bytes = 16384;

constexpr std::string_view reading = "reading the HTTP body";

}  // namespace

result<body_decoder::step> body_decoder::feed(std::string_view input) {
  if (done_ || input.empty()) return step{};
  if (framing_ == kind::chunked) return feed_chunked(input);
  const auto take = framing_ == kind::until_end
                        ? input.size()
                        : static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
  received_ += take;
  if (framing_ == kind::sized) {
    left_ -= take;
    done_ = left_ == 0;
  }
  return step{take, input.substr(0, take)};
}

result<body_decoder::step> body_decoder::feed_chunked(std::string_view input) {
  if (part_ == part::data) {
    const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
    left_ -= take;
    received_ += take;
    if (left_ == 0) part_ = part::data_end;
    return step{take, input.substr(0, take)};
  }
  const auto newline = input.find('\n');
  const auto take = newline == input.npos ? input.size() : newline + 1;
  if (line_.size() + take > longest_line) return violation(reading, "a line of its chunked coding is too long");
  line_ += input.substr(0, take);
  if (newline != input.npos) {
    if (!line_.ends_with("\r\n")) return violation(reading, "a line of its chunked coding ends without CR LF");
    line_.resize(line_.size() - 2);
    if (auto ok = line_complete(); !ok) return std::move(ok).error();
    line_.clear();
  }
  return step{take, {}};
}

result<void> body_decoder::line_complete() {
  if (part_ == part::data_end) {
    if (!line_.empty())
      return violation(reading, "a chunk is longer than it says", "the end of the chunk", quoted(line_));
    part_ = part::size_line;
    return {};
  }
  if (part_ == part::trailer) {
    trailer_bytes_ += line_.size();
    if (trailer_bytes_ > most_trailer_bytes) return violation(reading, "its trailer is too long");
    done_ = line_.empty();
    return {};
  }
  // chunk-size [ chunk-ext ]; extensions mean nothing to us.
  const std::string_view size = trimmed(std::string_view(line_).substr(0, line_.find(';')));
  const auto [end, why] = std::from_chars(size.data(), size.data() + size.size(), left_, 16);
  if (size.empty() || why != std::errc() || end != size.data() + size.size() || size.size() > 16)
    return violation(reading, "the chunk size " + quoted(size) + " is not a number", "a hexadecimal number",
                     quoted(size));
  part_ = left_ == 0 ? part::trailer : part::data;
  return {};
}

result<void> body_decoder::end() const {
  if (done_ || framing_ == kind::until_end) return {};
  const auto came = std::to_string(received_) + " bytes";
  const bool is_sized = framing_ == kind::sized;
  const auto due = std::to_string(expected_);
  return violation(reading, "it was cut after " + came + (is_sized ? " of " + due : ""),
                   is_sized ? due + " bytes" : "a last chunk of size 0", came, errc::truncated);
}

}  // namespace signet::http1
