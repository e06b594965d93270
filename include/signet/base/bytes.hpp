// Views of bytes. A view owns nothing: it is valid as long as the bytes it was made from.
//
// Text, and std::vector, std::array and std::span of char, unsigned char or std::byte convert without a cast.
// Containers of other types do not convert.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include <signet/base/export.hpp>

namespace signet {

namespace detail {
template <class T>
inline constexpr bool is_byte =
    std::is_same_v<T, std::byte> || std::is_same_v<T, char> || std::is_same_v<T, unsigned char>;
template <class Container>
concept byte_container = !std::is_array_v<Container> && requires(Container & c) {
  requires is_byte<std::remove_cvref_t<decltype(*c.data())>>;
  static_cast<std::size_t>(c.size());
};
}  // namespace detail

/// Bytes to read from. Of built-in arrays only string literals convert.
class byte_view : public std::span<const std::byte> {
 public:
  constexpr byte_view() noexcept = default;
  constexpr byte_view(std::span<const std::byte> bytes) noexcept : span(bytes) {}
  /// The text of a string literal up to its first NUL.
  template <std::size_t N>
  byte_view(const char (&literal)[N]) noexcept
      : byte_view(std::string_view(literal, N).substr(0, std::string_view(literal, N).find('\0'))) {}
  /// The text behind a pointer up to its NUL. The pointer is not null.
  template <class Pointer>
  requires(std::is_same_v<Pointer, const char*> || std::is_same_v<Pointer, char*>) byte_view(const Pointer& text)
  noexcept : byte_view(std::string_view(text)) {}
  /// Deleted: a buffer does not say how much of it is filled. Pass `std::string_view(buffer, size)`.
  template <std::size_t N>
  byte_view(char (&buffer)[N]) = delete;
  template <detail::byte_container Container>
  byte_view(const Container& c) noexcept : span(std::as_bytes(std::span(c.data(), c.size()))) {}

  /// The same bytes as text.
  [[nodiscard]] std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data()), size()}; }
};

/// Bytes to write into. Built-in arrays convert too.
class byte_span : public std::span<std::byte> {
 public:
  constexpr byte_span() noexcept = default;
  constexpr byte_span(std::span<std::byte> bytes) noexcept : span(bytes) {}
  template <class T, std::size_t N>
  requires detail::is_byte<T> byte_span(T (&array)[N])
  noexcept : span(std::as_writable_bytes(std::span(array))) {}
  template <detail::byte_container Container>
  requires(!std::is_const_v<std::remove_pointer_t<decltype(std::declval<Container&>().data())>>) byte_span(Container& c)
  noexcept : span(std::as_writable_bytes(std::span(c.data(), c.size()))) {}
  template <class T, std::size_t N>
  requires(detail::is_byte<T> && !std::is_const_v<T>) byte_span(std::span<T, N> bytes)
  noexcept : span(std::as_writable_bytes(bytes)) {}
  /// `size` octets that begin at `data`.
  byte_span(void* data, std::size_t size) noexcept : span(static_cast<std::byte*>(data), size) {}
};

}  // namespace signet
