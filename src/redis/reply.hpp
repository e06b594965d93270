// What Redis is asked, and what it answers, in the words of its protocol: hiredis reads and writes them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>

namespace signet::redis {

// "SET", its key, and so on.
using command = std::vector<std::string>;

// As it goes on the wire; nothing where memory is used up.
std::optional<std::string> encoded(const command& words);

struct reply {
  enum class kind : unsigned char { nil, status, error, integer, string, array };

  kind what = kind::nil;
  // Of a status, an error, or a string.
  std::string text = {};
  long long number = 0;
  std::vector<reply> elements = {};

  [[nodiscard]] bool is_error() const noexcept { return what == kind::error; }
  [[nodiscard]] bool is_string() const noexcept { return what == kind::string; }
};

// Takes bytes as they come, and gives whole replies. Whatever the server sends, one reply takes a bounded amount of
// memory.
class reply_reader {
 public:
  // The most octets of one reply, the most elements of its arrays together, and the most arrays in one another.
  static constexpr std::size_t most_octets = std::size_t{256} << 10;
  static constexpr std::size_t most_elements = 1024;
  static constexpr std::size_t deepest = 4;

  reply_reader();
  reply_reader(reply_reader&&) noexcept;
  reply_reader& operator=(reply_reader&&) noexcept;
  ~reply_reader();

  void feed(byte_view bytes);
  // The next whole reply, or nothing before more bytes have come. protocol_violation and limit_exceeded, whose message
  // is only the reason, are final.
  result<std::optional<reply>> next();
  // Whether every byte has been given out in a reply.
  [[nodiscard]] bool is_empty() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace signet::redis
