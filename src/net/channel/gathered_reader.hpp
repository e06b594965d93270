// Reads that gather: a line, so many bytes, all of it. Written once for plain and encrypted sockets, over a step that
// reads some bytes and returns 0 at the end. What a failed or timed-out call had already read stays held for the next
// one.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>
#include <signet/net/tcp_socket.hpp>

#include "base/sentence.hpp"

namespace signet::net {

class gathered_reader {
 public:
  [[nodiscard]] std::size_t buffered() const noexcept { return held_.size() - at_; }
  [[nodiscard]] byte_view held_bytes() const noexcept { return held(); }
  // Of what is held; 0 when nothing is.
  std::size_t take(byte_span buffer) {
    const auto n = std::min(buffer.size(), buffered());
    if (n == 0) return 0;
    std::memcpy(buffer.data(), held_.data() + at_, n);
    drop(n);
    return n;
  }
  // Bytes that came by another way, after those that are held.
  void append(byte_view bytes) { held_.append(bytes.text()); }
  // Before them.
  void put_back(byte_view bytes) {
    compact();
    held_.insert(0, bytes.text());
  }
  void discard() { drop(buffered()); }

  // `step` is called as result<std::size_t>(byte_span) with a buffer that is never empty; `whom` as std::string() for
  // errors.
  template <class Step>
  result<std::size_t> read_some(byte_span buffer, Step&& step) {
    if (buffer.empty()) return std::size_t{0};
    if (buffered() == 0) return step(buffer);
    return take(buffer);
  }

  // As read_some, and the bytes stay held.
  template <class Step>
  result<std::size_t> peek(byte_span buffer, Step&& step) {
    if (buffer.empty()) return std::size_t{0};
    if (buffered() == 0) {
      auto got = fill(ahead, step);
      if (!got) return got;
    }
    const auto n = std::min(buffer.size(), buffered());
    if (n != 0) std::memcpy(buffer.data(), held_.data() + at_, n);
    return n;
  }

  template <class Step, class Whom>
  result<void> read_exactly(byte_span buffer, Step&& step, Whom&& whom) {
    std::size_t have = take(buffer);
    while (have < buffer.size()) {
      auto got = step(byte_span(buffer.subspan(have)));
      if (got && *got != 0) {
        have += *got;
        continue;
      }
      const auto wanted = buffer.size();
      put_back(byte_view(buffer.first(have)));
      if (!got) return std::move(got).error();
      return ended(whom, "the peer ended after " + std::to_string(have) + " of " + std::to_string(wanted) + " bytes");
    }
    return {};
  }

  template <class Step, class Whom>
  result<std::string> read_all(read_limit limit, Step&& step, Whom&& whom) {
    compact();
    std::size_t piece = first_piece;
    for (;;) {
      if (held_.size() > limit.bytes) return over(limit, "what the peer sends", whom);
      // One byte more than may be kept is enough to know.
      const auto room = limit.bytes - held_.size();
      const auto wanted = room < piece ? room + 1 : piece;
      auto got = fill(wanted, step);
      if (!got) return std::move(got).error();
      if (*got == 0) return give_all();
      if (*got == wanted) piece = std::min(piece * 2, largest_piece);
    }
  }

  template <class Step, class Whom>
  result<std::string> read_line(read_limit limit, Step&& step, Whom&& whom) {
    std::size_t searched = 0;
    for (;;) {
      const auto waiting = held();
      if (const auto lf = waiting.find('\n', searched); lf != std::string_view::npos) {
        const auto length = lf > 0 && waiting[lf - 1] == '\r' ? lf - 1 : lf;
        if (length > limit.bytes) return over(limit, "a line", whom);
        return give(length, lf + 1);
      }
      // A CR in the last place may belong to the end of the line.
      if (waiting.size() - (waiting.ends_with('\r') ? 1U : 0U) > limit.bytes) return over(limit, "a line", whom);
      searched = waiting.size();
      auto ended = more(step, whom);
      if (!ended) return std::move(ended).error();
      if (*ended) return give(buffered(), buffered());
    }
  }

  template <class Step, class Whom>
  result<std::string> read_until(std::string_view delimiter, read_limit limit, Step&& step, Whom&& whom) {
    if (delimiter.empty()) return error(errc::invalid_argument, "read_until needs a delimiter that is not empty");
    std::size_t searched = 0;
    for (;;) {
      const auto waiting = held();
      if (const auto found = waiting.find(delimiter, searched); found != std::string_view::npos) {
        const auto length = found + delimiter.size();
        if (length > limit.bytes) return over(limit, "what precedes the delimiter", whom);
        return give(length, length);
      }
      if (waiting.size() > limit.bytes) return over(limit, "what precedes the delimiter", whom);
      // The delimiter may have begun in what is held.
      searched = waiting.size() < delimiter.size() ? 0 : waiting.size() - delimiter.size() + 1;
      auto ended = more(step, whom);
      if (!ended) return std::move(ended).error();
      if (*ended) return give(buffered(), buffered());
    }
  }

 private:
  static constexpr std::size_t first_piece = std::size_t{16} << 10;
  static constexpr std::size_t largest_piece = std::size_t{256} << 10;
  static constexpr std::size_t ahead = std::size_t{4} << 10;

  [[nodiscard]] std::string_view held() const noexcept { return std::string_view(held_).substr(at_); }

  // What is used up is freed: an idle connection holds no buffer.
  void drop(std::size_t n) {
    at_ += n;
    if (at_ != held_.size()) return;
    held_ = std::string();
    at_ = 0;
  }
  void compact() {
    held_.erase(0, at_);
    at_ = 0;
  }
  std::string give(std::size_t length, std::size_t used) {
    std::string out(held().substr(0, length));
    drop(used);
    return out;
  }
  std::string give_all() {
    compact();
    return std::exchange(held_, std::string());
  }

  // Appends one step of at most `wanted` bytes; nothing when it fails.
  template <class Step>
  result<std::size_t> fill(std::size_t wanted, Step&& step) {
    const auto before = held_.size();
    held_.resize(before + wanted);
    result<std::size_t> got = step(byte_span(held_.data() + before, wanted));
    held_.resize(before + (got ? *got : 0));
    if (held_.empty()) held_ = std::string();
    return got;
  }

  // True at the end, when something is left to give; an end with nothing left is an error.
  template <class Step, class Whom>
  result<bool> more(Step&& step, Whom&& whom) {
    if (at_ >= ahead) compact();
    // On the stack: while the step waits for a peer that says nothing, no buffer is held.
    std::byte piece[ahead];
    result<std::size_t> got = step(byte_span(piece, ahead));
    if (!got) return std::move(got).error();
    held_.append(byte_view(std::span<const std::byte>(piece, *got)).text());
    if (*got != 0) return false;
    if (buffered() != 0) return true;
    return ended(whom, "the peer has ended");
  }

  template <class Whom>
  static error ended(Whom&& whom, std::string why) {
    return base::sentence{.whom = whom(), .phase = "reading", .why = std::move(why)}.as(errc::end_of_stream);
  }
  template <class Whom>
  static error over(read_limit limit, std::string_view what, Whom&& whom) {
    return base::sentence{.whom = whom(),
                          .phase = "reading",
                          .why = std::string(what) + " is longer than " + std::to_string(limit.bytes) + " bytes",
                          .hint = "raise the read_limit if the peer may send so much"}
        .as(errc::limit_exceeded);
  }

  std::string held_;
  std::size_t at_ = 0;
};

}  // namespace signet::net
