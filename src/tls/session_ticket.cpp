#include "tls/session_ticket.hpp"

#include <algorithm>
#include <cstring>

#include "tls/octets.hpp"

namespace signet {
namespace {

// Two or three intermediates. OpenSSL's own part comes on top, and a client has to send all of it.
constexpr std::size_t most_octets = 8192;

}  // namespace

std::optional<std::string> session_ticket::encoded() const {
  std::string out(reinterpret_cast<const char*>(policy.data()), policy.size());
  put_number(out, static_cast<std::uint64_t>(began.time_since_epoch().count()), 8);
  for (const auto& c : issuers) {
    const auto der = c.der();
    put_number(out, der.size(), 3);
    out.append(byte_view(der).text());
    if (out.size() > most_octets) return {};
  }
  return out;
}

std::optional<session_ticket> session_ticket::decode(byte_view data) {
  session_ticket out;
  if (data.size() < out.policy.size()) return {};
  std::memcpy(out.policy.data(), data.data(), out.policy.size());
  data = data.subspan(out.policy.size());
  const auto began = take_number(data, 8);
  // No year that a clock could not show.
  constexpr std::uint64_t latest = 1ULL << 40U;
  if (!began || *began > latest) return {};
  out.began = std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(*began)));
  while (!data.empty()) {
    const auto der = take_counted(data);
    if (!der) return {};
    auto issuer = certificate::from_der(*der);
    if (!issuer) return {};
    out.issuers.push_back(*std::move(issuer));
  }
  return out;
}

}  // namespace signet
