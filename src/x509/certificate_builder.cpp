#include <signet/x509/certificate_builder.hpp>

#include <algorithm>

#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "x509/certificate_content.hpp"
#include "x509/certificate_plan.hpp"
#include "x509/constrained_names.hpp"
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

// The name that the constraints refuse; where it is none by itself, it is the subject.
general_name first_outside(X509* made, NAME_CONSTRAINTS* constraints) {
  const certificate c = adopt(ossl::share(made));
  const auto shown = c.alternative_names();
  const x509::names_extension names(made, NID_subject_alt_name);
  for (int i = 0; i < std::min(sk_GENERAL_NAME_num(names.get()), static_cast<int>(shown.size())); ++i) {
    const auto holder = x509::holder_of(GENERAL_NAME_dup(sk_GENERAL_NAME_value(names.get(), i)));
    if (holder && NAME_CONSTRAINTS_check(holder.get(), constraints) != X509_V_OK)
      return shown[static_cast<std::size_t>(i)];
  }
  return {general_name_kind::directory_name, c.subject()};
}

error refused_name(const general_name& name, const certificate& ca) {
  const auto limits = ca.name_constraints().value_or(name_constraints{});
  std::vector<std::string> allowed;
  for (const auto& one : limits.permitted)
    if (one.kind == name.kind) allowed.push_back(x509::label_of(one));
  for (const auto& one : limits.excluded)
    if (one.kind == name.kind) allowed.push_back("nothing of " + x509::label_of(one));
  error_parts parts{.code = errc::invalid_name, .hint = "leave the name out, or have another CA issue it"};
  parts.presented = x509::label_of(name);
  parts.expected = base::listed(allowed);
  parts.message = "the CA \"" + ca.subject() + "\" may not issue for " + parts.presented + ": " +
                  (allowed.empty() ? "its name constraints cannot be applied to it"
                                   : "by its name constraints it may certify " + parts.expected);
  return error(std::move(parts));
}

// A certificate under name constraints that exclude it is one nobody accepts.
result<void> check_constraints(X509* made, const identity& ca) {
  // Constraints are checked against names that have been looked for before.
  if ((X509_get_extension_flags(made) & EXFLAG_INVALID) != 0) return x509::cannot_make("extensions it can read itself");
  for (const auto& issuer : ca.chain()) {
    const x509::name_constraints_extension constraints(raw(issuer), NID_name_constraints);
    if (!constraints) continue;
    if (NAME_CONSTRAINTS_check(made, constraints.get()) == X509_V_OK) continue;
    return refused_name(first_outside(made, constraints.get()), issuer);
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
