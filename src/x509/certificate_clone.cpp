#include <signet/x509/certificate_clone.hpp>

#include "base/host_name.hpp"
#include "ossl/errors.hpp"
#include "x509/certificate_content.hpp"
#include "x509/impl.hpp"
#include "x509/issuing.hpp"
#include "x509/signing.hpp"

namespace signet {
namespace {

using x509::invalid;
using x509::time_ptr;

// Of the issuer: its keys, addresses, policies, answers and promises.
const std::vector<int>& of_issuer() {
  static const std::vector<int> all{
      NID_info_access,          NID_crl_distribution_points, NID_freshest_crl,      NID_issuer_alt_name,
      NID_certificate_policies, NID_ct_precert_scts,         NID_ct_precert_poison, NID_tlsfeature};
  return all;
}

bool is_ca(X509* x) {
  // 3 is a self-signed certificate of version 1, which says nothing.
  const int answer = X509_check_ca(x);
  return answer != 0 && answer != 3;
}

certificate_options options_for(const clone_options& options) {
  certificate_options out;
  for (const auto& name : options.names) {
    const auto parsed = base::parse_host_name(name);
    (parsed && parsed->address_size != 0 ? out.ip_addresses : out.dns_names).push_back(name);
  }
  out.serial_number = options.serial_number;
  out.at = options.at;
  return out;
}

result<certificate> exact_clone(X509* original, EVP_PKEY* key, const identity& ca, const clone_options& options) {
  auto extensions = x509::copied_extensions(original, key, &ca, of_issuer());
  if (!extensions) return std::move(extensions).error();
  // Old certificates that have no extensions must not have any.
  const long version = X509_get_version(original);
  if (version < X509_VERSION_3 && X509_get_ext_count(original) == 0) extensions->clear();
  return x509::make_certificate({.version = version,
                                 .subject = ossl::x509_name_ptr(X509_NAME_dup(X509_get_subject_name(original))),
                                 .not_before = time_ptr(ASN1_STRING_dup(X509_get0_notBefore(original))),
                                 .not_after = time_ptr(ASN1_STRING_dup(X509_get0_notAfter(original))),
                                 .extensions = *std::move(extensions),
                                 .serial_number = options.serial_number},
                                key, &ca);
}

// Planned as any other certificate for these names, save what is the original's.
result<certificate> clone_for_names(X509* original, EVP_PKEY* key, const identity& ca, certificate_options options) {
  // The period is not this one, so that any time the CA is good at will do.
  options.at = ca.leaf().not_after();
  auto plan = x509::plan_certificate(options, x509::role::leaf, key, &ca.leaf());
  if (!plan) return std::move(plan).error();
  auto copied = x509::copied_extensions(original, key, &ca, of_issuer());
  if (!copied) return std::move(copied).error();
  x509::extension_list extensions;
  for (auto& e : plan->extensions) {
    auto* id = X509_EXTENSION_get_object(e.get());
    const int nid = OBJ_obj2nid(id);
    const auto* known = nid == NID_key_usage || nid == NID_ext_key_usage ? x509::find(*copied, id) : nullptr;
    if (known != nullptr) e.reset(X509_EXTENSION_dup(const_cast<X509_EXTENSION*>(known)));
    // Without purposes of its own the original is for all of them.
    if (known != nullptr || nid != NID_ext_key_usage) extensions.push_back(std::move(e));
  }
  return x509::make_certificate({.subject = std::move(plan->subject),
                                 .not_before = time_ptr(ASN1_STRING_dup(X509_get0_notBefore(original))),
                                 .not_after = time_ptr(ASN1_STRING_dup(X509_get0_notAfter(original))),
                                 .extensions = std::move(extensions),
                                 .serial_number = options.serial_number},
                                key, &ca);
}

result<certificate> clone(const certificate& original, EVP_PKEY* key, const identity& ca,
                          const clone_options& options) {
  if (options.mode == clone_mode::exact) {
    if (!options.names.empty()) return invalid("an exact clone has the names of its original and no others");
  } else if (options.names.empty()) {
    return invalid("a clone of this mode needs the names it is for");
  }
  if (options.mode != clone_mode::fixed && options.at)
    return invalid("a clone has the period of its original: a time of making is for fixed ones");
  if (auto ok = x509::check_issuer(ca.leaf(), x509::signs::certificates); !ok) return std::move(ok).error();
  if (is_ca(raw(original))) return invalid("\"" + original.subject() + "\" is a CA, which is not cloned");
  switch (options.mode) {
    case clone_mode::exact:
      return exact_clone(raw(original), key, ca, options);
    case clone_mode::sni_only:
      return clone_for_names(raw(original), key, ca, options_for(options));
    case clone_mode::fixed:
      return x509::issue(options_for(options), x509::role::leaf, key, &ca);
  }
  return invalid("there is no such mode of cloning");
}

}  // namespace

result<identity> clone_certificate(const certificate& original, private_key key, const identity& ca,
                                   const clone_options& options) {
  const ossl::quiet_errors quiet;
  auto made = clone(original, raw(key), ca, options);
  if (!made) return std::move(made).error();
  return identity::make(x509::chain_of(*std::move(made), &ca), std::move(key));
}

}  // namespace signet
