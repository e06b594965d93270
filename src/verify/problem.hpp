// What is wrong with a certificate of a chain, before it is put into words.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <signet/base/error.hpp>

namespace signet {

struct problem {
  errc code = errc::invalid_certificate;
  std::size_t depth = 0;
  // Goes on where "the certificate 'x' " leaves off, where the code alone does not say enough. Static.
  std::string_view detail = {};
  // Why no issuer was found: told before that one is unknown.
  bool is_cause = false;

  friend bool operator==(const problem&, const problem&) = default;
};

using problems = std::vector<problem>;

}  // namespace signet
