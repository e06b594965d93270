// PEM framing (RFC 7468), read strictly: a block that is cut off, misspelt or not base64 is an error where it stands,
// so that a list of certificates is never shorter than its author meant it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/result.hpp>

namespace signet::pem {

struct block {
  // "CERTIFICATE", "EC PRIVATE KEY".
  std::string_view label = {};
  // Between the boundary lines: RFC 1421 header lines, if any, and base64.
  std::string_view headers = {};
  std::string_view base64 = {};
  // All of it, boundary lines included.
  std::string_view text = {};
  // Of its BEGIN, counted from 1.
  std::size_t line = 0;
};

// Goes through a text, skipping what lies between blocks. The text outlives it and its blocks.
class reader {
 public:
  explicit reader(std::string_view text) noexcept : text_(text) {}
  // The next block, or none at the end. file_malformed when the framing is broken; the reader is then at its end.
  result<std::optional<block>> next();

 private:
  error broken(std::size_t at, std::string why);

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t counted_to_ = 0;
  std::size_t line_ = 1;
};

// Decoded, or nothing when it is not base64 (padded, blanks anywhere).
std::optional<std::string> decode_base64(std::string_view base64);

bool is_certificate(std::string_view label) noexcept;
bool is_private_key(std::string_view label) noexcept;
bool is_pkcs7(std::string_view label) noexcept;

// "a certificate", "2 certificates and a private key", "nothing (the file is empty)", "binary data": what a text holds
// that was expected to hold something else.
std::string contents(std::string_view text);

}  // namespace signet::pem
