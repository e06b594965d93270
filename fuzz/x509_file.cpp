#include <signet/x509/x509_file.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "certificate_use.hpp"
#include "x509/der_kind.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace signet;
  const byte_view input(std::as_bytes(std::span(data, size)));
  const auto kind = x509::kind_of(input.text());
  // They have targets of their own, which keep away from seconds of key derivation.
  if (kind == x509::der_kind::pkcs12 || kind == x509::der_kind::encrypted_pkcs8) return 0;
  int asked = 0;
  const auto read = parse_x509(input, [&] {
    ++asked;
    return std::optional<std::string>("bluebell");
  });
  fuzz::check_queue();
  fuzz::check(asked <= 1, "the password is asked for once a file at most");
  if (!read) {
    fuzz::check_error(read.error());
    fuzz::check(read.error().code() != errc::password_required, "the password was there");
    return 0;
  }
  for (const auto& key : read->keys) fuzz::check_printable(key.type());
  for (const auto& one : read->certificates) fuzz::use(one);
  for (const auto& one : read->requests) fuzz::check_printable(one.subject());
  for (const auto& one : read->crls) fuzz::check_printable(one.issuer());
  const auto without = parse_x509(input, {}, private_keys::skip);
  fuzz::check(without.has_value() && without->certificates.size() == read->certificates.size(),
              "keys that nobody wants hinder nothing");
  fuzz::check_queue();
  return 0;
}
