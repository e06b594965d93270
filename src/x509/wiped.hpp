// Secrets that do not stay in memory, and who is asked for them.
#pragma once

#include <openssl/crypto.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <signet/base/result.hpp>
#include <signet/x509/private_key.hpp>

namespace signet::x509 {

// Text that is wiped when it goes.
struct wiped {
  explicit wiped(std::string secret) noexcept : text(std::move(secret)) {}
  wiped(wiped&& other) noexcept : text(std::exchange(other.text, {})) {}
  wiped& operator=(wiped&&) = delete;
  ~wiped() {
    // What was cut off is wiped too.
    text.resize(text.capacity());
    OPENSSL_cleanse(text.data(), text.size());
  }

  std::string text;
};

// `what` is "the private key". password_required.
inline result<wiped> ask(const password_callback& password, std::string_view what) {
  auto given = password ? password() : std::nullopt;
  if (!given)
    return error(errc::password_required, std::string(what) + " is encrypted and there is no password for it",
                 "give its password");
  return wiped(*std::move(given));
}

// Asks at most once and gives everybody the same answer. Outlives its callback().
class asked_once {
 public:
  explicit asked_once(const password_callback& password) : password_(password) {}
  asked_once(const asked_once&) = delete;
  asked_once& operator=(const asked_once&) = delete;

  [[nodiscard]] password_callback callback() {
    if (!password_) return {};
    return [this]() -> std::optional<std::string> {
      if (!was_asked_) {
        was_asked_ = true;
        if (auto given = password_()) answer_.emplace(*std::move(given));
      }
      return answer_ ? std::optional<std::string>(answer_->text) : std::nullopt;
    };
  }

 private:
  const password_callback& password_;
  bool was_asked_ = false;
  std::optional<wiped> answer_ = {};
};

}  // namespace signet::x509
