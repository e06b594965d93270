#include <signet/x509/pkcs7.hpp>
#include <signet/x509/x509_file.hpp>

#include "base/file.hpp"
#include "x509/der_kind.hpp"
#include "x509/impl.hpp"
#include "x509/pem.hpp"
#include "x509/pkcs12.hpp"
#include "x509/private_key.hpp"
#include "x509/wiped.hpp"

namespace signet {
namespace {

using x509::der_kind;

bool is_request(std::string_view label) {
  return label == "CERTIFICATE REQUEST" || label == "NEW CERTIFICATE REQUEST";
}

error holds_none(std::string_view content) {
  return error(errc::file_malformed,
               "holds " + pem::contents(content) + ", not a certificate, private key, request or revocation list");
}

// What one thing of a file gives is put with its kind; else its error is returned.
template <class T>
result<void> put(std::vector<T>& list, result<T> made) {
  if (!made) return std::move(made).error();
  list.push_back(*std::move(made));
  return {};
}

result<void> read_pem(std::string_view text, const password_callback& password, private_keys wanted,
                      x509_contents& out) {
  std::vector<pem::block> keys_and_requests;
  bool has_certificates = false;
  bool has_crls = false;
  for (pem::reader in(text);;) {
    const auto block = in.next();
    if (!block) return block.error();
    if (!block->has_value()) break;
    const auto label = (*block)->label;
    has_certificates = has_certificates || pem::is_certificate(label);
    if (pem::is_pkcs7(label)) {
      const auto der = pem::decode_base64((*block)->base64);
      auto inside = der ? parse_pkcs7(*der) : result<pkcs7_contents>(error(errc::file_malformed, "is not base64"));
      if (!inside) return std::move(inside).error().in("the PKCS#7 block at line " + std::to_string((*block)->line));
      has_certificates = has_certificates || !inside->certificates.empty();
      out.crls.insert(out.crls.end(), inside->crls.begin(), inside->crls.end());
    }
    has_crls = has_crls || label == "X509 CRL";
    if (pem::is_private_key(label) || is_request(label)) keys_and_requests.push_back(**block);
  }
  if (!has_certificates && !has_crls && out.crls.empty() && keys_and_requests.empty()) return holds_none(text);
  if (has_certificates) {
    auto list = parse_certificates(text);
    if (!list) return std::move(list).error();
    out.certificates = *std::move(list);
  }
  if (has_crls) {
    auto list = parse_crls(text);
    if (!list) return std::move(list).error();
    out.crls.insert(out.crls.begin(), list->begin(), list->end());
  }
  std::size_t keys = 0;
  x509::asked_once once(password);
  const auto same_password = once.callback();
  for (const auto& block : keys_and_requests) {
    const bool is_key = pem::is_private_key(block.label);
    if (is_key) ++keys;
    if (is_key && wanted == private_keys::skip) continue;
    const auto read = is_key ? put(out.keys, x509::key_in(block, same_password))
                             : put(out.requests, certificate_request::from_pem(block.text));
    if (!read)
      return read.error().in(
          (is_key ? "private key " + std::to_string(keys) : "request " + std::to_string(out.requests.size() + 1)) +
          " (line " + std::to_string(block.line) + ") cannot be read");
  }
  return {};
}

result<void> read_pkcs12(byte_view der, const password_callback& password, private_keys wanted, x509_contents& out) {
  auto opened = x509::open_pkcs12(der, password, wanted);
  if (!opened) return std::move(opened).error();
  out.format = file_format::pkcs12;
  out.certificates = std::move(opened->certificates);
  out.keys = std::move(opened->keys);
  return {};
}

result<void> read(byte_view content, const password_callback& password, private_keys wanted, x509_contents& out) {
  const auto kind = x509::kind_of(content.text());
  out.format = file_format::der;
  if (kind == der_kind::certificate) return put(out.certificates, certificate::from_der(content));
  if (kind == der_kind::request) return put(out.requests, certificate_request::from_der(content));
  if (kind == der_kind::crl) return put(out.crls, crl::from_der(content));
  if (kind == der_kind::pkcs7) {
    out.format = file_format::pkcs7;
    auto all = parse_pkcs7(content);
    if (!all) return std::move(all).error();
    out.certificates = std::move(all->certificates);
    out.crls = std::move(all->crls);
    return {};
  }
  if (kind == der_kind::pkcs12) return read_pkcs12(content, password, wanted, out);
  if (x509::is_private_key(kind)) {
    if (wanted == private_keys::skip) return {};
    return put(out.keys, private_key::from_der(content, password));
  }
  out.format = file_format::pem;
  return read_pem(content.text(), password, wanted, out);
}

}  // namespace

std::string_view name(file_format format) noexcept {
  switch (format) {
    case file_format::pem:
      return "PEM";
    case file_format::der:
      return "DER";
    case file_format::pkcs12:
      return "PKCS#12";
    case file_format::pkcs7:
      return "PKCS#7";
  }
  return {};
}

result<x509_contents> parse_x509(byte_view content, const password_callback& password, private_keys keys) {
  x509_contents out;
  if (auto done = read(content, password, keys, out); !done) return std::move(done).error();
  return out;
}

result<x509_contents> load_x509(const std::filesystem::path& file, const password_callback& password,
                                private_keys keys) {
  auto content = base::read_file(file);
  if (!content) return std::move(content).error();
  const x509::wiped text(*std::move(content));
  auto out = parse_x509(text.text, password, keys);
  if (!out) return std::move(out).error().in(base::shown(file));
  return out;
}

}  // namespace signet
