#include <signet/x509/certificate_request.hpp>

#include <algorithm>

#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "x509/certificate_content.hpp"
#include "x509/certificate_request_impl.hpp"
#include "x509/extension_reader.hpp"
#include "x509/extensions.hpp"
#include "x509/impl.hpp"
#include "x509/issuing.hpp"
#include "x509/key_usages.hpp"
#include "x509/names.hpp"
#include "x509/signing.hpp"

namespace signet {
namespace {

using x509::invalid;

template <class T>
bool holds(const std::vector<T>& all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

error refused(const std::string& what, std::string hint = {}) {
  return invalid("the request asks for " + what + ", which is not granted", std::move(hint));
}

// The request's subject, where it can be certified as it stands: what is shown has to be what is signed.
result<distinguished_name> subject_of(const certificate_request& request) {
  const X509_NAME* asked = X509_REQ_get_subject_name(raw(request));
  auto name = x509::decode(asked);
  const auto made = x509::encode(name);
  if (!made) return made.error().in("the subject of the request");
  if (X509_NAME_cmp(asked, made->get()) != 0)
    return error(errc::invalid_name, "the subject of the request, " + base::quoted(request.subject()) +
                                         ", cannot be certified as it is written");
  return name;
}

// The extended key usage that is asked for is what the certificate gets, when all of it is offered.
result<void> grant_purposes(STACK_OF(X509_EXTENSION) * asked, certificate_options& options) {
  auto offered = x509::extended_usages(options);
  if (!offered) return std::move(offered).error();
  const x509::purposes_extension usages(asked, NID_ext_key_usage);
  if (!usages) return {};
  options.purposes.clear();
  options.extended_key_usages.clear();
  for (int i = 0; i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    auto usage = x509::decode(sk_ASN1_OBJECT_value(usages.get(), i));
    if (!holds(*offered, usage.oid))
      return refused("the purpose " + (usage.name.empty() ? usage.oid : usage.name), "name it among the purposes");
    options.extended_key_usages.push_back(std::move(usage.oid));
  }
  return {};
}

// The same for key usage: what is asked for has to be within what the purposes and the options give.
result<void> grant_key_usage(STACK_OF(X509_EXTENSION) * asked, EVP_PKEY* key, certificate_options& options) {
  const x509::bits_extension bits(asked, NID_key_usage);
  if (!bits) return {};
  const auto extended = x509::extended_usages(options);
  if (!extended) return extended.error();
  const auto offered = options.key_usages.empty() ? x509::usages_for(*extended, key) : options.key_usages;
  options.key_usages.clear();
  for (int bit = 0; bit <= static_cast<int>(key_usage::decipher_only); ++bit) {
    const auto usage = static_cast<key_usage>(bit);
    if (ASN1_BIT_STRING_get_bit(bits.get(), bit) != 1) continue;
    if (!holds(offered, usage))
      return refused("the key usage " + std::string(name(usage)), "name it among the key usages");
    options.key_usages.push_back(usage);
  }
  return {};
}

// What else is asked for has to be in the certificate as it was asked for.
result<void> check_granted(const std::vector<extension>& asked, const certificate& made) {
  const auto given = made.extensions();
  for (const auto& e : asked) {
    const auto nid = OBJ_txt2nid(e.id.oid.c_str());
    // These are the issuer's to write, or have been granted already.
    if (nid == NID_ext_key_usage || nid == NID_key_usage || nid == NID_subject_alt_name ||
        nid == NID_subject_key_identifier)
      continue;
    const auto same = [&](const extension& g) { return g.id.oid == e.id.oid && g.value == e.value; };
    if (std::any_of(given.begin(), given.end(), same)) continue;
    if (nid == NID_basic_constraints) return refused("being a CA");
    return refused("the extension " + (e.id.name.empty() ? e.id.oid : e.id.name), "say the same in the options");
  }
  return {};
}

}  // namespace

result<std::vector<certificate>> sign_request(const certificate_request& request, const certificate_options& options,
                                              const identity& ca) {
  const ossl::quiet_errors quiet;
  auto granted = options;
  if (options.common_name.empty() && options.organization.empty() && options.subject.empty()) {
    auto subject = subject_of(request);
    if (!subject) return std::move(subject).error();
    granted.subject = *std::move(subject);
  }
  if (options.dns_names.empty() && options.ip_addresses.empty() && options.other_names.empty())
    granted.other_names = request.alternative_names();
  auto* asked = inside(request).extensions.get();
  EVP_PKEY* key = X509_REQ_get0_pubkey(raw(request));
  if (auto ok = grant_purposes(asked, granted); !ok) return std::move(ok).error();
  if (auto ok = grant_key_usage(asked, key, granted); !ok) return std::move(ok).error();
  auto made = x509::issue(granted, x509::role::leaf, key, &ca);
  if (!made) return std::move(made).error();
  if (auto ok = check_granted(request.extensions(), *made); !ok) return std::move(ok).error();
  return x509::chain_of(*std::move(made), &ca);
}

}  // namespace signet
