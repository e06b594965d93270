#include "verify/chain_builder.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <utility>

#include "ossl/errors.hpp"
#include "ossl/guard.hpp"
#include "ossl/handles.hpp"
#include "verify/explain.hpp"
#include "verify/key_limits.hpp"
#include "verify/name_constraints.hpp"
#include "verify/profile.hpp"
#include "verify/renewed_issuer.hpp"
#include "verify/strength.hpp"
#include "verify/trust_store_impl.hpp"
#include "x509/extension_reader.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

// Anchors that may be looked at in one verification: a peer can send many certificates.
constexpr std::size_t most_candidates = 64;
// Bounds on work, whatever the user's limit is, against which self-issued certificates do not count (RFC 5280 section
// 6.1.4): of intermediates in all, and of self-issued ones beside those that count.
constexpr std::size_t most_intermediates = 100;
constexpr std::size_t most_self_issued = 10;
// Of intermediates on a way that is searched for.
constexpr std::size_t deepest_search = 10;

errc code_of(int x509_error) noexcept {
  switch (x509_error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
      return errc::unknown_issuer;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return errc::self_signed;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return errc::self_signed_in_chain;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
      return errc::bad_signature;
    case X509_V_ERR_INVALID_PURPOSE:
      return errc::invalid_purpose;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
    case X509_V_ERR_INVALID_NON_CA:
      return errc::invalid_ca;
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
    case X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED:
      return errc::path_too_long;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
      return errc::weak_key;
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return errc::weak_signature;
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
      return errc::name_constraint;
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
      return errc::unknown_critical_extension;
    case X509_V_ERR_CERT_REVOKED:
      return errc::revoked;
    case X509_V_ERR_CERT_REJECTED:
      return errc::certificate_rejected;
    default:
      return errc::invalid_certificate;
  }
}

// What is said of the first extension that RFC 5280 knows and forbids to be critical; nothing where another one is why
// OpenSSL stumbles.
std::string_view wrongly_critical(X509* x) {
  std::string_view detail;
  for (int i = 0; i < X509_get_ext_count(x); ++i) {
    auto* extension = X509_get_ext(x, i);
    if (X509_EXTENSION_get_critical(extension) == 0 || X509_supported_extension(extension) == 1) continue;
    const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
    const bool is_key_identifier = nid == NID_authority_key_identifier || nid == NID_subject_key_identifier;
    if (!is_key_identifier && nid != NID_info_access) return {};
    if (detail.empty()) detail = is_key_identifier ? critical_key_identifier : unusable_access;
  }
  return detail;
}

// What OpenSSL says of a certificate by numbers that are about something else, or about several things.
problem problem_of(int x509_error, X509* x, std::size_t depth) {
  switch (x509_error) {
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
      if (const auto detail = x != nullptr ? wrongly_critical(x) : ""; !detail.empty())
        return {errc::invalid_extension, depth, detail};
      break;
    case X509_V_ERR_EC_KEY_EXPLICIT_PARAMS:
      return {errc::weak_key, depth, spelled_out_curve};
    case X509_V_ERR_SUBTREE_MINMAX:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
      return {errc::name_constraint, depth, "has a name to which constraints of its issuers apply that cannot be read"};
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
      return {errc::name_constraint, depth, names_not_comparable};
    case X509_V_ERR_UNSPECIFIED:
      return {errc::name_constraint, depth, too_many_names};
    default:
      break;
  }
  return {code_of(x509_error), depth};
}

// What OpenSSL's verification is at, for its callback.
struct progress {
  problems& found;
  work_budget& budget;
  // The first certificate whose signature was not looked at any more.
  std::optional<std::size_t> unchecked = std::nullopt;
};

