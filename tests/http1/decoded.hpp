// A whole body, as its decoder gives it out.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "http1/body.hpp"

namespace signet::http1 {

// Feeds in pieces of `step` bytes and joins what comes out.
inline result<std::string> decoded(body_decoder decoder, std::string_view input, std::size_t step) {
  std::string out;
  while (!input.empty() && !decoder.done()) {
    auto piece = input.substr(0, step);
    auto taken = decoder.feed(piece);
    if (!taken) return std::move(taken).error();
    EXPECT_GT(taken->consumed, 0U);
    out += taken->data;
    input.remove_prefix(taken->consumed);
  }
  if (auto ended = decoder.end(); !ended) return std::move(ended).error();
  return out;
}

}  // namespace signet::http1
