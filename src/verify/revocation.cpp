#include "verify/revocation.hpp"

#include <algorithm>
#include <optional>

#include "ossl/errors.hpp"
#include "ossl/handles.hpp"
#include "verify/key_limits.hpp"
#include "verify/trust_store_impl.hpp"
#include "x509/chain_order.hpp"
#include "x509/crl_impl.hpp"
#include "x509/extension_reader.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

using point_ptr = ossl::handle<ISSUING_DIST_POINT, ISSUING_DIST_POINT_free>;

bool is_ca(const certificate& c) {
  const auto constraints = c.basic_constraints();
  return constraints && constraints->is_ca;
}

// Whether a list that covers a part of its issuer's certificates covers this one.
bool is_in_scope(const ISSUING_DIST_POINT* scope, const certificate& c) {
  if (scope == nullptr) return true;
  if (scope->onlyattr > 0 || (scope->onlyuser > 0 && is_ca(c)) || (scope->onlyCA > 0 && !is_ca(c))) return false;
  if (scope->distpoint == nullptr) return true;
  // A name relative to the issuer's is as rare as it is hard to compare: such a list covers nothing here.
  if (scope->distpoint->type != 0) return false;
  const auto points = c.crl_distribution_points();
  const auto* names = scope->distpoint->name.fullname;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_URI) continue;
    const std::string url(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.ia5)),
                          static_cast<std::size_t>(ASN1_STRING_length(name->d.ia5)));
    for (const auto& point : points)
      if (std::ranges::any_of(
              point.names, [&](const general_name& n) { return n.kind == general_name_kind::uri && n.value == url; }))
        return true;
  }
  return false;
}

constexpr auto no_number = "has a revocation list without a number, or with a critical one (RFC 5280 section 5.2.3)";

bool has_proper_number(const crl& list) {
  const auto extensions = list.extensions();
  const auto number = std::ranges::find(extensions, "2.5.29.20", [](const extension& e) { return e.id.oid; });
  return number != extensions.end() && !number->is_critical;
}

std::size_t asked_about(const std::vector<certificate>& chain, const verify_request& request) {
  return request.options.crls->scope == crl_scope::leaf ? std::min<std::size_t>(1, chain.size()) : chain.size();
}

// Why a list from the right issuer does not count, or nothing.
std::optional<problem> objection(const crl& list, const certificate& issuer, std::chrono::sys_seconds now,
                                 verify_profile profile, std::size_t depth) {
  if (list.is_delta())
    return problem{errc::crl_invalid, depth, "has a revocation list that only holds changes to another (a delta CRL)"};
  if (list.is_indirect())
    return problem{errc::crl_invalid, depth, "has a revocation list that speaks for other issuers (an indirect CRL)"};
  if (!list.unknown_critical_extensions().empty())
    return problem{errc::crl_invalid, depth, "has a revocation list with a critical extension that is not known here"};
  if (!list.is_signed_by(issuer))
    return problem{errc::crl_invalid, depth,
                   "has a revocation list that its issuer did not sign or was not allowed to sign"};
  if (list.this_update() > now) return problem{errc::crl_invalid, depth, "has a revocation list from the future"};
  if (!list.next_update())
    return problem{errc::crl_invalid, depth, "has a revocation list that does not say when the next one is due"};
  if (*list.next_update() < now) return problem{errc::crl_expired, depth};
  if (profile != verify_profile::compatible && !has_proper_number(list))
    return problem{errc::crl_invalid, depth, no_number};
  return std::nullopt;
}

bool is_from_issuer_of(const crl& list, const certificate& c) {
  return X509_NAME_cmp(X509_CRL_get_issuer(inside(list).list.get()), X509_get_issuer_name(raw(c))) == 0;
}

// What the lists of a certificate's issuer say of it together.
struct said_by_lists {
  bool is_revoked = false;
  // The first that does not count, and why.
  std::optional<problem> in_the_way = {};
  // When the latest list was made that clears the certificate, and the latest that holds it back.
  std::optional<std::chrono::sys_seconds> cleared = {};
  std::optional<std::chrono::sys_seconds> held = {};
};

