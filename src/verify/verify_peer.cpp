#include <signet/verify/verify_peer.hpp>

#include <algorithm>
#include <utility>

#include "base/access.hpp"
#include "base/printable.hpp"
#include "base/sentence.hpp"
#include "ossl/errors.hpp"
#include "ossl/handles.hpp"
#include "verify/chain_builder.hpp"
#include "verify/explain.hpp"
#include "verify/known_keys.hpp"
#include "verify/name_constraints.hpp"
#include "verify/name_match.hpp"
#include "verify/profile.hpp"
#include "verify/renewed_issuer.hpp"
#include "verify/revocation.hpp"
#include "verify/verified_chains.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

using std::chrono::sys_seconds;

constexpr std::size_t most_sent = 100;

bool is_without_issuer(errc code) noexcept {
  return code == errc::unknown_issuer || code == errc::self_signed || code == errc::self_signed_in_chain;
}

// The most telling first: an unknown issuer outweighs what such a certificate says about itself.
int weight(const problem& p) noexcept {
  if (p.is_cause) return 1;
  switch (p.code) {
    case errc::no_peer_certificate:
    case errc::no_trust_anchors:
      return 0;
    case errc::unknown_issuer:
    case errc::self_signed:
    case errc::self_signed_in_chain:
      return 2;
    case errc::bad_signature:
      return 3;
    case errc::revoked:
    case errc::pin_mismatch:
      return 4;
    case errc::expired:
    case errc::not_yet_valid:
      return 5;
    // Whatever name is asked for.
    case errc::name_constraint:
    case errc::invalid_version:
      return 6;
    case errc::name_mismatch:
      return 7;
    default:
      return 8;
  }
}

name_policy policy_of(const verify_options& options, verify_profile profile) {
  auto rules = options.names ? *options.names : rules_of(options.scheme);
  const auto section = profile == verify_profile::strict ? suffix_section::all : suffix_section::icann;
  // The sections are marked in published lists only; one that the user brought counts whole.
  return {std::move(rules), options.public_suffixes ? *options.public_suffixes : public_suffix_list::system(),
          options.public_suffix_section.value_or(options.public_suffixes ? suffix_section::all : section)};
}

void check_expected(const verify_request& request, verify_profile profile, const std::vector<certificate>& chain,
                    problems& found) {
  if (request.expected) {
    switch (match_name(chain.front(), *request.expected, policy_of(request.options, profile))) {
      case name_match::by_name:
        check_asked_name(chain, *request.expected, found);
        break;
      case name_match::by_decision:
        break;
      case name_match::too_wide:
        found.push_back({errc::wildcard_too_wide, 0});
        break;
      case name_match::none:
        found.push_back({errc::name_mismatch, 0});
        break;
    }
  }
  if (request.expected_mailbox && !speaks_for_mailbox(chain.front(), *request.expected_mailbox))
    found.push_back({errc::name_mismatch, 0, not_the_mailbox});
}

host_asked host_of(const verify_request& request) noexcept {
  return request.expected ? host_asked::one : host_asked::none;
}

built_chain build(const verify_request& request, sys_seconds now, verify_profile profile, verified_chains* known) {
  built_chain built;
  // What revocation lists say changes.
  if (request.options.crls) known = nullptr;
  const auto key = known != nullptr ? verified_chains::key_of(request) : verified_chains::key{};
  if (auto found = known != nullptr ? known->find(key) : std::nullopt) {
    built.certificates = *std::move(found);
    // A chain that is over is no reason to overlook another.
    if (std::ranges::all_of(built.certificates, [now](const certificate& c) { return is_valid_at(c, now); }))
      return built;
  }
  built = build_chain(request, now, [&](const std::vector<certificate>& chain, problems& found) {
    const bool is_open = std::ranges::any_of(found, [](const problem& p) { return is_without_issuer(p.code); });
    check_profile(chain, is_open ? chain_end::open : chain_end::anchor, request.role, host_of(request), profile, found);
    if (request.options.crls && !is_open) check_revocation(chain, request, now, profile, found);
  });
  // With nobody to trust, that is the reason and the unknown issuer its consequence.
  if (request.trust.size() == 0) {
    std::erase_if(built.found, [](const problem& p) { return is_without_issuer(p.code); });
    built.found.push_back({errc::no_trust_anchors, 0});
  }
  if (known != nullptr && built.found.empty()) known->put(key, built.certificates);
  return built;
}