int progress_index() {
  static const int index = X509_STORE_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

void add(problems& found, problem p) {
  if (std::ranges::find(found, p) == found.end()) found.push_back(p);
}

std::vector<certificate> certificates_of(const STACK_OF(X509) * stack) {
  std::vector<certificate> out;
  for (int i = 0; i < sk_X509_num(stack); ++i) out.push_back(adopt(ossl::share(sk_X509_value(stack, i))));
  return out;
}

// The signature of the certificate at `depth` was checked; the one below comes next, and the names after the last.
// Whether to go on.
bool goes_on(X509_STORE_CTX* ctx, std::size_t depth, progress& at) {
  if (depth > 0) {
    at.budget.count_signature();
    if (at.budget.allows_signatures()) return true;
    at.unchecked = depth - 1;
    add(at.found,
        {errc::path_search_exhausted, 0, "came with a chain that takes more work than is done for a stranger", true});
    return false;
  }
  const auto crowded = first_with_too_many_names(certificates_of(X509_STORE_CTX_get0_chain(ctx)),
                                                 at.found.empty() ? most_compared : most_compared_in_vain);
  if (crowded) add(at.found, {errc::name_constraint, *crowded, too_many_names});
  return !crowded;
}

// Notes the problem and goes on, so that all of them are reported at once, unless that takes too long. OpenSSL tells of
// what is good too, after each signature.
int note_problem(int ok, X509_STORE_CTX* ctx) {
  return ossl::guarded(0, [ok, ctx] {
    auto& at = *static_cast<progress*>(X509_STORE_CTX_get_ex_data(ctx, progress_index()));
    const auto depth = static_cast<std::size_t>(std::max(0, X509_STORE_CTX_get_error_depth(ctx)));
    if (ok != 0) return goes_on(ctx, depth, at) ? 1 : 0;
    add(at.found, problem_of(X509_STORE_CTX_get_error(ctx), X509_STORE_CTX_get_current_cert(ctx), depth));
    return 1;
  });
}

int purpose_of(peer_role role) noexcept {
  switch (role) {
    case peer_role::server:
      return X509_PURPOSE_SSL_SERVER;
    case peer_role::client:
      return X509_PURPOSE_SSL_CLIENT;
    case peer_role::any:
      break;
  }
  return X509_PURPOSE_ANY;
}

// Every certificate once, those valid now first: a builder takes the first that fits.
class pool {
 public:
  explicit pool(std::chrono::sys_seconds now) : now_(now) {}
  void add(const certificate& c) {
    if (known_.insert(c.fingerprint_sha256()).second) all_.push_back(c);
  }
  void sort() {
    std::stable_partition(all_.begin(), all_.end(), [this](const certificate& c) { return is_valid_at(c, now_); });
  }
  [[nodiscard]] const std::vector<certificate>& all() const noexcept { return all_; }

 private:
  std::chrono::sys_seconds now_;
  std::vector<certificate> all_ = {};
  std::set<std::array<std::uint8_t, 32>> known_ = {};
};

// What the peer sent beside its own certificate, and what the user added.
struct candidates {
  std::vector<certificate> usable = {};
  // With keys that no signature is checked with. A trusted one among them is found as an anchor, and used.
  std::vector<certificate> refused = {};
};

candidates candidates_of(const verify_request& request, std::chrono::sys_seconds now) {
  pool all(now);
  for (std::size_t i = 1; i < request.sent.size(); ++i) all.add(request.sent[i]);
  for (const auto& c : request.options.intermediates) all.add(c);
  all.sort();
  candidates out;
  for (const auto& c : all.all()) (objection_to_key(c) == nullptr ? out.usable : out.refused).push_back(c);
  return out;
}

// Every anchor that could end a chain over these: by the issuers' names, and the certificates themselves.
std::vector<certificate> anchors_of(const verify_request& request, const std::vector<certificate>& untrusted,
                                    std::chrono::sys_seconds now) {
  pool found(now);
  const auto look_up = [&](const X509_NAME* subject) {
    std::vector<certificate> more;
    inside(request.trust).find(subject, more);
    for (const auto& c : more)
      if (found.all().size() < most_candidates) found.add(c);
  };
  const auto look_around = [&](const certificate& c) {
    look_up(X509_get_issuer_name(raw(c)));
    look_up(X509_get_subject_name(raw(c)));
  };
  look_around(request.sent.front());
  for (const auto& c : untrusted) look_around(c);
  // NOLINTNEXTLINE(modernize-loop-convert): it grows meanwhile
  for (std::size_t i = 0; i < found.all().size(); ++i) {
    const certificate c = found.all()[i];
    if (!c.is_self_issued()) look_up(X509_get_issuer_name(raw(c)));
  }
  found.sort();
  return found.all();
}

ossl::x509_view_ptr view_of(const std::vector<certificate>& certificates) {
  ossl::x509_view_ptr view(sk_X509_new_reserve(nullptr, static_cast<int>(certificates.size())));
  if (!view) throw std::bad_alloc();
  for (const auto& c : certificates) sk_X509_push(view.get(), raw(c));
  return view;
}

int trust_setting_of(peer_role role) noexcept {
  switch (role) {
    case peer_role::server:
      return X509_TRUST_SSL_SERVER;
    case peer_role::client:
      return X509_TRUST_SSL_CLIENT;
    case peer_role::any:
      break;
  }
  return X509_TRUST_DEFAULT;
}

bool is_unknown_issuer_at(std::size_t depth, const problems& found) {
  return std::ranges::any_of(found,
                             [depth](const problem& p) { return p.code == errc::unknown_issuer && p.depth == depth; });
}

// What OpenSSL cannot read makes it find no issuer and look at no purpose, and the first of these alone may be waived.
void check_extensions(const verify_request& request, const certificate& c, std::size_t depth, problems& found) {
  if (X509_get_ext_count(raw(c)) > most_extensions)
    return add(found, {errc::invalid_extension, depth, "has more extensions than are looked at"});
  if ((X509_get_extension_flags(raw(c)) & EXFLAG_INVALID) != 0 || !c.broken_extensions().empty())
    add(found, {errc::invalid_extension,
                depth,
                {},
                is_unknown_issuer_at(depth, found) && has_trusted_issuer_name(c, request.trust)});
}

// A peer's copy of a trusted certificate lacks the settings that the trust has for it (TRUSTED CERTIFICATE). An anchor
// is otherwise trusted as it is, but for the peer's own certificate.
void check_each(const verify_request& request, const std::vector<certificate>& chain, problems& found) {
  problems rejected;
  for (std::size_t depth = 0; depth < chain.size(); ++depth) {
    std::vector<certificate> trusted;
    inside(request.trust).find(X509_get_subject_name(raw(chain[depth])), trusted);
    std::erase_if(trusted, [&](const certificate& c) { return c != chain[depth]; });
    const auto is_rejected = [&](const certificate& c) {
      return X509_check_trust(raw(c), trust_setting_of(request.role), 0) == X509_TRUST_REJECTED;
    };
    if (std::ranges::any_of(trusted, is_rejected)) rejected.push_back({errc::certificate_rejected, depth});
    if (depth == 0 || trusted.empty()) check_extensions(request, chain[depth], depth, found);
  }
  if (rejected.empty()) return;
  // OpenSSL says so too, of another certificate at times.
  std::erase_if(found, [](const problem& p) { return p.code == errc::certificate_rejected; });
  found.insert(found.end(), rejected.begin(), rejected.end());
}

// How many intermediates are looked at, those among them that do not count.
std::size_t deepest_for(std::size_t limit, const std::vector<certificate>& untrusted) {
  limit = std::min(limit, most_intermediates);
  const auto self_issued = static_cast<std::size_t>(
      std::ranges::count_if(untrusted, [](const certificate& c) { return c.is_self_issued(); }));
  return std::min(limit + std::min(self_issued, most_self_issued), most_intermediates);
}

// The first intermediate beyond the user's limit, short of the end of the chain.
std::optional<std::size_t> first_too_many(const std::vector<certificate>& chain, std::size_t limit) {
  std::size_t counted = 0;
  for (std::size_t depth = 1; depth + 1 < chain.size(); ++depth)
    if (!chain[depth].is_self_issued() && ++counted > limit) return depth;
  return std::nullopt;
}

bool was_signed_by(const certificate& subject, const certificate& issuer) {
  auto* key = X509_get0_pubkey(raw(issuer));
  return X509_NAME_cmp(X509_get_subject_name(raw(issuer)), X509_get_issuer_name(raw(subject))) == 0 && key != nullptr &&
         X509_verify(raw(subject), key) == 1;
}

bool may_not_sign(const certificate& c) {
  const x509::bits_extension usage(raw(c), NID_key_usage);
  constexpr int key_cert_sign = 5;
  return usage && ASN1_BIT_STRING_get_bit(usage.get(), key_cert_sign) == 0;
}

// OpenSSL's builder and checks over exactly these certificates; the chain as far as it went.
built_chain verify(const verify_request& request, const std::vector<certificate>& anchors,
                   const std::vector<certificate>& untrusted, work_budget& budget) {
  built_chain out;
  progress at{out.found, budget};
  const auto trusted = view_of(anchors);
  const auto others = view_of(untrusted);
  const ossl::x509_store_ctx_ptr ctx(X509_STORE_CTX_new());
  if (!ctx ||
      X509_STORE_CTX_init(ctx.get(), empty_store(profile_of(request)), raw(request.sent.front()), others.get()) != 1)
    throw std::bad_alloc();
  X509_STORE_CTX_set0_trusted_stack(ctx.get(), trusted.get());
  X509_STORE_CTX_set_ex_data(ctx.get(), progress_index(), &at);
  X509_STORE_CTX_set_verify_cb(ctx.get(), note_problem);
  X509_STORE_CTX_set_purpose(ctx.get(), purpose_of(request.role));

  auto* rules = X509_STORE_CTX_get0_param(ctx.get());
  // Times are ours: OpenSSL takes the last second of a certificate for its end, and switching that off would switch off
  // CRL times too. An intermediate the user trusts is an anchor as good as a root.
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
  const auto deepest = deepest_for(request.options.max_intermediates, untrusted);
  X509_VERIFY_PARAM_set_depth(rules, static_cast<int>(deepest));
  X509_VERIFY_PARAM_set_auth_level(rules, security_level);
  // Else name constraints are applied to a common name that nobody consults (docs/proven.md 5).
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);

  if (X509_verify_cert(ctx.get()) != 1 && out.found.empty())
    out.found.push_back({code_of(X509_STORE_CTX_get_error(ctx.get())), 0});
  out.certificates = certificates_of(X509_STORE_CTX_get0_chain(ctx.get()));
  if (out.certificates.empty()) out.certificates.push_back(request.sent.front());
  // A trusted certificate ends the chain, whatever the peer sent that stands above it.
  while (out.found.empty() && out.certificates.size() > 1 &&
         std::ranges::find(anchors, out.certificates.back()) == anchors.end())
    out.certificates.pop_back();
  // Where the limit ended the chain, OpenSSL calls the next issuer unknown though it is at hand.
  if (out.certificates.size() > deepest) {
    const auto is_at_hand = [&](const certificate& c) {
      return X509_NAME_cmp(X509_get_subject_name(raw(c)), X509_get_issuer_name(raw(out.certificates.back()))) == 0;
    };
    if ((std::ranges::any_of(anchors, is_at_hand) || std::ranges::any_of(untrusted, is_at_hand)) &&
        std::erase_if(out.found, [](const problem& p) {
          return p.code == errc::unknown_issuer || p.code == errc::path_too_long;
        }) > 0)
      out.found.push_back(
          {errc::path_too_long,
           first_too_many(out.certificates, request.options.max_intermediates).value_or(out.certificates.size() - 1)});
  }
  // OpenSSL finds no issuer in a certificate whose key usage has no bit at all.
  const auto last = out.certificates.size() - 1;
  const auto signed_it_unlawfully = [&](const certificate& c) {
    if (!may_not_sign(c) || budget.is_used_up()) return false;
    budget.count_signature();
    return was_signed_by(out.certificates[last], c);
  };
  if (is_unknown_issuer_at(last, out.found) && std::ranges::any_of(anchors, signed_it_unlawfully))
    out.found.push_back({errc::invalid_ca, last,
                         "was issued by a trusted certificate that may not sign others by its key usage (RFC 5280 "
                         "section 4.2.1.3)",
                         true});
  const bool is_complete = std::ranges::find(anchors, out.certificates.back()) != anchors.end();
  if (const auto depth =
          is_complete ? first_too_many(out.certificates, request.options.max_intermediates) : std::nullopt)
    add(out.found, {errc::path_too_long, *depth});
  // Whoever lets a long chain pass has not let pass one that nobody is known to have signed.
  if (at.unchecked)
    add(out.found, {errc::unknown_issuer, *at.unchecked, "has a signature that was not looked at any more"});
  return out;
}

