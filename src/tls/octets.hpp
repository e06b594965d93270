// Numbers and counted parts in what this library stores for itself, most significant octet first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <signet/base/bytes.hpp>

namespace signet {

inline void put_number(std::string& out, std::uint64_t value, int octets) {
  for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift & 0xff));
}

inline std::optional<std::uint64_t> take_number(byte_view& from, std::size_t octets) {
  if (from.size() < octets) return {};
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < octets; ++i) value = value << 8 | std::to_integer<std::uint64_t>(from[i]);
  from = from.subspan(octets);
  return value;
}

// Behind its size in three octets.
inline std::optional<byte_view> take_counted(byte_view& from) {
  const auto size = take_number(from, 3);
  if (!size || *size > from.size()) return {};
  const byte_view out = from.first(*size);
  from = from.subspan(*size);
  return out;
}

}  // namespace signet
