#include "cert/text.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cert/json.hpp"
#include "hints.hpp"
#include "output.hpp"

namespace tool {
namespace {

constexpr std::string_view indent = "  ";
constexpr std::size_t most_entries = 10;

// One line a field, in columns; a field without a value has none.
class fields {
 public:
  void add(std::string_view label, const std::string& value) { add_painted(label, printable(value)); }
  void add(std::string_view label, const std::vector<std::string>& values) {
    std::string joined;
    for (const auto& one : values) joined += (joined.empty() ? "" : ", ") + one;
    add(label, joined);
  }
  /// For values that hold nothing foreign.
  void add_painted(std::string_view label, const std::string& value) {
    if (value.empty()) return;
    text_ += indent;
    text_ += label;
    text_.append(label.size() < 14 ? 14 - label.size() : 1, ' ');
    text_ += value + "\n";
  }
  void append(const std::string& lines) { text_ += lines; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string word(const signet::object_id& id) {
  return id.name.empty() ? id.oid : id.name;
}

template <class List, class Word>
std::vector<std::string> words(const List& list, Word one_word) {
  std::vector<std::string> all;
  all.reserve(list.size());
  for (const auto& one : list) all.push_back(one_word(one));
  return all;
}

// DNS names and addresses speak for themselves.
std::string word(const signet::general_name& one) {
  using enum signet::general_name_kind;
  if (one.kind == dns || one.kind == ip_address || one.kind == email || one.kind == uri) return one.value;
  return std::string(name(one.kind)) + ":" + one.value;
}

std::vector<std::string> name_words(const std::vector<signet::general_name>& names) {
  return words(names, [](const signet::general_name& one) { return word(one); });
}

std::string constraints_text(const signet::certificate& cert) {
  const auto constraints = cert.basic_constraints();
  if (!constraints || !constraints->is_ca) return {};
  return constraints->path_length ? "yes, path length " + std::to_string(*constraints->path_length) : "yes";
}

color color_of(signet::severity weight) noexcept {
  if (weight == signet::severity::problem) return color::red;
  return weight == signet::severity::warning ? color::yellow : color::green;
}

// Those extensions that the fields above do not tell of.
std::vector<std::string> further_extensions(const signet::certificate& cert) {
  static constexpr std::string_view told[] = {"subjectKeyIdentifier", "authorityKeyIdentifier", "keyUsage",
                                              "extendedKeyUsage",     "basicConstraints",       "subjectAltName",
                                              "authorityInfoAccess",  "crlDistributionPoints",  "certificatePolicies",
                                              "nameConstraints",      "ct_precert_scts",        "tlsfeature"};
  std::vector<std::string> rest;
  for (const auto& one : cert.extensions()) {
    if (std::find(std::begin(told), std::end(told), one.id.name) == std::end(told))
      rest.push_back(word(one.id) + (one.is_critical ? " (critical)" : ""));
  }
  return rest;
}

void add_key_fingerprint(fields& lines, const signet::certificate& cert) {
  if (const auto digest = cert.fingerprint("sha256", signet::fingerprint_of::public_key))
    lines.add("sha256 pub", signet::to_hex(*digest));
}

// What can be said against a certificate by itself: nothing about the chain it would be sent with.
std::string problems_text(const signet::certificate& cert, std::chrono::sys_seconds at) {
  static constexpr std::string_view own[] = {"expires_soon",   "expired",          "not_yet_valid", "weak_key",
                                             "weak_signature", "broken_extension", "no_names"};
  std::string lines;
  for (const auto& one : signet::check_certificates({cert}, {.at = at})) {
    if (std::find(std::begin(own), std::end(own), one.id) != std::end(own)) lines += text_of(one, std::string(indent));
  }
  return lines;
}

}  // namespace

std::string title_of(const signet::certificate& cert) {
  const auto subject = cert.subject();
  return subject.empty() ? "(no subject)" : printable(subject);
}

std::string life_text(const signet::certificate& cert, std::chrono::sys_seconds at, time_source source) {
  const auto days = [](std::chrono::seconds span) {
    const auto count = std::chrono::floor<std::chrono::days>(span).count();
    return std::to_string(count) + (count == 1 ? " day" : " days");
  };
  if (source == time_source::given && at > cert.not_after()) return painted("expired at the time given", color::red);
  if (source == time_source::given && at < cert.not_before())
    return painted("not yet valid at the time given", color::red);
  if (at > cert.not_after()) return painted("expired " + days(at - cert.not_after()) + " ago", color::red);
  if (at < cert.not_before())
    return painted("not valid before " + days(cert.not_before() - at) + " have passed", color::red);
  const auto percent = std::lround(std::floor(signet::remaining_life(cert, at) * 100));
  const auto text = days(cert.not_after() - at) + " left, " + std::to_string(percent) + " % of its life";
  return painted(text, percent < 10 ? color::red : percent < 34 ? color::yellow : color::green);
}

std::string text_of(const signet::certificate& cert, std::chrono::sys_seconds at) {
  fields lines;
  lines.add_painted("subject", title_of(cert));
  lines.add("issuer", cert.issuer() + (cert.is_self_issued() ? " (itself)" : ""));
  lines.add("names", name_words(cert.alternative_names()));
  lines.add_painted("valid", signet::to_rfc3339(cert.not_before()) + " to " + signet::to_rfc3339(cert.not_after()) +
                                 " (" + life_text(cert, at) + ")");
  lines.add("public key", cert.public_key_type());
  lines.add("signature", word(cert.signature_algorithm()));
  lines.add("serial", cert.serial_number());
  lines.add("CA", constraints_text(cert));
  lines.add("purposes", words(cert.extended_key_usage(), [](const auto& id) { return word(id); }));
  if (const auto usages = cert.key_usage())
    lines.add("key usage", words(*usages, [](auto usage) { return std::string(name(usage)); }));
  if (const auto limits = cert.name_constraints()) {
    lines.add("permitted", name_words(limits->permitted));
    lines.add("excluded", name_words(limits->excluded));
  }
  lines.add("OCSP", cert.ocsp_urls());
  lines.add("CRL", cert.crl_urls());
  lines.add("CA issuer", cert.ca_issuer_urls());
  lines.add("policies", words(cert.policies(), [](const auto& one) { return word(one.policy); }));
  if (cert.must_staple()) lines.add("must staple", std::string("yes"));
  if (const auto stamps = cert.signed_timestamps(); !stamps.empty())
    lines.add("timestamps", std::to_string(stamps.size()) + " of transparency logs");
  lines.add("further", further_extensions(cert));
  lines.add("sha256", signet::to_hex(cert.fingerprint_sha256()));
  add_key_fingerprint(lines, cert);
  lines.append(problems_text(cert, at));
  return lines.take();
}

std::string text_of(const signet::certificate_request& request) {
  fields lines;
  lines.add("subject", request.subject().empty() ? std::string("(no subject)") : request.subject());
  lines.add("names", name_words(request.alternative_names()));
  lines.add("public key", request.public_key_type());
  lines.add("asks for", words(request.extensions(), [](const signet::extension& one) { return word(one.id); }));
  return lines.take();
}

std::string text_of(const signet::crl& list, std::chrono::sys_seconds at) {
  fields lines;
  lines.add("issuer", list.issuer());
  lines.add("made", signet::to_rfc3339(list.this_update()));
  if (const auto next = list.next_update()) {
    lines.add_painted("next", signet::to_rfc3339(*next) + (*next < at ? " " + painted("(stale)", color::red) : ""));
  } else {
    lines.add_painted("next", painted("not said", color::yellow));
  }
  lines.add("number", list.number());
  lines.add("kind", std::string(list.is_delta() ? "delta" : "complete") + (list.is_indirect() ? ", indirect" : ""));
  lines.add("signature", list.signature_algorithm());
  lines.add("revoked", std::to_string(list.size()) + (list.size() == 1 ? " certificate" : " certificates"));
  const auto entries = list.entries();
  for (std::size_t i = 0; i < std::min(entries.size(), most_entries); ++i) {
    lines.add("", entries[i].serial_number + " " + signet::to_rfc3339(entries[i].revoked_at) + " " +
                      std::string(name(entries[i].reason)));
  }
  if (entries.size() > most_entries) lines.add("", std::to_string(entries.size() - most_entries) + " more (--json)");
  return lines.take();
}

std::string text_of(const signet::private_key& key) {
  fields lines;
  lines.add("type", key.type());
  if (const auto cert = stand_in(key)) add_key_fingerprint(lines, *cert);
  return lines.take();
}

std::string text_of(const signet::certificate_finding& finding, const std::string& prefix) {
  auto text = prefix + painted(std::string(name(finding.weight)) + ":", color_of(finding.weight)) + " " +
              printable(finding.message) + "\n";
  if (!finding.hint.empty()) text += prefix + "hint: " + printable(in_options(finding.hint)) + "\n";
  return text;
}

}  // namespace tool