void check_one(const certificate& c, const certificate& issuer, const std::vector<crl>& lists,
               std::chrono::sys_seconds now, verify_profile profile, std::size_t depth, problems& found) {
  said_by_lists said;
  for (const auto& list : lists) {
    if (!is_from_issuer_of(list, c)) continue;
    const auto why = objection(list, issuer, now, profile, depth);
    if (why && !said.in_the_way) said.in_the_way = why;
    // However old or odd the list is: what its issuer has signed once it has said.
    const auto entry = list.find(c);
    if (entry && entry->reason != revocation_reason::remove_from_crl) {
      if (!list.is_signed_by(issuer)) continue;
      if (entry->reason == revocation_reason::certificate_hold)
        said.held = std::max(said.held.value_or(list.this_update()), list.this_update());
      else
        said.is_revoked = true;
      continue;
    }
    if (why) continue;
    const x509::read_extension<point_ptr> scope(X509_CRL_get0_extensions(inside(list).list.get()),
                                                NID_issuing_distribution_point);
    // One that leaves reasons out clears nobody.
    if (is_in_scope(scope.get(), c) && (!scope || scope->onlysomereasons == nullptr))
      said.cleared = std::max(said.cleared.value_or(list.this_update()), list.this_update());
  }
  // A hold is taken back by a later list that does not name the certificate (RFC 5280 section 5.3.1).
  if (said.is_revoked || (said.held && (!said.cleared || *said.cleared <= *said.held)))
    found.push_back({errc::revoked, depth});
  else if (!said.cleared)
    found.push_back(said.in_the_way.value_or(problem{errc::crl_not_found, depth}));
}

// Certificates whose name and key issued `c`, those of the trust first. A peer can send many.
std::vector<certificate> issuers_at_hand(const certificate& c, const verify_request& request) {
  constexpr std::size_t most = 16;
  std::vector<certificate> found;
  inside(request.trust).find(X509_get_issuer_name(raw(c)), found);
  const auto add = [&](const certificate& other) {
    if (found.size() < most && objection_to_key(other) == nullptr &&
        X509_NAME_cmp(X509_get_subject_name(raw(other)), X509_get_issuer_name(raw(c))) == 0)
      found.push_back(other);
  };
  std::ranges::for_each(request.options.intermediates, add);
  std::ranges::for_each(request.sent, add);
  std::erase_if(found, [&c](const certificate& other) {
    auto* key = X509_get0_pubkey(raw(other));
    return key == nullptr || X509_verify(raw(c), key) != 1;
  });
  return found;
}

void check_anchor(const certificate& c, const verify_request& request, std::chrono::sys_seconds now,
                  verify_profile profile, std::size_t depth, problems& found) {
  if (x509::is_root(c)) return;
  std::optional<problems> said;
  for (const auto& issuer : issuers_at_hand(c, request)) {
    problems by_this;
    check_one(c, issuer, request.options.crls->lists, now, profile, depth, by_this);
    if (!by_this.empty() && by_this.front().code == errc::revoked) return found.push_back(by_this.front());
    if (!said || by_this.empty()) said = std::move(by_this);
  }
  // A CA that is trusted as it is needs nobody to clear it.
  if (depth > 0) return;
  if (!said)
    said = {{errc::crl_not_found, depth, "has no revocation list that can be checked: its issuer is not at hand"}};
  found.insert(found.end(), said->begin(), said->end());
}

}  // namespace

void check_revocation(const std::vector<certificate>& chain, const verify_request& request,
                      std::chrono::sys_seconds now, verify_profile profile, problems& found) {
  const ossl::quiet_errors quiet;
  const auto& lists = *request.options.crls;
  const auto asked = asked_about(chain, request);
  for (std::size_t depth = 0; depth < asked; ++depth)
    if (depth + 1 < chain.size())
      check_one(chain[depth], chain[depth + 1], lists.lists, now, profile, depth, found);
    else
      check_anchor(chain[depth], request, now, profile, depth, found);
}

void check_oddities(const std::vector<certificate>& chain, const verify_request& request, problems& passed_over) {
  for (std::size_t depth = 0; depth < asked_about(chain, request); ++depth)
    if (std::ranges::any_of(request.options.crls->lists, [&c = chain[depth]](const crl& list) {
          return is_from_issuer_of(list, c) && !has_proper_number(list);
        }))
      passed_over.push_back({errc::crl_invalid, depth, no_number});
}

}  // namespace signet