// All ways from the peer's certificate upwards, depth first, by names and by signatures that hold.
class path_search {
 public:
  path_search(const std::vector<certificate>& anchors, const std::vector<certificate>& untrusted, std::size_t deepest,
              work_budget& budget)
      : anchors_(anchors), untrusted_(untrusted), deepest_(deepest), budget_(budget) {}

  enum class outcome : unsigned char { found, none, exhausted };
  using visitor = std::function<bool(const std::vector<certificate>& path)>;

  // Until `accepts` is true.
  outcome run(const certificate& leaf, const visitor& accepts) {
    path_.push_back(leaf);
    if (visit(accepts)) return outcome::found;
    return budget_.is_used_up() ? outcome::exhausted : outcome::none;
  }

 private:
  bool try_path(const visitor& accepts) {
    budget_.count_path();
    return accepts(path_);
  }

  // True as soon as a path was accepted.
  bool visit(const visitor& accepts) {
    budget_.count_step();
    if (budget_.is_used_up()) return false;
    const certificate current = path_.back();
    if (std::ranges::find(anchors_, current) != anchors_.end() && try_path(accepts)) return true;
    for (const auto& anchor : anchors_) {
      if (budget_.is_used_up()) return false;
      if (is_in_path(anchor) || !issued(anchor, current)) continue;
      path_.push_back(anchor);
      const bool accepted = try_path(accepts);
      // An anchor that others issued may lead further, where it is refused as an end.
      if (accepted || (!anchor.is_self_issued() && path_.size() <= deepest_ + 1 && climb(accepts))) return true;
      path_.pop_back();
    }
    return path_.size() <= deepest_ + 1 && climb(accepts);
  }

