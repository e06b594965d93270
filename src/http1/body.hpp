// Takes an HTTP message's body out of the bytes that carry it (RFC 9112 sections 6 and 7), piece by piece and without
// copying. No I/O: the caller feeds what has arrived.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <signet/base/result.hpp>

#include "http1/fields.hpp"

namespace signet::http1 {

class body_decoder {
 public:
  static body_decoder none() { return {kind::sized, 0}; }
  static body_decoder sized(std::uint64_t length) { return {kind::sized, length}; }
  static body_decoder chunked() { return {kind::chunked, 0}; }
  // The end of the stream is the end of the body.
  static body_decoder until_end() { return {kind::until_end, 0}; }

  struct step {
    // Bytes of the input that are dealt with.
    std::size_t consumed = 0;
    // The part of them that is body.
    std::string_view data = {};
  };
  // Goes as far as one piece. Consumes nothing once done(), never nothing of a non-empty input before.
  // protocol_violation.
  result<step> feed(std::string_view input);
  [[nodiscard]] bool done() const noexcept { return done_; }
  // The stream has ended: whether the body had. truncated.
  [[nodiscard]] result<void> end() const;

 private:
  enum class kind : unsigned char { sized, chunked, until_end };
  enum class part : unsigned char { size_line, data, data_end, trailer };

  body_decoder(kind framing, std::uint64_t length)
      : framing_(framing), left_(length), expected_(length), done_(framing == kind::sized && length == 0) {}
  result<step> feed_chunked(std::string_view input);
  result<void> line_complete();

  kind framing_;
  part part_ = part::size_line;
  std::uint64_t left_;
  std::uint64_t expected_;
  std::uint64_t received_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::string line_;
  bool done_;
};

}  // namespace signet::http1
