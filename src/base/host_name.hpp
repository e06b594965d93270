// The one parser of host names and addresses: server_name, certificates to be made and endpoints share it. It lies this
// low because a name in a certificate is the same thing as a name that is verified.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <signet/base/result.hpp>

namespace signet::base {

struct host_name {
  // Lower-case A-labels without a trailing dot, or the canonical text of the address.
  std::string ascii = {};
  std::array<std::uint8_t, 16> address = {};
  // 4, 16, or 0 for a DNS name.
  std::uint8_t address_size = 0;
};

// An A-label is somebody's domain as it is, whatever the tables say of its characters; only who judges how names are
// written looks into it.
enum class a_labels : unsigned char { as_they_are, judged };

// invalid_name, with a sentence on what is wrong with it. Quick for any input.
result<host_name> parse_host_name(std::string_view text, a_labels how = a_labels::as_they_are);

// The address without the zone of an IPv6 address that is not global ("fe80::1%eth0", RFC 4007 section 11): the zone
// says how to get there from this machine, and is no part of what a peer can prove. Any other host as it is.
std::string without_zone(std::string_view host);
bool is_zone(std::string_view text) noexcept;

// The Unicode form of A-labels; the name as it is where there is none.
std::string unicode_of(const std::string& ascii);

// RFC 5952 text of 4 or 16 octets; empty for any other number of them.
std::string address_text(const std::uint8_t* octets, std::size_t size);

}  // namespace signet::base