bool any_matches(const std::vector<certificate_pin>& pins, const certificate& leaf) {
  return std::ranges::any_of(pins, [&leaf](const certificate_pin& pin) { return pin.matches(leaf); });
}

// Moves the findings that `waives` answers with true to those that do not count; true when there was one.
bool waive(verdict_parts& parts, const std::function<bool(const finding&)>& waives) {
  auto& findings = parts.findings;
  const auto first =
      std::stable_partition(findings.begin(), findings.end(), [&](const finding& f) { return !waives(f); });
  const bool any = first != findings.end();
  parts.waived.insert(parts.waived.end(), first, findings.end());
  findings.erase(first, findings.end());
  return any;
}

void refuse(verdict_parts& parts, const certificate& leaf, errc code, std::string message, std::string hint) {
  parts.findings.insert(
      parts.findings.begin(),
      {.code = code, .subject = display_name(leaf), .message = std::move(message), .hint = std::move(hint)});
}

void accept_by_pin(const verify_request& request, const certificate& leaf, verdict_parts& parts) {
  const auto& pins = request.options.accepted_pins;
  const auto pin = std::ranges::find_if(pins, [&leaf](const certificate_pin& p) { return p.matches(leaf); });
  if (pin != pins.end() && waive(parts, [](const finding& f) { return f.code != errc::pin_mismatch; }))
    parts.accepted_by = "pin " + pin->text();
  if (pin != pins.end() || pins.empty() || parts.findings.empty()) return;
  // Whoever named a key looks for the reason there first.
  const auto beside = pins_beside(pins, leaf);
  parts.findings.front().message +=
      "; nor is its key one that is accepted: expected " + beside.expected + ", found " + beside.presented;
}

// The peer is trusted by its key; true when that key has yet to be written down. A known key replaces a chain and
// nothing else, and only who lacks nothing but a chain is remembered.
bool accept_by_first_use(const verify_request& request, const certificate& leaf, verdict_parts& parts) {
  const auto& peers = request.options.first_use;
  const auto is_chains = [](const finding& f) { return is_without_issuer(f.code) || f.code == errc::no_trust_anchors; };
  if (!peers || !request.expected || request.role != peer_role::server ||
      std::ranges::none_of(parts.findings, is_chains))
    return false;
  const auto& name = *request.expected;
  const auto at = known_keys::at(*peers, name, request.expected_port, leaf);
  if (!at) {
    refuse(parts, leaf, errc::certificate_rejected, at.error().message(), at.error().hint());
    return false;
  }
  if (at->is == known_peers::standing::changed) {
    refuse(parts, leaf, errc::pin_mismatch,
           "the key of " + at->peer + " is not the one that " + peers->file().string() + " knows: expected " +
               base::listed(at->keys) + ", found " + at->shown,
           "somebody may be in between; if its administrator says that the key was changed, remove its line "
           "from the file");
    parts.findings.front().expected = base::listed(at->keys);
    parts.findings.front().presented = at->shown;
    return false;
  }
  const bool lacks_a_chain_only = std::ranges::all_of(parts.findings, is_chains);
  const bool is_new = at->is == known_peers::standing::unknown;
  if (is_new && !lacks_a_chain_only) return false;
  waive(parts, is_chains);
  parts.accepted_by = "its key, known from " + peers->file().string();
  return is_new;
}

void remember(const verify_request& request, const certificate& leaf, sys_seconds now, verdict_parts& parts) {
  const auto remembered = request.options.first_use->remember(*request.expected, request.expected_port, leaf, now);
  if (remembered) return;
  // Nothing stands in for a chain then.
  parts.accepted_by.clear();
  parts.findings = std::exchange(parts.waived, {});
  refuse(parts, leaf, errc::certificate_rejected, remembered.error().message(), remembered.error().hint());
}