  bool climb(const visitor& accepts) {
    const certificate current = path_.back();
    if (current.is_self_issued() && issued(current, current)) return false;
    for (const auto& issuer : untrusted_) {
      if (budget_.is_used_up()) return false;
      if (is_in_path(issuer) || !issued(issuer, current)) continue;
      path_.push_back(issuer);
      if (visit(accepts)) return true;
      path_.pop_back();
    }
    return false;
  }

  // The same certificate, or the same name with the same key: a way back to where one has been.
  [[nodiscard]] bool is_in_path(const certificate& c) const {
    return std::ranges::any_of(path_, [&c](const certificate& other) {
      return c == other || (X509_NAME_cmp(X509_get_subject_name(raw(c)), X509_get_subject_name(raw(other))) == 0 &&
                            X509_get0_pubkey(raw(c)) != nullptr && X509_get0_pubkey(raw(other)) != nullptr &&
                            EVP_PKEY_eq(X509_get0_pubkey(raw(c)), X509_get0_pubkey(raw(other))) == 1);
    });
  }

  bool issued(const certificate& issuer, const certificate& subject) {
    if (X509_NAME_cmp(X509_get_subject_name(raw(issuer)), X509_get_issuer_name(raw(subject))) != 0) return false;
    const auto edge = std::pair(raw(issuer), raw(subject));
    if (const auto known = holds_.find(edge); known != holds_.end()) return known->second;
    auto* key = X509_get0_pubkey(raw(issuer));
    budget_.count_signature();
    const bool holds = key != nullptr && X509_verify(raw(subject), key) == 1;
    holds_.emplace(edge, holds);
    return holds;
  }

