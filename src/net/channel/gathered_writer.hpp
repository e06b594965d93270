// Several pieces written as few: small ones are put together, up to what one TLS record holds, and large ones go as
// they are.
#pragma once

#include <algorithm>
#include <memory>
#include <span>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>

namespace signet::net {

// `write` is called as result<void>(byte_view), with all of the pieces.
template <class Write>
result<void> write_gathered(std::span<const byte_view> parts, Write&& write) {
  constexpr std::size_t room = 16384;
  std::unique_ptr<std::byte[]> gathered;
  std::size_t held = 0;
  for (byte_view part : parts) {
    while (!part.empty()) {
      if (held == 0 && part.size() >= room) {
        if (auto ok = write(byte_view(part.first(room))); !ok) return ok;
        part = part.subspan(room);
        continue;
      }
      if (!gathered) gathered = std::make_unique_for_overwrite<std::byte[]>(room);
      const auto n = std::min(room - held, part.size());
      std::copy_n(part.data(), n, gathered.get() + held);
      held += n;
      part = part.subspan(n);
      if (held != room) continue;
      if (auto ok = write(byte_view(std::span<const std::byte>(gathered.get(), held))); !ok) return ok;
      held = 0;
    }
  }
  if (held == 0) return {};
  return write(byte_view(std::span<const std::byte>(gathered.get(), held)));
}

}  // namespace signet::net
