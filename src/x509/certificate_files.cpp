// What turns PEM and DER into certificates.
#include <signet/x509/certificate.hpp>
#include <signet/x509/pkcs7.hpp>

#include <openssl/err.h>

#include <algorithm>

#include "base/file.hpp"
#include "ossl/errors.hpp"
#include "x509/der.hpp"
#include "x509/der_kind.hpp"
#include "x509/impl.hpp"
#include "x509/pem.hpp"

namespace signet {
namespace {

error malformed(std::string message) {
  error_parts parts;
  parts.code = errc::file_malformed;
  parts.message = std::move(message);
  parts.library_errors = ossl::texts(ossl::drain_errors());
  return error(std::move(parts));
}

enum class trust_settings : unsigned char { none, may_follow };

// Exactly one certificate. What OpenSSL writes back has to be what it read: it also reads encodings that are not DER,
// and two readers could then differ on what was signed.
result<certificate> decode(byte_view der, trust_settings settings) {
  ERR_clear_error();
  if (der.size() > base::largest_file) return malformed("is too large for a certificate");
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const begin = at;
  const auto size = static_cast<long>(der.size());
  ossl::x509_ptr x(settings == trust_settings::may_follow ? d2i_X509_AUX(nullptr, &at, size)
                                                          : d2i_X509(nullptr, &at, size));
  if (!x) return malformed("is not a DER certificate");
  if (at != begin + der.size())
    return malformed("has " + std::to_string(begin + der.size() - at) + " octets after its end");
  const auto written = x509::der_of(x.get(), i2d_X509);
  if (!std::equal(written.begin(), written.end(), der.begin(),
                  der.begin() + static_cast<std::ptrdiff_t>(std::min(written.size(), der.size()))))
    return malformed("is not in DER");
  if (settings == trust_settings::none && written.size() != der.size()) return malformed("is not in DER");
  ERR_clear_error();
  return adopt(std::move(x));
}

result<certificate> decode(const pem::block& block) {
  const auto der = pem::decode_base64(block.base64);
  if (!block.headers.empty() || !der) return malformed("is not base64");
  return decode(*der, block.label == "TRUSTED CERTIFICATE" ? trust_settings::may_follow : trust_settings::none);
}

struct listed {
  std::vector<pem::block> blocks = {};
  // The framing of what comes after them.
  std::optional<error> broken = {};
};

listed certificate_blocks(std::string_view pem) {
  listed out;
  pem::reader in(pem);
  for (;;) {
    auto block = in.next();
    if (!block) {
      out.broken = std::move(block).error();
      return out;
    }
    if (!block->has_value()) return out;
    if (pem::is_certificate((*block)->label) || pem::is_pkcs7((*block)->label)) out.blocks.push_back(**block);
  }
}

// A block that may hold several.
result<std::vector<certificate>> decode_all(const pem::block& block) {
  if (!pem::is_pkcs7(block.label))
    return decode(block).transform([](certificate one) { return std::vector<certificate>{std::move(one)}; });
  const auto der = pem::decode_base64(block.base64);
  if (!block.headers.empty() || !der) return malformed("is not base64");
  return parse_pkcs7(*der).transform([](pkcs7_contents&& all) { return std::move(all.certificates); });
}

error no_certificate(std::string_view text) {
  std::string hint;
  const auto holds = pem::contents(text);
  if (holds.starts_with("DER")) hint = "openssl x509 -inform DER turns a DER certificate into PEM";
  return error(errc::file_malformed, "holds " + holds + ", not a certificate", std::move(hint));
}

}  // namespace

result<certificate> certificate::from_pem(std::string_view pem) {
  const auto found = certificate_blocks(pem);
  if (found.broken) return *found.broken;
  if (found.blocks.empty() || pem::is_pkcs7(found.blocks[0].label)) return no_certificate(pem);
  if (found.blocks.size() > 1)
    return error(errc::file_malformed,
                 "holds " + std::to_string(found.blocks.size()) + " certificates where one is expected");
  auto made = decode(found.blocks[0]);
  if (!made) return std::move(made).error().in("the certificate");
  return made;
}

result<certificate> certificate::from_der(byte_view der) {
  auto made = decode(der, trust_settings::none);
  if (!made) return std::move(made).error().in("the certificate");
  return made;
}

result<std::vector<certificate>> parse_certificates(std::string_view pem) {
  const auto found = certificate_blocks(pem);
  std::vector<certificate> out;
  for (const auto& block : found.blocks) {
    auto made = decode_all(block);
    if (!made) {
      // With broken framing behind it nobody knows how many there are.
      const auto total = found.broken ? "" : " of " + std::to_string(found.blocks.size());
      return std::move(made).error().in("certificate " + std::to_string(out.size() + 1) + total + " (line " +
                                        std::to_string(block.line) + ") cannot be read");
    }
    out.insert(out.end(), made->begin(), made->end());
  }
  if (found.broken) return *found.broken;
  if (out.empty()) return no_certificate(pem);
  return out;
}

result<std::vector<certificate>> certificates_in(std::string_view content) {
  // DER begins with a SEQUENCE, which is the digit 0: text may begin so too, and go on in PEM.
  if (!content.starts_with('0') || content.find("-----BEGIN ") != content.npos) return parse_certificates(content);
  if (x509::kind_of(content) == x509::der_kind::pkcs7)
    return parse_pkcs7(content).transform([](pkcs7_contents&& all) { return std::move(all.certificates); });
  auto single = certificate::from_der(content);
  if (!single) return std::move(single).error();
  return std::vector<certificate>{*std::move(single)};
}

result<std::vector<certificate>> load_certificates(const std::filesystem::path& file) {
  auto content = base::read_file(file);
  if (!content) return std::move(content).error();
  auto out = certificates_in(*content);
  if (!out) return std::move(out).error().in(base::shown(file));
  return out;
}

}  // namespace signet
