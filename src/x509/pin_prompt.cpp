#include "x509/pin_prompt.hpp"

#include <limits>

namespace signet::x509 {
namespace {

constexpr int answered = 1;
constexpr int cancelled = -1;

}  // namespace

UI_METHOD* pin_prompt::method() {
  static UI_METHOD* const only = [] {
    // What is not set does nothing and succeeds; a method of OpenSSL's own would open /dev/tty.
    UI_METHOD* made = UI_create_method("signet");
    if (made != nullptr) UI_method_set_reader(made, read);
    return made;
  }();
  return only;
}

void pin_prompt::keep_off_the_terminal() {
  if (UI_get_default_method() == UI_OpenSSL()) UI_set_default_method(method());
}

int pin_prompt::read(UI* ui, UI_STRING* asked) {
  const auto kind = UI_get_string_type(asked);
  if (kind == UIT_INFO || kind == UIT_ERROR) return answered;
  auto* self = static_cast<pin_prompt*>(UI_get0_user_data(ui));
  return self != nullptr && kind == UIT_PROMPT ? self->answer(ui, asked) : cancelled;
}

int pin_prompt::answer(UI* ui, UI_STRING* asked) {
  was_wanted_ = true;
  const auto pin = take();
  if (!pin) return cancelled;
  constexpr std::size_t most = std::numeric_limits<int>::max();
  if (pin->text.size() <= most &&
      UI_set_result_ex(ui, asked, pin->text.c_str(), static_cast<int>(pin->text.size())) == 0)
    return answered;
  was_unfit_ = true;
  return cancelled;
}

std::optional<wiped> pin_prompt::take() {
  if (std::exchange(was_asked_, true)) return std::nullopt;
  try {
    auto given = pin_ ? pin_() : std::nullopt;
    if (!given) return std::nullopt;
    was_answered_ = true;
    wiped pin(*std::move(given));
    was_unfit_ = pin.text.find('\0') != std::string::npos;
    if (!was_unfit_) return pin;
  } catch (...) {
    thrown_ = std::current_exception();
  }
  return std::nullopt;
}

}  // namespace signet::x509
