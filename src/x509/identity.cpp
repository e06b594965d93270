#include <signet/x509/identity.hpp>

#include "base/file.hpp"
#include "x509/encrypted_key.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

// Which of the certificates the key is for, when it is not the first: the usual slip is a chain in the wrong order.
std::string order_hint(const std::vector<certificate>& chain, const private_key& key) {
  for (std::size_t i = 1; i < chain.size(); ++i)
    if (key.belongs_to(chain[i]))
      return "the key belongs to certificate " + std::to_string(i + 1) + "; the chain has to begin with that one";
  return {};
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
  auto content = base::read_file(files.certificate);
  if (!content) return std::move(content).error();
  const x509::wiped text(*std::move(content));
  auto chain = certificates_in(text.text);
  if (!chain) return std::move(chain).error().in(base::shown(files.certificate));

  const bool is_apart = !files.key.empty();
  auto key = is_apart ? private_key::load(files.key, files.password) : private_key::from_pem(text.text, files.password);
  if (!key) {
    if (is_apart) return std::move(key).error();
    auto parts = key.error().parts();
    if (parts.code == errc::file_malformed && parts.hint.empty())
      parts.hint = "name the file that holds the private key";
    return error(std::move(parts)).in(base::shown(files.certificate));
  }
  if (!key->belongs_to(chain->front())) {
    const auto certificate_file = base::shown(files.certificate);
    const auto key_file = is_apart ? base::shown(files.key) : certificate_file;
    return error(errc::key_mismatch,
                 key_file + ": the private key (" + key->type() + ") does not belong to the certificate in " +
                     certificate_file + " (" + chain->front().public_key_type() + ", " + chain->front().subject() + ')',
                 order_hint(*chain, *key));
  }
  return identity(*std::move(chain), *std::move(key));
}

}  // namespace signet
