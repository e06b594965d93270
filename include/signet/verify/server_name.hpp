// The name or address that a client means to talk to. It is parsed before it is used: SNI, verification and the session
// cache have the same normal form. A client connection cannot be made without one.
//
// Refused: NUL and other control characters, blanks, slashes, ports, schemes, user names, wildcards, empty labels,
// labels over 63 and names over 253 octets, IPv4 with leading zeros or fewer than four parts, names whose last label is
// a number, IPv6 zones.
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
  /// Parses a DNS name or an IP address (IPv6 with or without brackets). An IDN becomes A-labels by IDNA 2008 / UTS 46
  /// non-transitional, case is folded, and one trailing dot is dropped.
  /// Errors: invalid_name.
  static result<server_name> parse(std::string_view text);

  [[nodiscard]] bool is_ip() const noexcept { return address_size_ != 0; }
  /// The name in lower-case A-labels, or the address in its canonical form (RFC 5952) without brackets.
  [[nodiscard]] const std::string& ascii() const& noexcept { return ascii_; }
  [[nodiscard]] std::string ascii() && { return std::move(ascii_); }
  /// The name for people: an IDN is in Unicode.
  [[nodiscard]] std::string display() const;
  /// The 4 or 16 octets of an IP address. Empty for a DNS name. They live as long as this object.
  [[nodiscard]] std::span<const std::uint8_t> address() const& noexcept { return {address_.data(), address_size_}; }
  std::span<const std::uint8_t> address() && = delete;

  friend bool operator==(const server_name&, const server_name&) = default;

 private:
  server_name() = default;

  std::string ascii_;
  std::array<std::uint8_t, 16> address_{};
  std::uint8_t address_size_ = 0;
};

}  // namespace signet
