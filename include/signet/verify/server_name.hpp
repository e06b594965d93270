// The name or address a client means to talk to, parsed before it is used: for SNI, for verification and as the key of
// sessions the same normal form serves. A client connection cannot be made without one.
//
// Refused: NUL and other control characters, blanks, ports, schemes, user names, wildcards, empty labels, labels over
// 63 and names over 253 octets, IPv4 with leading zeros or fewer than four parts, IPv6 zones.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <signet/base/export.hpp>
#include <signet/base/result.hpp>

namespace signet {

class SIGNET_EXPORT server_name {
 public:
  /// A DNS name (an IDN becomes A-labels by IDNA 2008 / UTS 46 non-transitional, case is folded, one trailing dot
  /// dropped) or an IP address (IPv6 with or without brackets). invalid_name.
  static result<server_name> parse(std::string_view text);

  [[nodiscard]] bool is_ip() const noexcept { return address_size_ != 0; }
  /// Lower-case A-labels, or the address in its canonical form (RFC 5952) without brackets.
  [[nodiscard]] const std::string& ascii() const& noexcept { return ascii_; }
  [[nodiscard]] std::string ascii() && { return std::move(ascii_); }
  /// For people: IDNs in Unicode.
  [[nodiscard]] std::string display() const;
  /// 4 or 16 octets of an IP address, empty for a DNS name.
  [[nodiscard]] std::span<const std::uint8_t> address() const noexcept { return {address_.data(), address_size_}; }

  friend bool operator==(const server_name&, const server_name&) = default;

 private:
  server_name() = default;

  std::string ascii_;
  std::array<std::uint8_t, 16> address_{};
  std::uint8_t address_size_ = 0;
};

}  // namespace signet
