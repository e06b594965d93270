#include <signet/verify/verify_peer.hpp>

#include <algorithm>
#include <new>

#include "ossl/errors.hpp"
#include "ossl/guard.hpp"
#include "ossl/handles.hpp"
#include "verify/explain.hpp"
#include "verify/name_match.hpp"
#include "verify/strength.hpp"
#include "verify/trust_store_impl.hpp"
#include "verify/verified_chains.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

// Anchors that may be looked at in one verification: a peer can send many certificates.
constexpr std::size_t most_candidates = 64;
constexpr std::size_t most_sent = 100;

struct problem {
  errc code;
  std::size_t depth;
  friend bool operator==(const problem&, const problem&) = default;
};

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
    case X509_V_ERR_SUBTREE_MINMAX:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
      return errc::name_constraint;
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
      return errc::unknown_critical_extension;
    case X509_V_ERR_CERT_REVOKED:
      return errc::revoked;
    default:
      return errc::invalid_certificate;
  }
}

// The most telling first: an unknown issuer outweighs what such a certificate says about itself.
int weight(errc code) noexcept {
  switch (code) {
    case errc::no_peer_certificate:
    case errc::no_trust_anchors:
      return 0;
    case errc::unknown_issuer:
    case errc::self_signed:
    case errc::self_signed_in_chain:
      return 1;
    case errc::bad_signature:
      return 2;
    case errc::revoked:
      return 3;
    case errc::expired:
    case errc::not_yet_valid:
      return 4;
    case errc::name_mismatch:
      return 5;
    default:
      return 6;
  }
}

// Empty and shared: anchors come as a stack, and an X509_STORE would only remember what it should not (docs/proven.md
// 8).
X509_STORE* empty_store() {
  static X509_STORE* const made = X509_STORE_new();
  if (made == nullptr) throw std::bad_alloc();
  return made;
}

int problems_index() {
  static const int index = X509_STORE_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// Notes the problem and goes on, so that all of them are reported at once.
int note_problem(int ok, X509_STORE_CTX* ctx) {
  if (ok != 0) return 1;
  return ossl::guarded(0, [ctx] {
    auto& problems = *static_cast<std::vector<problem>*>(X509_STORE_CTX_get_ex_data(ctx, problems_index()));
    const problem p{code_of(X509_STORE_CTX_get_error(ctx)),
                    static_cast<std::size_t>(std::max(0, X509_STORE_CTX_get_error_depth(ctx)))};
    if (std::find(problems.begin(), problems.end(), p) == problems.end()) problems.push_back(p);
    return 1;
  });
}

bool is_valid_at(const certificate& c, std::chrono::sys_seconds now) {
  const auto t = static_cast<time_t>(now.time_since_epoch().count());
  return ASN1_TIME_cmp_time_t(X509_get0_notBefore(raw(c)), t) <= 0 &&
         ASN1_TIME_cmp_time_t(X509_get0_notAfter(raw(c)), t) >= 0;
}

// Both ends are inclusive (RFC 5280 section 4.1.2.5); a time that cannot be read compares as -2 and fails both ways.
void check_times(const std::vector<certificate>& chain, std::chrono::sys_seconds now, std::vector<problem>& problems) {
  const auto t = static_cast<time_t>(now.time_since_epoch().count());
  for (std::size_t depth = 0; depth < chain.size(); ++depth) {
    const int before = ASN1_TIME_cmp_time_t(X509_get0_notBefore(raw(chain[depth])), t);
    const int after = ASN1_TIME_cmp_time_t(X509_get0_notAfter(raw(chain[depth])), t);
    if (before == -2 || after == -2)
      problems.push_back({errc::invalid_certificate, depth});
    else if (before > 0)
      problems.push_back({errc::not_yet_valid, depth});
    else if (after < 0)
      problems.push_back({errc::expired, depth});
  }
}

// Every anchor that could end a chain over what was sent: by the issuers' names, and what was sent itself. The valid
// come first, since the builder takes the first that fits.
std::vector<certificate> candidates(const verify_request& request, std::chrono::sys_seconds now) {
  const auto& store = request.trust.get();
  std::vector<certificate> found;
  const auto add = [&](const X509_NAME* subject) {
    std::vector<certificate> more;
    store.find(subject, more);
    for (auto& c : more)
      if (found.size() < most_candidates && std::ranges::find(found, c) == found.end()) found.push_back(std::move(c));
  };
  for (const auto& c : request.sent) {
    add(X509_get_issuer_name(raw(c)));
    add(X509_get_subject_name(raw(c)));
  }
  // NOLINTNEXTLINE(modernize-loop-convert): it grows meanwhile
  for (std::size_t i = 0; i < found.size(); ++i) {
    const certificate c = found[i];
    if (!c.is_self_issued()) add(X509_get_issuer_name(raw(c)));
  }
  std::stable_partition(found.begin(), found.end(), [now](const certificate& c) { return is_valid_at(c, now); });
  return found;
}

template <class Certificates>
ossl::x509_view_ptr view_of(const Certificates& certificates) {
  ossl::x509_view_ptr view(sk_X509_new_reserve(nullptr, static_cast<int>(certificates.size())));
  if (!view) throw std::bad_alloc();
  for (const auto& c : certificates) sk_X509_push(view.get(), raw(c));
  return view;
}

std::vector<certificate> built_chain(X509_STORE_CTX* ctx) {
  std::vector<certificate> chain;
  auto* stack = X509_STORE_CTX_get0_chain(ctx);
  chain.reserve(static_cast<std::size_t>(std::max(0, sk_X509_num(stack))));
  for (int i = 0; i < sk_X509_num(stack); ++i) chain.push_back(adopt(ossl::share(sk_X509_value(stack, i))));
  return chain;
}

// Runs OpenSSL's builder and checks; the chain as far as it went.
std::vector<certificate> build(const verify_request& request, std::chrono::sys_seconds now,
                               std::vector<problem>& problems) {
  const auto anchors = candidates(request, now);
  const auto trusted = view_of(anchors);
  auto intermediates = std::vector<certificate>(request.sent.begin() + 1, request.sent.end());
  std::stable_partition(intermediates.begin(), intermediates.end(),
                        [now](const certificate& c) { return is_valid_at(c, now); });
  const auto untrusted = view_of(intermediates);

  const ossl::x509_store_ctx_ptr ctx(X509_STORE_CTX_new());
  if (!ctx || X509_STORE_CTX_init(ctx.get(), empty_store(), raw(request.sent.front()), untrusted.get()) != 1)
    throw std::bad_alloc();
  X509_STORE_CTX_set0_trusted_stack(ctx.get(), trusted.get());
  X509_STORE_CTX_set_ex_data(ctx.get(), problems_index(), &problems);
  X509_STORE_CTX_set_verify_cb(ctx.get(), note_problem);
  X509_STORE_CTX_set_purpose(ctx.get(),
                             request.role == peer_role::server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT);

  auto* rules = X509_STORE_CTX_get0_param(ctx.get());
  // Times are ours: OpenSSL takes the last second of a certificate for its end, and switching that off would switch off
  // CRL times too. An intermediate the user trusts is an anchor as good as a root.
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
  X509_VERIFY_PARAM_set_depth(rules, static_cast<int>(std::min<std::size_t>(request.options.max_intermediates, 100)));
  X509_VERIFY_PARAM_set_auth_level(rules, security_level);
  // Else name constraints are applied to a common name that nobody consults (docs/proven.md 5).
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);

  if (X509_verify_cert(ctx.get()) != 1 && problems.empty())
    problems.push_back({code_of(X509_STORE_CTX_get_error(ctx.get())), 0});
  return built_chain(ctx.get());
}

