// A client's sessions outside of its config: sealed, and judged anew when they come back.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tls/session_cache.hpp"

namespace signet {

struct stored_session {
  ossl::ssl_session_ptr session = {};
  std::vector<certificate> sent = {};
  std::chrono::sys_seconds began = {};

  [[nodiscard]] std::string encoded() const;
  // Nothing where it is no such thing.
  [[nodiscard]] static std::optional<stored_session> decode(std::string_view data);
};

}  // namespace signet
