#include <signet/x509/pkcs12.hpp>
#include <signet/x509/private_key.hpp>

#include <openssl/bio.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "ossl/errors.hpp"
#include "x509/der.hpp"
#include "x509/exportable.hpp"
#include "x509/impl.hpp"
#include "x509/password_encryption.hpp"
#include "x509/wiped.hpp"

namespace signet {
namespace {

using encoder_ptr = ossl::handle<OSSL_ENCODER_CTX, OSSL_ENCODER_CTX_free>;

// What `write` puts into a BIO, whose memory is wiped when it is freed; empty when it fails.
template <class Write>
std::string written(Write write) {
  const ossl::quiet_errors quiet;
  const ossl::bio_ptr memory(BIO_new(BIO_s_secmem()));
  char* text = nullptr;
  if (!memory || write(memory.get()) != 1) return {};
  const long size = BIO_get_mem_data(memory.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace

bool private_key::is_exportable() const {
  return x509::is_exportable(raw(*this));
}

std::string private_key::pem() const {
  if (!is_exportable()) return {};
  return written(
      [&](BIO* out) { return PEM_write_bio_PKCS8PrivateKey(out, raw(*this), nullptr, nullptr, 0, nullptr, nullptr); });
}

std::vector<std::byte> private_key::der() const {
  if (!is_exportable()) return {};
  const ossl::quiet_errors quiet;
  const x509::pkcs8_ptr info(EVP_PKEY2PKCS8(raw(*this)));
  const int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr) : 0;
  std::vector<std::byte> out(size > 0 ? static_cast<std::size_t>(size) : 0);
  auto* at = reinterpret_cast<unsigned char*>(out.data());
  if (out.empty() || i2d_PKCS8_PRIV_KEY_INFO(info.get(), &at) != size) return {};
  return out;
}

result<std::string> private_key::encrypted_pem(std::string_view password) const {
  if (password.empty()) return error(errc::invalid_argument, "an empty password encrypts nothing");
  if (password.size() > x509::longest_password) return error(errc::invalid_argument, "the password is too long");
  if (!is_exportable()) return x509::not_exportable();
  ERR_clear_error();
  // A salt of 128 bits, OpenSSL's to choose.
  constexpr int salt_size = 16;
  const auto rounds = static_cast<int>(pkcs12_options{}.iterations);
  ossl::handle<X509_ALGOR, X509_ALGOR_free> how(
      PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), rounds, nullptr, salt_size, nullptr, NID_hmacWithSHA256));
  const x509::pkcs8_ptr info(EVP_PKEY2PKCS8(raw(*this)));
  if (!how || !info) return x509::explained(errc::internal, "the private key cannot be encoded");
  const ossl::handle<X509_SIG, X509_SIG_free> sealed(
      PKCS8_set0_pbe(password.data(), static_cast<int>(password.size()), info.get(), how.get()));
  if (!sealed) return x509::explained(errc::internal, "the private key cannot be encrypted");
  // It belongs to the sealed key now.
  static_cast<void>(how.release());
  return written([&](BIO* out) { return PEM_write_bio_PKCS8(out, sealed.get()); });
}

result<std::string> private_key::traditional_pem() const {
  if (!is_exportable()) return x509::not_exportable();
  auto text = written([&](BIO* out) {
    const encoder_ptr encoder(
        OSSL_ENCODER_CTX_new_for_pkey(raw(*this), EVP_PKEY_KEYPAIR, "PEM", "type-specific", nullptr));
    return encoder && OSSL_ENCODER_CTX_get_num_encoders(encoder.get()) > 0 ? OSSL_ENCODER_to_bio(encoder.get(), out)
                                                                           : 0;
  });
  if (text.empty())
    return error(errc::not_supported, "keys of type " + type() + " have no traditional form", "PKCS#8 holds them");
  return text;
}

std::string private_key::public_pem() const {
  // By way of DER: asked for PEM, the encoder of a token's provider writes the form of RFC 8017.
  const auto info = x509::der_of(raw(*this), i2d_PUBKEY);
  if (info.empty()) return {};
  const auto* data = reinterpret_cast<const unsigned char*>(info.data());
  return written(
      [&](BIO* out) { return PEM_write_bio(out, "PUBLIC KEY", "", data, static_cast<long>(info.size())) > 0 ? 1 : 0; });
}

result<void> private_key::save(const std::filesystem::path& file, const key_file_options& options) const {
  if (!is_exportable()) return x509::not_exportable();
  auto text = options.password ? encrypted_pem(*options.password) : result<std::string>(pem());
  if (!text) return std::move(text).error();
  const x509::wiped secret(*std::move(text));
  auto out = new_file::begin(file, file_access::owner_only, options.existing);
  if (!out) return std::move(out).error();
  if (auto written = out->write(secret.text); !written) return written;
  return out->commit();
}

}  // namespace signet
