// Between OpenSSL's names and ours, both ways.
#pragma once

#include <vector>

#include <signet/base/result.hpp>
#include <signet/x509/distinguished_name.hpp>
#include <signet/x509/extensions.hpp>
#include <signet/x509/general_name.hpp>

#include "ossl/handles.hpp"

namespace signet::x509 {

using general_name_ptr = ossl::handle<GENERAL_NAME, GENERAL_NAME_free>;
using object_ptr = ossl::handle<ASN1_OBJECT, ASN1_OBJECT_free>;

distinguished_name decode(const X509_NAME* name);
// invalid_name: an unknown type, a value that is empty, too long (RFC 5280 appendix A.1) or cannot be printed.
result<ossl::x509_name_ptr> encode(const distinguished_name& name);

// What a general name is read in: an address in a name constraint carries its mask.
enum class name_place : unsigned char { name, constraint };
general_name decode(const GENERAL_NAME* name, name_place place = name_place::name);
std::vector<general_name> decode(const GENERAL_NAMES* names);
// invalid_name, not_supported for the kinds that are only read.
result<general_name_ptr> encode(const general_name& name, name_place place = name_place::name);
result<ossl::general_names_ptr> encode(const std::vector<general_name>& names);

object_id decode(const ASN1_OBJECT* object);
// A dotted OID or a short name that OpenSSL knows. invalid_argument.
result<object_ptr> encode_object(std::string_view text);

}  // namespace signet::x509
