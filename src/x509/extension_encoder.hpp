// Encodes the extensions of certificates and requests. What cannot be encoded is an error; nothing is left out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <signet/base/result.hpp>
#include <signet/x509/certificate_builder.hpp>
#include <signet/x509/extensions.hpp>

#include "ossl/handles.hpp"
#include "x509/signing.hpp"

namespace signet::x509 {

using ossl::x509_extension_ptr;
using extension_list = std::vector<x509_extension_ptr>;

enum class critical : unsigned char { no, yes };

result<x509_extension_ptr> encode_basic_constraints(const basic_constraints& value);
result<x509_extension_ptr> encode_key_usage(const std::vector<key_usage>& usages, critical is = critical::yes);
// Dotted OIDs or short names, none twice.
result<x509_extension_ptr> encode_extended_key_usage(const std::vector<std::string>& usages, critical is);
result<x509_extension_ptr> encode_subject_key_id(const ASN1_OCTET_STRING* id);
result<x509_extension_ptr> encode_authority_key_id(const ASN1_OCTET_STRING* id);
result<x509_extension_ptr> encode_alternative_names(const std::vector<general_name>& names, critical is);
result<x509_extension_ptr> encode_name_constraints(const name_constraints& value);
// One extension for all of them, responders first. invalid_argument for what is no http or https URL with a host.
result<x509_extension_ptr> encode_authority_access(const std::vector<std::string>& ocsp_urls,
                                                   const std::vector<std::string>& ca_issuer_urls);
// One distribution point: the same list is found at each URL.
result<x509_extension_ptr> encode_crl_urls(const std::vector<std::string>& urls);
result<x509_extension_ptr> encode_policies(const std::vector<std::string>& policies);
result<x509_extension_ptr> encode_must_staple();
// A responder's certificate that is not itself looked up (RFC 6960 section 4.2.2.2.1).
result<x509_extension_ptr> encode_ocsp_no_check();
// invalid_argument: a name or OID nobody knows, a value that is broken or not one for this extension. Text cannot refer
// to files or to sections of a configuration.
result<x509_extension_ptr> encode_further(const further_extension& asked);

// Whether the list has an extension of this kind, by object.
const X509_EXTENSION* find(const extension_list& all, const ASN1_OBJECT* id);
// "keyUsage", or the dotted OID where there is no name.
std::string name_of(const X509_EXTENSION* e);

}  // namespace signet::x509
