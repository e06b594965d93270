// A value, or the error that took its place. The members have the names of std::expected; the error type is fixed. The
// compiler warns when a result is ignored.
//
// Access to the value of a failed result throws signet::exception, through value() as well as through * and ->. A
// forgotten check therefore ends in a whole sentence and not in undefined behaviour. On a temporary, value() and *
// return the value itself and no reference, so that a loop over it is sound. docs/adr/0002 has the reasons.
#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include <signet/base/error.hpp>

namespace signet {

template <class T>
class result;

namespace detail {
template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<result<T>> = true;
}  // namespace detail

template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;
  using error_type = signet::error;

  template <class U = T>
  requires(std::is_constructible_v<T, U> && !std::is_same_v<std::remove_cvref_t<U>, result> &&
           !std::is_same_v<std::remove_cvref_t<U>, signet::error>) result(U&& value)
      : value_(std::in_place, std::forward<U>(value)) {}
  result(signet::error e) noexcept : error_(std::move(e)) {}

  [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & { return checked(*this); }
  const T& value() const& { return checked(*this); }
  T value() && { return std::move(checked(*this)); }

  [[nodiscard]] T& operator*() & { return checked(*this); }
  [[nodiscard]] const T& operator*() const& { return checked(*this); }
  [[nodiscard]] T operator*() && { return std::move(checked(*this)); }
  [[nodiscard]] T* operator->() { return &checked(*this); }
  [[nodiscard]] const T* operator->() const { return &checked(*this); }

  /// The error. Call this only when has_value() is false.
  [[nodiscard]] const signet::error& error() const& noexcept { return error_; }
  [[nodiscard]] signet::error error() && noexcept { return std::move(error_); }

  /// The value, or `fallback` where there is an error.
  template <class U>
  [[nodiscard]] T value_or(U&& fallback) const& {
    return has_value() ? *value_ : static_cast<T>(std::forward<U>(fallback));
  }
  template <class U>
  [[nodiscard]] T value_or(U&& fallback) && {
    return has_value() ? *std::move(value_) : static_cast<T>(std::forward<U>(fallback));
  }

  /// Calls `f` with the value and returns the result that `f` returns. After a failure `f` is not called and the error
  /// stays.
  template <class F>
  [[nodiscard]] auto and_then(F&& f) && -> std::invoke_result_t<F, T&&> {
    static_assert(detail::is_result<std::invoke_result_t<F, T&&>>, "and_then takes a function that returns a result");
    if (!has_value()) return std::move(error_);
    return std::invoke(std::forward<F>(f), *std::move(value_));
  }
  /// Calls `f` with the value and wraps what `f` returns. After a failure `f` is not called and the error stays.
  template <class F>
  [[nodiscard]] auto transform(F&& f) && -> result<std::remove_cvref_t<std::invoke_result_t<F, T&&>>> {
    if (!has_value()) return std::move(error_);
    return std::invoke(std::forward<F>(f), *std::move(value_));
  }
  /// Calls `f` with the error and returns the result that `f` returns. After a success `f` is not called and the value
  /// stays.
  template <class F>
  [[nodiscard]] result or_else(F&& f) && {
    if (has_value()) return std::move(*this);
    return std::invoke(std::forward<F>(f), std::move(error_));
  }

 private:
  template <class Self>
  static auto& checked(Self& self) {
    if (!self.has_value()) throw exception(self.error_);
    return *self.value_;
  }

  std::optional<T> value_;
  signet::error error_;
};

/// Success without a value, or an error.
template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;
  using error_type = signet::error;

  result() noexcept = default;
  result(signet::error e) noexcept : error_(std::move(e)), failed_(true) {}

  [[nodiscard]] bool has_value() const noexcept { return !failed_; }
  explicit operator bool() const noexcept { return has_value(); }
  void value() const {
    if (failed_) throw exception(error_);
  }
  void operator*() const { value(); }
  /// The error. Call this only when has_value() is false.
  [[nodiscard]] const signet::error& error() const& noexcept { return error_; }
  [[nodiscard]] signet::error error() && noexcept { return std::move(error_); }

  template <class F>
  [[nodiscard]] auto and_then(F&& f) && -> std::invoke_result_t<F> {
    if (failed_) return std::move(error_);
    return std::invoke(std::forward<F>(f));
  }
  template <class F>
  [[nodiscard]] result or_else(F&& f) && {
    if (!failed_) return {};
    return std::invoke(std::forward<F>(f), std::move(error_));
  }

 private:
  signet::error error_;
  bool failed_ = false;
};

}  // namespace signet
