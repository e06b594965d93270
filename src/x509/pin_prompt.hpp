// Who answers when a provider or an engine asks for a PIN: the user's callback, once, and nobody on a terminal.
#pragma once

#include <openssl/ui.h>

#include <exception>
#include <optional>

#include <signet/x509/private_key.hpp>

#include "x509/wiped.hpp"

namespace signet::x509 {

// A wrong PIN that is tried again and again locks a token, so whoever asks a second time gets no answer.
class pin_prompt {
 public:
  explicit pin_prompt(const password_callback& pin) : pin_(pin) {}
  pin_prompt(const pin_prompt&) = delete;
  pin_prompt& operator=(const pin_prompt&) = delete;

  // For the `ui_method` of OpenSSL's functions, with a pin_prompt as their `ui_data`, or null for no answer at all. It
  // is never freed, for an engine keeps it. Null when memory is used up.
  static UI_METHOD* method();
  // Some providers ask by OpenSSL's default method as well, even while they sign, which opens the terminal. From here
  // on that answers nothing, unless the program has set one of its own.
  static void keep_off_the_terminal();

  // The answer for whoever does not ask through OpenSSL; the same one chance. Nothing for what is no text.
  std::optional<wiped> take();

  // Whether OpenSSL asked, be there an answer or none.
  [[nodiscard]] bool was_wanted() const noexcept { return was_wanted_; }
  [[nodiscard]] bool was_answered() const noexcept { return was_answered_; }
  // Whether the answer was no text, or shorter or longer than whoever asked takes.
  [[nodiscard]] bool was_unfit() const noexcept { return was_unfit_; }
  // What the callback threw belongs to the caller, and does not pass through OpenSSL.
  void rethrow() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  static int read(UI* ui, UI_STRING* asked);
  int answer(UI* ui, UI_STRING* asked);

  const password_callback& pin_;
  bool was_wanted_ = false;
  bool was_asked_ = false;
  bool was_answered_ = false;
  bool was_unfit_ = false;
  std::exception_ptr thrown_ = {};
};

}  // namespace signet::x509