verdict judge(const verify_request& request, verified_chains* known) {
  using namespace std::chrono;
  const auto now = request.options.clock ? request.options.clock() : floor<seconds>(system_clock::now());
  const auto decide = [&](std::vector<certificate> chain, std::vector<problem> problems) {
    std::stable_sort(problems.begin(), problems.end(),
                     [](const problem& a, const problem& b) { return weight(a.code) < weight(b.code); });
    std::vector<finding> findings;
    findings.reserve(problems.size());
    for (const auto& p : problems) findings.push_back(explain(p.code, p.depth, {request, chain, now}));
    return verdict(std::move(chain), std::move(findings), request.trust.description(), request.loosened.reason());
  };
  if (request.sent.empty()) return decide({}, {{errc::no_peer_certificate, 0}});
  if (request.sent.size() > most_sent) return decide({request.sent.front()}, {{errc::path_too_long, 0}});

  const ossl::quiet_errors forget;
  std::vector<problem> problems;
  std::vector<certificate> chain;
  const auto key = known != nullptr ? verified_chains::key_of(request.sent, request.role) : verified_chains::key{};
  if (auto found = known != nullptr ? known->find(key) : std::nullopt) {
    chain = *std::move(found);
    // A chain that is over is no reason to overlook another.
    if (!std::ranges::all_of(chain, [now](const certificate& c) { return is_valid_at(c, now); })) chain.clear();
  }
  if (chain.empty()) {
    chain = build(request, now, problems);
    if (chain.empty()) chain.push_back(request.sent.front());
    // With nobody to trust, that is the reason and the unknown issuer its consequence.
    if (request.trust.size() == 0) {
      std::erase_if(problems, [](const problem& p) { return weight(p.code) == 1; });
      problems.push_back({errc::no_trust_anchors, 0});
    }
    check_times(chain, now, problems);
    if (known != nullptr && problems.empty()) known->put(key, chain);
  }
  if (request.expected && !speaks_for(raw(chain.front()), *request.expected))
    problems.push_back({errc::name_mismatch, 0});
  return decide(std::move(chain), std::move(problems));
}

}  // namespace

verdict verify_peer(const verify_request& request) {
  return judge(request, nullptr);
}
verdict verify_peer(const verify_request& request, verified_chains& known) {
  return judge(request, &known);
}

error to_error(const std::string& whom, std::shared_ptr<const verdict> refused) {
  const auto& findings = refused->findings();
  const finding first =
      findings.empty() ? finding{.code = errc::no_verdict, .message = "the peer was not verified"} : findings.front();
  std::vector<std::string> others;
  for (std::size_t i = 1; i < findings.size(); ++i) others.push_back(findings[i].message);
  return error(error_parts{.code = first.code,
                           .message = whom + ": verification failed: " + first.message,
                           .hint = first.hint,
                           .details = std::move(others),
                           .judged = std::move(refused)});
}

}  // namespace signet
