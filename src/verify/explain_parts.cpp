#include "verify/explain_parts.hpp"

namespace signet {

using namespace std::chrono;

std::string counted(std::uint64_t number, const std::string& thing) {
  return std::to_string(number) + ' ' + thing + (number == 1 ? "" : "s");
}

std::string_view peer_is_a(peer_role role) {
  switch (role) {
    case peer_role::server:
      return "server";
    case peer_role::client:
      return "client";
    case peer_role::any:
      break;
  }
  return "peer";
}

std::string which(const certificate& c, std::size_t depth) {
  if (depth == 0) return "the certificate '" + display_name(c) + "'";
  return std::string(c.is_self_issued() ? "the root '" : "the intermediate '") + display_name(c) + "' (depth " +
         std::to_string(depth) + ")";
}

std::string age(seconds span) {
  const auto whole_days = duration_cast<days>(span).count();
  if (whole_days > 0) return std::to_string(whole_days) + (whole_days == 1 ? " day" : " days");
  const auto whole_hours = duration_cast<hours>(span).count();
  if (whole_hours > 0) return std::to_string(whole_hours) + (whole_hours == 1 ? " hour" : " hours");
  return std::to_string(span.count()) + " seconds";
}

std::string ago(sys_seconds then, sys_seconds now, bool is_given) {
  if (is_given) return ", before " + to_rfc3339(now) + ", the time that was given";
  return ", " + age(now - then) + " ago";
}

std::string ahead(sys_seconds then, sys_seconds now, bool is_given) {
  if (is_given) return ", which is after " + to_rfc3339(now) + ", the time that was given";
  return ", in " + age(then - now);
}

std::string display_name(const certificate& c) {
  if (auto names = c.dns_names(); !names.empty()) return names.front();
  if (auto addresses = c.ip_addresses(); !addresses.empty()) return addresses.front();
  auto cn = c.last_common_name();
  if (!cn.empty()) return cn;
  auto subject = c.subject();
  return subject.empty() ? "without a name" : subject;
}

}  // namespace signet
