#include <signet/x509/certificate_builder.hpp>

#include "ossl/errors.hpp"
#include "x509/certificate_content.hpp"
#include "x509/certificate_plan.hpp"
#include "x509/extension_reader.hpp"
#include "x509/impl.hpp"
#include "x509/issuing.hpp"
#include "x509/signing.hpp"

namespace signet {
namespace {

using x509::certificate_content;
using x509::critical;
using x509::invalid;
using x509::role;

// A certificate under name constraints that exclude it is one nobody accepts.
result<void> check_constraints(X509* made, const identity& ca) {
  // Constraints are checked against names that have been looked for before.
  if ((X509_get_extension_flags(made) & EXFLAG_INVALID) != 0) return x509::cannot_make("extensions it can read itself");
  for (const auto& issuer : ca.chain()) {
    const x509::name_constraints_extension constraints(raw(issuer), NID_name_constraints);
    if (!constraints) continue;
    const int answer = NAME_CONSTRAINTS_check(made, constraints.get());
    if (answer != X509_V_OK)
      return error(errc::invalid_name, "the CA \"" + issuer.subject() + "\" may not issue for these names: " +
                                           X509_verify_cert_error_string(answer));
  }
  return {};
}

result<identity> with_key(result<certificate> made, private_key key, const identity* ca) {
  if (!made) return std::move(made).error();
  return identity::make(x509::chain_of(*std::move(made), ca), std::move(key));
}

}  // namespace

result<certificate> x509::issue(const certificate_options& options, role made, EVP_PKEY* key, const identity* ca) {
  const ossl::quiet_errors quiet;
  if (ca != nullptr)
    if (auto ok = check_issuer(ca->leaf(), signs::certificates); !ok) return std::move(ok).error();
  auto plan = plan_certificate(options, made, key, ca != nullptr ? &ca->leaf() : nullptr);
  if (!plan) return std::move(plan).error();
  auto out = make_certificate({.subject = std::move(plan->subject),
                               .not_before = asn1_time(plan->valid.not_before),
                               .not_after = asn1_time(plan->valid.not_after),
                               .extensions = std::move(plan->extensions),
                               .serial_number = options.serial_number,
                               .digest = options.digest},
                              key, ca);
  if (out && ca != nullptr)
    if (auto ok = check_constraints(raw(*out), *ca); !ok) return std::move(ok).error();
  return out;
}

result<identity> make_ca(const certificate_options& options, private_key key) {
  return with_key(x509::issue(options, role::ca, raw(key), nullptr), key, nullptr);
}

result<identity> issue_ca(const certificate_options& options, private_key key, const identity& ca) {
  return with_key(x509::issue(options, role::ca, raw(key), &ca), key, &ca);
}

result<identity> issue_certificate(const certificate_options& options, private_key key, const identity& ca) {
  return with_key(x509::issue(options, role::leaf, raw(key), &ca), key, &ca);
}

result<identity> make_self_signed(const certificate_options& options, private_key key) {
  return with_key(x509::issue(options, role::leaf, raw(key), nullptr), key, nullptr);
}

result<identity> renew_certificate(const certificate& old, private_key key, const identity* ca,
                                   const renewal_options& options) {
  const ossl::quiet_errors quiet;
  X509* from = raw(old);
  if (ca == nullptr && !old.is_self_issued())
    return invalid("\"" + old.subject() + "\" was issued by \"" + old.issuer() + "\": it is renewed by a CA");
  if (ca != nullptr) {
    if (auto ok = x509::check_issuer(ca->leaf(), x509::signs::certificates); !ok) return std::move(ok).error();
    if (X509_check_ca(from) == 1)
      if (auto ok = x509::check_path_length(ca->leaf(), X509_get_pathlen(from)); !ok) return std::move(ok).error();
  }
  auto valid = x509::renewed_period(old, options, ca != nullptr ? &ca->leaf() : nullptr);
  if (!valid) return std::move(valid).error();
  // The timestamps of logs are promises about the old certificate.
  auto extensions = x509::copied_extensions(from, raw(key), ca, {NID_ct_precert_scts});
  if (!extensions) return std::move(extensions).error();
  return with_key(x509::make_certificate({.subject = ossl::x509_name_ptr(X509_NAME_dup(X509_get_subject_name(from))),
                                          .not_before = x509::asn1_time(valid->not_before),
                                          .not_after = x509::asn1_time(valid->not_after),
                                          .extensions = *std::move(extensions)},
                                         raw(key), ca),
                  key, ca);
}

}  // namespace signet
