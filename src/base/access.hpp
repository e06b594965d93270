// The inside of a public object, and how one is made of it: for this library's own sources.
#pragma once

#include <utility>

#include <signet/base/export.hpp>

namespace signet::detail {

struct access {
  // By way of a class: clang 14 takes an alias template for somebody else.
  template <class T>
  struct of {
    using impl = typename T::impl;
  };
  template <class T>
  using impl = typename of<T>::impl;

  template <class T, class Inside>
  [[nodiscard]] static T make(Inside&& inside) {
    return T(std::forward<Inside>(inside));
  }
  // Of one that has not been moved from.
  template <class T>
  [[nodiscard]] static auto& inside(const T& of) noexcept {
    return *of.impl_;
  }
  template <class T>
  [[nodiscard]] static const auto& shared(const T& of) noexcept {
    return of.impl_;
  }
};

}  // namespace signet::detail

namespace signet {

template <class T>
[[nodiscard]] auto& inside(const T& of) noexcept {
  return detail::access::inside(of);
}

}  // namespace signet