verdict judge(const verify_request& request, verified_chains* known, const problems& so_far) {
  using namespace std::chrono;
  const auto now = request.options.clock ? request.options.clock() : floor<seconds>(system_clock::now());
  const auto decide = [&](const std::vector<certificate>& chain, problems found, const problems& passed_over = {}) {
    std::ranges::stable_sort(found, {}, weight);
    const auto explained = [&](const problems& all) {
      std::vector<finding> out;
      out.reserve(all.size());
      for (const auto& p : all) out.push_back(explain(p, {request, chain, now}));
      return out;
    };
    verdict_parts parts{.chain = chain,
                        .findings = explained(found),
                        .passed_over = explained(passed_over),
                        .trust = request.trust.description(),
                        .loosened = request.loosened.reason()};
    bool is_new = false;
    if (!request.sent.empty()) {
      accept_by_pin(request, request.sent.front(), parts);
      is_new = accept_by_first_use(request, request.sent.front(), parts);
    }
    auto objection =
        request.options.further ? request.options.further(detail::access::make<verdict>(parts)) : std::nullopt;
    if (is_new && parts.findings.empty() && !objection) remember(request, request.sent.front(), now, parts);
    // Nothing stands in for a certificate that is not there.
    if (!chain.empty())
      waive(parts,
            [&](const finding& f) { return request.loosened.waives(f, chain[std::min(f.depth, chain.size() - 1)]); });
    if (objection) parts.findings.push_back(*std::move(objection));
    return detail::access::make<verdict>(std::move(parts));
  };
  if (request.sent.empty()) {
    problems found{{errc::no_peer_certificate, 0}};
    if (!request.options.pins.empty()) found.push_back({errc::pin_mismatch, 0});
    return decide({}, std::move(found));
  }
  const ossl::quiet_errors forget;
  const auto profile = profile_of(request);
  auto built = build(request, now, profile, known);
  built.found.insert(built.found.end(), so_far.begin(), so_far.end());
  problems passed_over;
  if (profile == verify_profile::compatible) {
    check_profile(built.certificates, chain_end::anchor, request.role, host_of(request), verify_profile::webpki,
                  passed_over);
    check_serials_of_issuers(built.certificates, passed_over);
    if (request.options.crls) check_oddities(built.certificates, request, passed_over);
  }
  // What stands above a wrong signature is not the issuer, so that it is unknown is the consequence.
  for (auto& p : built.found)
    p.is_cause =
        p.is_cause || (p.code == errc::bad_signature && std::ranges::any_of(built.found, [&p](const problem& q) {
                         return is_without_issuer(q.code) && q.depth > p.depth;
                       }));
  check_expected(request, profile, built.certificates, built.found);
  if (!missing_usages(request, built.certificates.front()).empty())
    built.found.push_back({errc::invalid_purpose, 0, lacks_a_usage});
  // What was refused was not let pass.
  std::erase_if(passed_over, [&built](const problem& passed) {
    return std::ranges::any_of(built.found,
                               [&](const problem& p) { return p.code == passed.code && p.depth == passed.depth; });
  });
  if (!request.options.pins.empty() && !any_matches(request.options.pins, request.sent.front()))
    built.found.push_back({errc::pin_mismatch, 0});
  return decide(built.certificates, std::move(built.found), passed_over);
}

// What is sent beyond the bound does not count, and all else is judged as ever.
verdict judge_within_bounds(const verify_request& request, verified_chains* known) {
  if (request.sent.size() <= most_sent) return judge(request, known, {});
  verify_request bounded = request;
  bounded.sent.resize(most_sent, bounded.sent.front());
  return judge(bounded, known, {{errc::path_too_long, 0, "came with more certificates than are looked at"}});
}

}  // namespace

verdict verify_peer(const verify_request& request) {
  return judge_within_bounds(request, nullptr);
}
verdict verify_peer(const verify_request& request, verified_chains& known) {
  return judge_within_bounds(request, &known);
}

bool matches_name(const certificate& cert, const server_name& name, const verify_options& options) {
  const auto match = match_name(cert, name, policy_of(options, options.profile));
  return match == name_match::by_name || match == name_match::by_decision;
}

result<verify_profile> parse_verify_profile(std::string_view name) {
  if (name == "compatible") return verify_profile::compatible;
  if (name == "webpki") return verify_profile::webpki;
  if (name == "strict") return verify_profile::strict;
  return error(errc::invalid_argument, base::quoted(name) + " is no profile", "one of compatible, webpki, strict");
}

error to_error(const std::string& whom, std::shared_ptr<const verdict> refused) {
  const auto& findings = refused->findings();
  const finding first =
      findings.empty() ? finding{.code = errc::no_verdict, .message = "the peer was not verified"} : findings.front();
  std::vector<std::string> others;
  for (std::size_t i = 1; i < findings.size(); ++i) others.push_back(findings[i].message);
  auto parts =
      base::sentence{.whom = whom, .phase = "verification failed", .why = first.message, .hint = first.hint}.parts(
          first.code);
  parts.expected = first.expected;
  parts.presented = first.presented;
  parts.details = std::move(others);
  parts.judged = std::move(refused);
  return error(std::move(parts));
}

}  // namespace signet
