#include <signet/x509/certificate_request.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/file.hpp"
#include "ossl/errors.hpp"
#include "x509/certificate_plan.hpp"
#include "x509/certificate_request_impl.hpp"
#include "x509/der.hpp"
#include "x509/extensions.hpp"
#include "x509/impl.hpp"
#include "x509/names.hpp"
#include "x509/pem.hpp"
#include "x509/signing.hpp"
#include "x509/text.hpp"

namespace signet {
namespace {

using request_ptr = ossl::handle<X509_REQ, ossl::free_quietly<X509_REQ, X509_REQ_free>>;
using extension_stack_ptr = ossl::handle<STACK_OF(X509_EXTENSION), free_extensions>;

error malformed(std::string message, errc code = errc::file_malformed) {
  error_parts parts;
  parts.code = code;
  parts.message = "the certificate request " + std::move(message);
  parts.library_errors = ossl::texts(ossl::drain_errors());
  return error(std::move(parts));
}

// Those asked for. An attribute that holds them and cannot be read asks for something, and is not taken for none.
result<extension_stack_ptr> extensions_of(X509_REQ* request) {
  int found = 0;
  for (const int nid : {NID_ext_req, NID_ms_ext_req})
    for (int at = -1; (at = X509_REQ_get_attr_by_NID(request, nid, at)) >= 0; ++found)
      if (X509_ATTRIBUTE_count(X509_REQ_get_attr(request, at)) != 1) found = 2;
  if (found == 0) return extension_stack_ptr();
  if (found > 1) return malformed("has more than one list of extensions");
  extension_stack_ptr out(X509_REQ_get_extensions(request));
  if (!out) return malformed("has a list of extensions that cannot be read");
  const auto broken = x509::broken(out.get());
  if (!broken.empty())
    return malformed("has an extension that cannot be read, or twice: " +
                     (broken.front().name.empty() ? broken.front().oid : broken.front().name));
  return out;
}

}  // namespace

certificate_request::certificate_request(std::shared_ptr<const impl> parsed) noexcept : impl_(std::move(parsed)) {}

result<certificate_request> certificate_request::from_der(byte_view der) {
  const ossl::quiet_errors quiet;
  if (der.size() > base::largest_file) return malformed("is too large");
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  request_ptr request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  if (!request) return malformed("is not DER of PKCS#10");
  if (at != end) return malformed("has " + std::to_string(end - at) + " octets after its end");
  if (byte_view(x509::der_of(request.get(), i2d_X509_REQ)).text() != der.text()) return malformed("is not in DER");
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  if (key == nullptr) return malformed("holds a public key that is damaged or of a kind that OpenSSL does not know");
  if (X509_REQ_verify(request.get(), key) != 1)
    return malformed("is not signed with the key it is for", errc::bad_signature);
  auto extensions = extensions_of(request.get());
  if (!extensions) return std::move(extensions).error();
  return certificate_request(std::make_shared<const impl>(impl{std::move(request), *std::move(extensions)}));
}

result<certificate_request> certificate_request::from_pem(std::string_view pem) {
  std::optional<pem::block> found;
  pem::reader in(pem);
  for (;;) {
    auto block = in.next();
    if (!block) return std::move(block).error();
    if (!block->has_value()) break;
    if ((*block)->label != "CERTIFICATE REQUEST" && (*block)->label != "NEW CERTIFICATE REQUEST") continue;
    if (found) return error(errc::file_malformed, "holds more than one certificate request");
    found = **block;
  }
  if (!found)
    return error(errc::file_malformed, "holds " + pem::contents(pem) + ", not a certificate request",
                 "it begins with -----BEGIN CERTIFICATE REQUEST-----");
  const auto der = pem::decode_base64(found->base64);
  if (!found->headers.empty() || !der) return malformed("is not base64");
  return from_der(*der);
}

result<certificate_request> certificate_request::load(const std::filesystem::path& file) {
  const auto content = base::read_file(file);
  if (!content) return content.error();
  // A SEQUENCE, which no PEM text begins with in practice: its length would have to be a letter.
  const bool is_der = content->size() > 1 && (*content)[0] == 0x30 && content->find("-----BEGIN") == content->npos;
  auto out = is_der ? from_der(*content) : from_pem(*content);
  if (!out) return std::move(out).error().in(base::shown(file));
  return out;
}

result<certificate_request> certificate_request::make(const certificate_options& options, const private_key& key) {
  const ossl::quiet_errors quiet;
  auto plan = x509::plan_request(options, raw(key));
  if (!plan) return std::move(plan).error();
  const auto digest = x509::digest_for(raw(key), options.digest);
  if (!digest) return digest.error();
  const request_ptr request(X509_REQ_new());
  const extension_stack_ptr extensions(sk_X509_EXTENSION_new_null());
  if (!request || !extensions || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_pubkey(request.get(), raw(key)) != 1 ||
      X509_REQ_set_subject_name(request.get(), plan->subject.get()) != 1)
    return x509::cannot_make("a certificate request");
  for (auto& e : plan->extensions) {
    if (sk_X509_EXTENSION_push(extensions.get(), e.get()) <= 0) return x509::cannot_make("a certificate request");
    (void)e.release();
  }
  if (X509_REQ_add_extensions(request.get(), extensions.get()) != 1)
    return x509::cannot_make("the extensions of a certificate request");
  if (X509_REQ_sign(request.get(), raw(key), *digest) <= 0) return x509::cannot_make("the signature");
  return from_der(x509::der_of(request.get(), i2d_X509_REQ));
}

distinguished_name certificate_request::subject_name() const {
  return x509::decode(X509_REQ_get_subject_name(raw(*this)));
}

std::string certificate_request::subject() const {
  return x509::name_text(X509_REQ_get_subject_name(raw(*this)));
}

std::vector<general_name> certificate_request::alternative_names() const {
  return x509::alternative_names(impl_->extensions.get());
}

std::vector<extension> certificate_request::extensions() const {
  return x509::decode(impl_->extensions.get());
}

std::string certificate_request::public_key_type() const {
  return x509::key_type(X509_REQ_get0_pubkey(raw(*this)));
}

bool certificate_request::belongs_to(const private_key& key) const {
  const ossl::quiet_errors quiet;
  return EVP_PKEY_eq(X509_REQ_get0_pubkey(raw(*this)), raw(key)) == 1;
}

std::vector<std::byte> certificate_request::der() const {
  return x509::der_of(raw(*this), i2d_X509_REQ);
}

std::string certificate_request::pem() const {
  const ossl::quiet_errors quiet;
  const ossl::bio_ptr memory(BIO_new(BIO_s_mem()));
  if (!memory || PEM_write_bio_X509_REQ(memory.get(), raw(*this)) != 1) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace signet
