// One extension of a certificate, a request or a list, as it stands: absent, there more than once, unreadable, or read.
#pragma once

#include <openssl/x509v3.h>

#include "ossl/errors.hpp"
#include "ossl/handles.hpp"

namespace signet::x509 {

template <class Pointer>
struct read_extension {
  enum class state : unsigned char { absent, repeated, broken, read };
  state is = state::absent;
  bool is_critical = false;
  Pointer value = nullptr;

  // Null has none.
  read_extension(const STACK_OF(X509_EXTENSION) * all, int nid) {
    const ossl::quiet_errors quiet;
    int critical = -1;
    value.reset(static_cast<typename Pointer::pointer>(X509V3_get_d2i(all, nid, &critical, nullptr)));
    is = value ? state::read : critical == -1 ? state::absent : critical == -2 ? state::repeated : state::broken;
    is_critical = critical == 1;
  }
  read_extension(const X509* of, int nid) : read_extension(X509_get0_extensions(of), nid) {}

  [[nodiscard]] bool is_there() const noexcept { return is != state::absent; }
  [[nodiscard]] bool is_unusable() const noexcept { return is == state::repeated || is == state::broken; }
  [[nodiscard]] auto* get() const noexcept { return value.get(); }
  auto* operator->() const noexcept { return value.get(); }
  explicit operator bool() const noexcept { return value != nullptr; }
};

using basic_constraints_extension = read_extension<ossl::handle<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free>>;
using bits_extension = read_extension<ossl::handle<ASN1_BIT_STRING, ASN1_BIT_STRING_free>>;
using octets_extension = read_extension<ossl::handle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>>;
using purposes_extension = read_extension<ossl::handle<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>>;
using issuer_key_extension = read_extension<ossl::handle<AUTHORITY_KEYID, AUTHORITY_KEYID_free>>;
using names_extension = read_extension<ossl::handle<GENERAL_NAMES, GENERAL_NAMES_free>>;
using name_constraints_extension = read_extension<ossl::handle<NAME_CONSTRAINTS, NAME_CONSTRAINTS_free>>;
using access_extension = read_extension<ossl::handle<AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free>>;
using policy_constraints_extension = read_extension<ossl::handle<POLICY_CONSTRAINTS, POLICY_CONSTRAINTS_free>>;

}  // namespace signet::x509