  const std::vector<certificate>& anchors_;
  const std::vector<certificate>& untrusted_;
  std::size_t deepest_;
  work_budget& budget_;
  std::vector<certificate> path_ = {};
  std::map<std::pair<X509*, X509*>, bool> holds_ = {};
};

// What the peer's certificate says of itself stands on each way, and what is used up is used up for all of them.
bool is_hopeless(const problems& found) {
  return std::ranges::any_of(found, [](const problem& p) {
    switch (p.code) {
      case errc::expired:
      case errc::not_yet_valid:
      case errc::weak_key:
      case errc::no_alternative_names:
      case errc::invalid_extension:
      case errc::invalid_version:
      case errc::invalid_serial_number:
      case errc::unknown_critical_extension:
        return p.depth == 0;
      case errc::path_search_exhausted:
        return true;
      default:
        return false;
    }
  });
}

// The issuer that was not found may be one whose key is not used.
void tell_of_refused(const std::vector<certificate>& refused, built_chain& chain) {
  const bool is_open = std::ranges::any_of(chain.found, [](const problem& p) {
    return p.code == errc::unknown_issuer || p.code == errc::self_signed_in_chain;
  });
  if (!is_open) return;
  for (std::size_t depth = 0; depth < chain.certificates.size(); ++depth)
    for (const auto& c : refused)
      if (X509_NAME_cmp(X509_get_subject_name(raw(c)), X509_get_issuer_name(raw(chain.certificates[depth]))) == 0)
        add(chain.found, {errc::weak_key, depth, objection_to_key(c)->issuers, true});
}

}  // namespace

