// Reads extensions, of certificates and of requests.
#pragma once

#include <optional>
#include <vector>

#include <signet/x509/extensions.hpp>

#include "ossl/handles.hpp"

namespace signet::x509 {

using extension_stack = STACK_OF(X509_EXTENSION);

// All of them as they stand there; null has none.
std::vector<extension> decode(const extension_stack* all);
std::vector<general_name> alternative_names(const extension_stack* all);

// One of a kind. It is broken when it cannot be read to its last octet, says what RFC 5280 rules out, or stands there
// twice; a broken one has no value.
template <class T>
struct reading {
  std::optional<T> value = {};
  bool is_broken = false;
};
reading<basic_constraints> read_basic_constraints(const extension_stack* all);
reading<name_constraints> read_name_constraints(const extension_stack* all);
reading<std::vector<signed_timestamp>> read_signed_timestamps(const extension_stack* all);

// Those OpenSSL or we know and cannot read, and those that stand there twice.
std::vector<object_id> broken(const extension_stack* all);

}  // namespace signet::x509
