// What is asked of certificates beside what OpenSSL asks: the rules browsers have, and those of RFC 5280 and the
// CA/Browser Forum to the letter. The guide lists each with its reason.
#pragma once

#include <string_view>
#include <vector>

#include <signet/verify/verify_peer.hpp>

#include "verify/problem.hpp"

namespace signet {

// Of one certificate. With more it is refused unread, unless it is trusted as it is.
inline constexpr int most_extensions = 100;

// Details that OpenSSL's checks find as well, by other numbers.
inline constexpr std::string_view critical_key_identifier =
    "has a key identifier marked critical (RFC 5280 sections 4.2.1.1, 4.2.1.2)";
inline constexpr std::string_view a_ca_itself = "is that of a CA, which is no server's or client's own";
inline constexpr std::string_view unusable_access =
    "has an authority information access that is critical, empty or cannot be read (RFC 5280 section 4.2.2.1)";
inline constexpr std::string_view spelled_out_curve =
    "spells out the parameters of its curve instead of naming it (RFC 5480 section 2.1.1)";

enum class chain_end : unsigned char { anchor, open };
// Whether the name or address of a host is expected of the peer.
enum class host_asked : unsigned char { one, none };

// What `automatic` stands for.
[[nodiscard]] verify_profile profile_of(const verify_request& request) noexcept;

// Adds what the rules of `profile` (webpki or strict) find; nothing under compatible.
void check_profile(const std::vector<certificate>& chain, chain_end end, peer_role role, host_asked host,
                   verify_profile profile, problems& found);

}  // namespace signet