bool is_valid_at(const certificate& c, std::chrono::sys_seconds now) noexcept {
  const auto t = static_cast<time_t>(now.time_since_epoch().count());
  return ASN1_TIME_cmp_time_t(X509_get0_notBefore(raw(c)), t) <= 0 &&
         ASN1_TIME_cmp_time_t(X509_get0_notAfter(raw(c)), t) >= 0;
}

void check_times(const std::vector<certificate>& chain, std::chrono::sys_seconds now, problems& found) {
  const auto t = static_cast<time_t>(now.time_since_epoch().count());
  for (std::size_t depth = 0; depth < chain.size(); ++depth) {
    // A time that cannot be read compares as -2 and fails both ways.
    const int before = ASN1_TIME_cmp_time_t(X509_get0_notBefore(raw(chain[depth])), t);
    const int after = ASN1_TIME_cmp_time_t(X509_get0_notAfter(raw(chain[depth])), t);
    if (before == -2 || after == -2)
      add(found, {errc::invalid_certificate, depth, "has a period of validity that cannot be read"});
    else if (before > 0)
      add(found, {errc::not_yet_valid, depth});
    else if (after < 0)
      add(found, {errc::expired, depth});
  }
}

built_chain build_chain(const verify_request& request, std::chrono::sys_seconds now, const chain_judge& judge,
                        work_budget budget) {
  const auto [untrusted, refused] = candidates_of(request, now);
  const auto anchors = anchors_of(request, untrusted, now);
  const auto& leaf = request.sent.front();
  const auto* objection = std::ranges::find(anchors, leaf) == anchors.end() ? objection_to_key(leaf) : nullptr;
  const auto complete = [&](built_chain chain) {
    if (objection != nullptr) add(chain.found, {errc::weak_key, 0, objection->own});
    check_times(chain.certificates, now, chain.found);
    check_wildcards(chain.certificates, chain.found);
    check_each(request, chain.certificates, chain.found);
    judge(chain.certificates, chain.found);
    return chain;
  };
  auto first = complete(verify(request, anchors, untrusted, budget));
  if (first.found.empty()) return first;
  // Without an anchor in sight there is no way.
  if (!anchors.empty() && !is_hopeless(first.found)) {
    built_chain other;
    path_search search(anchors, untrusted,
                       std::min(deepest_for(request.options.max_intermediates, untrusted), deepest_search), budget);
    const auto outcome = search.run(leaf, [&](const std::vector<certificate>& path) {
      other = complete(verify(request, {path.back()}, {path.begin() + 1, path.end()}, budget));
      return other.found.empty();
    });
    if (outcome == path_search::outcome::found) return other;
    if (outcome == path_search::outcome::exhausted) add(first.found, {errc::path_search_exhausted, 0});
  }
  tell_of_refused(refused, first);
  return first;
}

}  // namespace signet
