#include <signet/x509/pkcs7.hpp>

#include <openssl/cms.h>
#include <openssl/err.h>

#include "base/file.hpp"
#include "ossl/errors.hpp"
#include "x509/crl_impl.hpp"
#include "x509/der.hpp"
#include "x509/impl.hpp"
#include "x509/password_encryption.hpp"

namespace signet {
namespace {

void free_certificates(STACK_OF(X509) * all) noexcept {
  sk_X509_pop_free(all, X509_free);
}
void free_lists(STACK_OF(X509_CRL) * all) noexcept {
  sk_X509_CRL_pop_free(all, X509_CRL_free);
}
using cms_ptr = ossl::handle<CMS_ContentInfo, CMS_ContentInfo_free>;
using certificates_ptr = ossl::handle<STACK_OF(X509), free_certificates>;
using lists_ptr = ossl::handle<STACK_OF(X509_CRL), free_lists>;

error malformed(std::string_view why) {
  return x509::explained(errc::file_malformed, "the PKCS#7 file " + std::string(why));
}

// Judged as strictly as any other.
template <class T, class Read>
result<void> add(std::vector<T>& to, std::string_view what, const std::vector<std::byte>& der, Read read) {
  auto made = read(byte_view(der));
  if (!made)
    return std::move(made).error().in(std::string(what) + ' ' + std::to_string(to.size() + 1) + " of the PKCS#7 file");
  to.push_back(*std::move(made));
  return {};
}

}  // namespace

result<pkcs7_contents> parse_pkcs7(byte_view der) {
  ERR_clear_error();
  if (der.size() > base::largest_file) return malformed("is too large");
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  const cms_ptr file(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(der.size())));
  if (!file) return malformed("is damaged");
  if (at != end) return malformed("has " + std::to_string(end - at) + " octets after its end");
  if (OBJ_obj2nid(CMS_get0_type(file.get())) != NID_pkcs7_signed)
    return malformed("is not of the kind that carries certificates (SignedData)");
  pkcs7_contents out;
  const certificates_ptr certificates(CMS_get1_certs(file.get()));
  for (int i = 0; i < sk_X509_num(certificates.get()); ++i)
    if (auto ok = add(out.certificates, "certificate", x509::der_of(sk_X509_value(certificates.get(), i), i2d_X509),
                      certificate::from_der);
        !ok)
      return std::move(ok).error();
  const lists_ptr lists(CMS_get1_crls(file.get()));
  for (int i = 0; i < sk_X509_CRL_num(lists.get()); ++i)
    if (auto ok = add(out.crls, "list", x509::der_of(sk_X509_CRL_value(lists.get(), i), i2d_X509_CRL), crl::from_der);
        !ok)
      return std::move(ok).error();
  ERR_clear_error();
  if (out.certificates.empty() && out.crls.empty()) return malformed("holds no certificate and no revocation list");
  return out;
}

result<std::vector<std::byte>> make_pkcs7(const pkcs7_contents& contents) {
  if (contents.certificates.empty() && contents.crls.empty())
    return error(errc::invalid_argument, "a PKCS#7 file needs a certificate or a revocation list");
  ERR_clear_error();
  const auto cannot = [] { return x509::explained(errc::internal, "the PKCS#7 file cannot be made"); };
  // Nobody signs, and nothing is signed.
  const cms_ptr file(CMS_sign(nullptr, nullptr, nullptr, nullptr, CMS_PARTIAL | CMS_DETACHED));
  if (!file) return cannot();
  for (const auto& one : contents.certificates)
    if (CMS_add1_cert(file.get(), raw(one)) != 1) return cannot();
  for (const auto& one : contents.crls)
    if (CMS_add1_crl(file.get(), raw(one)) != 1) return cannot();
  auto out = x509::der_of(file.get(), i2d_CMS_ContentInfo);
  if (out.empty()) return cannot();
  ERR_clear_error();
  return out;
}

}  // namespace signet
