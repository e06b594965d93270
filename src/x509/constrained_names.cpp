#include "x509/constrained_names.hpp"

#include <openssl/x509v3.h>

namespace signet::x509 {
namespace {

std::string label_of(general_name_kind kind) {
  switch (kind) {
    case general_name_kind::dns:
      return "DNS:";
    case general_name_kind::ip_address:
      return "IP:";
    case general_name_kind::uri:
      return "URI:";
    case general_name_kind::email:
      return "email:";
    case general_name_kind::directory_name:
      return "directory name ";
    default:
      return std::string(name(kind)) + ':';
  }
}

}  // namespace

std::string label_of(const general_name& name) {
  return label_of(name.kind) + name.value;
}

ossl::x509_ptr holder_of(GENERAL_NAME* entry) {
  const ossl::general_names_ptr names(GENERAL_NAMES_new());
  if (!names || entry == nullptr || sk_GENERAL_NAME_push(names.get(), entry) == 0) {
    GENERAL_NAME_free(entry);
    return nullptr;
  }
  ossl::x509_ptr made(X509_new());
  if (!made || X509_add1_ext_i2d(made.get(), NID_subject_alt_name, names.get(), 0, 0) != 1 ||
      // Reads the name back, where constraints are applied to it.
      (X509_get_extension_flags(made.get()) & EXFLAG_INVALID) != 0)
    return nullptr;
  return made;
}

}  // namespace signet::x509
