#include <signet/x509/identity.hpp>

#include <algorithm>

#include "base/file.hpp"
#include "x509/chain_order.hpp"
#include "x509/der_kind.hpp"
#include "x509/impl.hpp"
#include "x509/key_uri.hpp"
#include "x509/pem.hpp"
#include "x509/pkcs12.hpp"
#include "x509/private_key.hpp"
#include "x509/wiped.hpp"

namespace signet {
namespace {

// Which of the certificates the key is for, when it is not the first: the usual slip is a chain in the wrong order.
std::string order_hint(const std::vector<certificate>& chain, const private_key& key) {
  for (std::size_t i = 1; i < chain.size(); ++i)
    if (key.belongs_to(chain[i]))
      return "the key belongs to certificate " + std::to_string(i + 1) + "; the chain has to begin with that one";
  return {};
}

error mismatch(const std::string& key_file, const private_key& key, const std::string& certificate_file,
               const std::vector<certificate>& chain) {
  return error(errc::key_mismatch,
               key_file + ": the private key (" + key.type() + ") does not belong to the certificate in " +
                   certificate_file + " (" + chain.front().public_key_type() + ", " + chain.front().subject() + ')',
               order_hint(chain, key));
}

error no_key(errc code, std::string message) {
  return error(code, std::move(message), "name the file that holds the private key");
}

// The keys of a file's content, in its order; of PEM only as far as the one that belongs to `wanted`.
result<std::vector<private_key>> keys_for(const certificate& wanted, std::string_view content,
                                          const password_callback& password) {
  std::vector<private_key> out;
  const auto kind = x509::kind_of(content);
  if (kind == x509::der_kind::pkcs12) {
    auto opened = x509::open_pkcs12(content, password);
    if (!opened) return std::move(opened).error();
    out = std::move(opened->keys);
  } else if (!x509::is_private_key(kind)) {
    x509::asked_once once(password);
    const auto same_password = once.callback();
    for (pem::reader in(content);;) {
      auto block = in.next();
      if (!block) return std::move(block).error();
      if (!block->has_value()) break;
      if (!pem::is_private_key((*block)->label)) continue;
      auto key = x509::key_in(**block, same_password);
      if (!key) return std::move(key).error();
      out.push_back(*std::move(key));
      if (out.back().belongs_to(wanted)) break;
    }
  }
  if (!out.empty()) return out;
  // One key in DER, or no key at all, which is then said.
  auto single = x509::first_key(content, password);
  if (!single) return std::move(single).error();
  return std::vector<private_key>{*std::move(single)};
}

// Of several keys the one that belongs to `wanted`; else the first, to say what does not belong.
private_key chosen(const std::vector<private_key>& keys, const certificate& wanted) {
  const auto own = std::find_if(keys.begin(), keys.end(), [&](const private_key& k) { return k.belongs_to(wanted); });
  return own != keys.end() ? *own : keys.front();
}

bool is_key_apart(const identity_files& files) {
  return !files.key.empty() || !files.key_uri.empty();
}

std::string name_of_key(const identity_files& files) {
  return files.key_uri.empty() ? base::shown(files.key) : x509::shown_uri(files.key_uri);
}

result<std::vector<private_key>> load_keys(const certificate& wanted, const identity_files& files) {
  if (!files.key_uri.empty()) {
    auto key = private_key::from_uri(files.key_uri, files.password);
    if (!key) return std::move(key).error();
    return std::vector<private_key>{*std::move(key)};
  }
  auto content = base::read_file(files.key);
  if (!content) return std::move(content).error();
  const x509::wiped text(*std::move(content));
  auto keys = keys_for(wanted, text.text, files.password);
  if (!keys) return std::move(keys).error().in(base::shown(files.key));
  return keys;
}

// PKCS#12 keeps no order that could be relied on.
result<identity> from_pkcs12(std::string_view content, const identity_files& files) {
  const auto file = base::shown(files.certificate);
  auto opened = x509::open_pkcs12(content, files.password);
  if (!opened) return std::move(opened).error().in(file);
  auto& [keys, certificates, name] = *opened;
  if (certificates.empty()) return error(errc::file_malformed, file + ": holds a PKCS#12 file without a certificate");
  const bool is_apart = keys.empty() || !files.key_uri.empty();
  if (is_apart) {
    if (!is_key_apart(files))
      return no_key(errc::file_malformed, file + ": holds a PKCS#12 file without a private key");
    auto loaded = load_keys(certificates.front(), files);
    if (!loaded) return std::move(loaded).error();
    keys = *std::move(loaded);
  }
  for (const auto& key : keys) {
    auto length = x509::order_chain(certificates, key);
    if (length == 0) continue;
    // A client that trusts a root has it.
    while (length > 1 && certificates[length - 1].is_self_issued()) --length;
    certificates.resize(length, certificates.front());
    certificates.erase(std::remove_if(certificates.begin() + 1, certificates.end(), x509::is_root), certificates.end());
    return identity::make(std::move(certificates), key);
  }
  return mismatch(is_apart ? name_of_key(files) : file, keys.front(), file, certificates);
}

}  // namespace

result<identity> identity::make(std::vector<certificate> chain, private_key key) {
  if (chain.empty()) return error(errc::invalid_argument, "an identity needs a certificate");
  if (!key.belongs_to(chain.front()))
    return error(errc::key_mismatch,
                 "the private key (" + key.type() + ") does not belong to the certificate (" +
                     chain.front().public_key_type() + ", " + chain.front().subject() + ')',
                 order_hint(chain, key));
  return identity(std::move(chain), std::move(key));
}

result<identity> identity::load(const identity_files& files) {
  if (!files.key.empty() && !files.key_uri.empty())
    return error(errc::invalid_argument, "a key in a file and one by its URI were given: an identity has one");
  auto content = base::read_file(files.certificate);
  if (!content) return std::move(content).error();
  const x509::wiped text(*std::move(content));
  if (x509::kind_of(text.text) == x509::der_kind::pkcs12) return from_pkcs12(text.text, files);

  const auto certificate_file = base::shown(files.certificate);
  auto chain = certificates_in(text.text);
  if (!chain) {
    auto parts = chain.error().parts();
    if (parts.hint.empty() && x509::kind_of(text.text) == x509::der_kind::unknown &&
        text.text.find("-----BEGIN ") == std::string::npos)
      parts.hint = "certificates are read from PEM, DER and PKCS#12";
    return error(std::move(parts)).in(certificate_file);
  }
  const bool is_apart = is_key_apart(files);
  const auto keys = is_apart ? load_keys(chain->front(), files) : keys_for(chain->front(), text.text, files.password);
  if (!keys && is_apart) return keys.error();
  if (!keys) {
    const auto& e = keys.error();
    const bool has_none = e.code() == errc::file_malformed && e.hint().empty();
    return (has_none ? no_key(e.code(), e.message()) : e).in(certificate_file);
  }
  auto key = chosen(*keys, chain->front());
  if (!key.belongs_to(chain->front()))
    return mismatch(is_apart ? name_of_key(files) : certificate_file, key, certificate_file, *chain);
  return identity(*std::move(chain), std::move(key));
}

}  // namespace signet
