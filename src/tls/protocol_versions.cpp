#include <signet/tls/protocol_versions.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "base/printable.hpp"

namespace signet {
namespace {

constexpr std::array every = {protocol_version::tls1_0, protocol_version::tls1_1, protocol_version::tls1_2,
                              protocol_version::tls1_3};

enum class meaning : unsigned char { version, negotiated, too_old };

struct spelling {
  std::string_view text;
  meaning means;
  protocol_version version = {};
  // The same in the one form that IO::Socket::SSL takes for a repetition.
  std::string_view usual = text;
};
constexpr spelling spellings[] = {
    {"SSLv23", meaning::negotiated},
    {"SSLv2/3", meaning::negotiated, {}, "SSLv23"},
    {"SSLv2", meaning::too_old},
    {"SSLv3", meaning::too_old},
    {"TLSv1", meaning::version, protocol_version::tls1_0},
    {"TLSv1_1", meaning::version, protocol_version::tls1_1},
    {"TLSv11", meaning::version, protocol_version::tls1_1, "TLSv1_1"},
    {"TLSv1_2", meaning::version, protocol_version::tls1_2},
    {"TLSv12", meaning::version, protocol_version::tls1_2, "TLSv1_2"},
    {"TLSv1_3", meaning::version, protocol_version::tls1_3},
    {"TLSv13", meaning::version, protocol_version::tls1_3, "TLSv1_3"},
};

error refused(std::string_view text, std::string_view why, std::string hint = {}) {
  return error(errc::invalid_argument, "TLS versions: " + base::quoted(text) + ' ' + std::string(why), std::move(hint));
}

const spelling* find(std::string_view item) {
  const auto* const found = std::find_if(std::begin(spellings), std::end(spellings), [item](const spelling& one) {
    return base::same_ignoring_case(one.text, item);
  });
  return found == std::end(spellings) ? nullptr : found;
}

std::string_view without_blanks(std::string_view text) {
  const auto start = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(start, text.find_last_not_of(" \t") + 1 - start);
}

}  // namespace

result<protocol_versions> parse_protocol_versions(std::string_view text, protocol_versions negotiated) {
  constexpr std::string_view blanks = " \t";
  if (!text.empty() && (blanks.find(text.front()) != blanks.npos || blanks.find(text.back()) != blanks.npos))
    return refused(text, "begins or ends with a blank");
  const spelling* named = nullptr;
  std::vector<protocol_version> without;
  for (std::optional<std::string_view> rest = text; rest && !text.empty();) {
    const auto end = rest->find(':');
    const auto item = without_blanks(rest->substr(0, end));
    rest = end == rest->npos ? std::nullopt : std::optional(rest->substr(end + 1));
    const bool is_excluded = item.starts_with('!');
    const auto* const found = find(item.substr(is_excluded ? 1 : 0));
    if (item.empty()) return refused(text, "has an empty item");
    if (found == nullptr)
      return refused(item, "is no version",
                     "SSLv23, TLSv1, TLSv1_1, TLSv1_2 or TLSv1_3, and !TLSv1_3 to go without that one");
    if (is_excluded) {
      if (found->means == meaning::version) without.push_back(found->version);
    } else if (found->means == meaning::too_old) {
      return error(errc::not_supported, "TLS versions: SSL 2 and SSL 3 are not supported", "TLSv1_2 or newer");
    } else if (named != nullptr && !base::same_ignoring_case(item, named->usual)) {
      return refused(text, "names more than one version",
                     "SSLv23 for several, with those excluded that are not wanted");
    } else {
      named = found;
    }
  }
  if (named != nullptr && named->means == meaning::version) negotiated = {named->version, named->version};

  std::vector<protocol_version> left;
  for (const auto version : every)
    if (negotiated.min <= version && version <= negotiated.max &&
        std::find(without.begin(), without.end(), version) == without.end())
      left.push_back(version);
  if (left.empty()) return refused(text, "leaves no version", "TLS 1.0 and 1.1 count only if they are named");
  for (const auto version : every)
    if (left.front() < version && version < left.back() && std::find(left.begin(), left.end(), version) == left.end())
      return refused(text,
                     "leaves " + std::string(name(left.front())) + " and " + std::string(name(left.back())) +
                         " without " + std::string(name(version)) + " between them",
                     "exclude the older ones as well");
  return protocol_versions{left.front(), left.back()};
}

}  // namespace signet
