#include "tls/server_policy.hpp"

#include <openssl/evp.h>

#include <new>
#include <utility>

#include "tls/context.hpp"
#include "verify/trust_store_impl.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

// Names sent to clients as a hint of what to choose from; a whole system's store would be no hint.
constexpr std::size_t most_hints = 50;

void add_digest(std::string& into, byte_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
  into.append(reinterpret_cast<const char*>(digest), size);
}

// What cannot be compared (`further`) is asked at each resumption instead.
void add_rules(std::string& into, const verify_options& rules) {
  const auto add_list = [&into](std::string_view what, const auto& list, const auto& octets_of) {
    into.append(what).append(std::to_string(list.size()));
    for (const auto& one : list) add_digest(into, octets_of(one));
  };
  const auto der_of = [](const auto& one) { return one.der(); };
  const auto text_of = [](const certificate_pin& pin) { return pin.text(); };
  into.append(std::to_string(rules.max_intermediates)) += static_cast<char>(rules.profile);
  add_list("intermediates", rules.intermediates, der_of);
  add_list("purposes", rules.extended_key_usages, [](const std::string& id) { return id; });
  add_list("pins", rules.pins, text_of);
  add_list("accepted", rules.accepted_pins, text_of);
  if (rules.crls) {
    into += static_cast<char>(rules.crls->scope);
    add_list("crls", rules.crls->lists, der_of);
  }
}

// A session may be resumed only by a server that would have judged its client the same way (docs/proven.md 10).
std::string digest_of(const server_policy::rules_for_clients& settings) {
  std::string all(1, static_cast<char>(settings.client_auth));
  if (settings.client_auth != client_certificates::ignored) add_rules(all, settings.verify);
  std::string digest;
  add_digest(digest, all);
  return digest;
}

}  // namespace

result<std::unique_ptr<const server_policy>> server_policy::make(rules_for_clients settings,
                                                                 loosened_verification loosened) {
  auto made = std::make_unique<server_policy>();
  made->settings = std::move(settings);
  made->loosened = std::move(loosened);
  if (made->asks() && made->settings.client_trust.size() == 0 && made->loosened.reason().empty())
    return error(errc::invalid_configuration, "client certificates are asked for, and nobody is trusted to issue them",
                 "name the CA in client_trust");
  auto wire = alpn_wire_form(made->settings.alpn);
  if (!wire) return wire.error();
  made->alpn = *std::move(wire);
  made->rules = digest_of(made->settings);
  return std::unique_ptr<const server_policy>(std::move(made));
}

int server_policy::verify_mode() const noexcept {
  if (!asks()) return SSL_VERIFY_NONE;
  const bool required = settings.client_auth == client_certificates::required;
  return SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
}

ossl::x509_names_ptr server_policy::issuers() const {
  ossl::x509_names_ptr out(sk_X509_NAME_new_null());
  if (!out) throw std::bad_alloc();
  if (!asks() || settings.client_trust.size() > most_hints) return out;
  for (const auto& part : inside(settings.client_trust).parts)
    for (const auto& anchor : part->all()) {
      auto* name = X509_NAME_dup(X509_get_subject_name(raw(anchor)));
      if (name == nullptr || sk_X509_NAME_push(out.get(), name) == 0) {
        X509_NAME_free(name);
        throw std::bad_alloc();
      }
    }
  return out;
}

}  // namespace signet
