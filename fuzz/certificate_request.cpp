#include <signet/x509/certificate_request.hpp>

#include <cstdint>
#include <span>

#include "check.hpp"
#include "ossl/errors.hpp"
#include "x509/der.hpp"
#include "x509/impl.hpp"

namespace {

using namespace signet;

const identity& ca() {
  static const identity made = make_ca({.common_name = "ca"}, private_key::generate("ed25519").value()).value();
  return made;
}

void use(const certificate_request& r) {
  fuzz::check_printable(r.subject());
  fuzz::check_printable(r.public_key_type());
  for (const auto& name : r.alternative_names()) fuzz::check_printable(name.value);
  for (const auto& a : r.subject_name().attributes) fuzz::check_printable(a.value);
  (void)r.extensions();
  const auto again = certificate_request::from_pem(r.pem());
  fuzz::check(again.has_value() && again->der() == r.der(), "what was read is written and read again");
  // Whatever somebody asks for, what they get is a leaf.
  const auto made = sign_request(r, {.purposes = {certificate_purpose::server, certificate_purpose::client}}, ca());
  fuzz::check_queue();
  if (!made) {
    fuzz::check_error(made.error());
    return;
  }
  fuzz::check(made->front().basic_constraints() == basic_constraints{}, "nobody becomes a CA");
  fuzz::check(made->front().broken_extensions().empty(), "what is made can be read");
}

void try_request(const result<certificate_request>& read) {
  fuzz::check_queue();
  if (read)
    use(*read);
  else
    fuzz::check_error(read.error());
}

// The same request for our own key and signed with it: what is behind the proof is reached only with a good one.
std::vector<std::byte> proven(byte_view der) {
  const ossl::quiet_errors quiet;
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const ossl::handle<X509_REQ, X509_REQ_free> request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  if (!request || X509_REQ_set_pubkey(request.get(), raw(ca().key())) != 1 ||
      X509_REQ_sign(request.get(), raw(ca().key()), nullptr) <= 0)
    return {};
  return x509::der_of(request.get(), i2d_X509_REQ);
}

}  // namespace

// As DER, as PEM, and as DER whose proof has been made good.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_view input(std::as_bytes(std::span(data, size)));
  try_request(certificate_request::from_der(input));
  try_request(certificate_request::from_pem(input.text()));
  try_request(certificate_request::from_der(proven(input)));
  return 0;
}
