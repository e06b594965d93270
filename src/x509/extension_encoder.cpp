#include "x509/extension_encoder.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>

#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "x509/names.hpp"

namespace signet::x509 {
namespace {

using bits_ptr = ossl::handle<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;

result<x509_extension_ptr> encoded(int nid, void* value, critical is, std::string_view what) {
  x509_extension_ptr out(value != nullptr ? X509V3_EXT_i2d(nid, is == critical::yes ? 1 : 0, value) : nullptr);
  if (!out) return cannot_make(what);
  return out;
}

result<x509_extension_ptr> encoded(const ASN1_OBJECT* id, byte_view der, critical is) {
  const auto value = octets(der);
  x509_extension_ptr out(value ? X509_EXTENSION_create_by_OBJ(nullptr, id, is == critical::yes ? 1 : 0, value.get())
                               : nullptr);
  if (!out) return cannot_make("an extension");
  return out;
}

// Objects for these texts, none of which may stand there twice.
result<std::vector<object_ptr>> objects(const std::vector<std::string>& texts, std::string_view what) {
  std::vector<object_ptr> out;
  for (const auto& text : texts) {
    auto object = encode_object(text);
    if (!object) return std::move(object).error().in(what);
    const auto same = [&](const object_ptr& other) { return OBJ_cmp(other.get(), object->get()) == 0; };
    if (std::any_of(out.begin(), out.end(), same))
      return invalid(std::string(what) + ": " + base::quoted(text) + " is asked for twice");
    out.push_back(*std::move(object));
  }
  return out;
}

// An http or https URL with a host.
result<general_name_ptr> encode_url(const std::string& url, std::string_view what) {
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return invalid(std::string(what) + ": " + base::quoted(url) + " is no http or https URL");
  auto out = encode(general_name{general_name_kind::uri, url});
  if (!out) return invalid(std::string(what) + ": " + out.error().message());
  return out;
}

bool is_one_element(byte_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  const ossl::handle<ASN1_TYPE, ASN1_TYPE_free> value(d2i_ASN1_TYPE(nullptr, &at, static_cast<long>(der.size())));
  return value != nullptr && at == end;
}

byte_view value_of(const X509_EXTENSION* e) {
  const auto* value = X509_EXTENSION_get_data(const_cast<X509_EXTENSION*>(e));
  return byte_view(
      std::as_bytes(std::span(ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value)))));
}

// One element of DER, which OpenSSL can read where it knows the extension.
bool is_sound(X509_EXTENSION* e) {
  if (!is_one_element(value_of(e))) return false;
  const auto* method = X509V3_EXT_get(e);
  if (method == nullptr) return true;
  void* read = X509V3_EXT_d2i(e);
  if (read == nullptr) return false;
  if (method->it != nullptr)
    ASN1_item_free(static_cast<ASN1_VALUE*>(read), ASN1_ITEM_ptr(method->it));
  else
    method->ext_free(read);
  return true;
}

x509_extension_ptr from_text(const ASN1_OBJECT* id, const std::string& text) {
  // Without a database there is no section to be referred to, and no policy to be read from a file.
  X509V3_CTX context{};
  X509V3_set_ctx(&context, nullptr, nullptr, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  const int nid = OBJ_obj2nid(id);
  const auto name = nid != NID_undef ? std::string(OBJ_nid2sn(nid)) : decode(id).oid;
  return x509_extension_ptr(X509V3_EXT_nconf(nullptr, &context, name.c_str(), text.c_str()));
}

}  // namespace

result<x509_extension_ptr> encode_basic_constraints(const basic_constraints& asked) {
  const ossl::handle<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free> value(BASIC_CONSTRAINTS_new());
  if (!value) return cannot_make("basic constraints");
  value->ca = asked.is_ca ? 0xff : 0;
  if (asked.path_length) {
    value->pathlen = ASN1_INTEGER_new();
    if (value->pathlen == nullptr || ASN1_INTEGER_set_uint64(value->pathlen, *asked.path_length) != 1)
      return cannot_make("a path length");
  }
  return encoded(NID_basic_constraints, value.get(), critical::yes, "basic constraints");
}

result<x509_extension_ptr> encode_key_usage(const std::vector<key_usage>& usages, critical is) {
  const bits_ptr value(ASN1_BIT_STRING_new());
  if (!value) return cannot_make("a key usage");
  for (const auto usage : usages)
    if (ASN1_BIT_STRING_set_bit(value.get(), static_cast<int>(usage), 1) != 1) return cannot_make("a key usage");
  return encoded(NID_key_usage, value.get(), is, "a key usage");
}

result<x509_extension_ptr> encode_extended_key_usage(const std::vector<std::string>& usages, critical is) {
  auto all = objects(usages, "extended key usage");
  if (!all) return std::move(all).error();
  const ossl::handle<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free> value(EXTENDED_KEY_USAGE_new());
  if (!value) return cannot_make("an extended key usage");
  for (auto& usage : *all) {
    if (sk_ASN1_OBJECT_push(value.get(), usage.get()) <= 0) return cannot_make("an extended key usage");
    (void)usage.release();
  }
  return encoded(NID_ext_key_usage, value.get(), is, "an extended key usage");
}

result<x509_extension_ptr> encode_subject_key_id(const ASN1_OCTET_STRING* id) {
  return encoded(NID_subject_key_identifier, const_cast<ASN1_OCTET_STRING*>(id), critical::no,
                 "a subject key identifier");
}

result<x509_extension_ptr> encode_authority_key_id(const ASN1_OCTET_STRING* id) {
  const auto value = authority_key_identifier(octets_ptr(id != nullptr ? ASN1_OCTET_STRING_dup(id) : nullptr));
  return encoded(NID_authority_key_identifier, value.get(), critical::no, "an authority key identifier");
}

result<x509_extension_ptr> encode_alternative_names(const std::vector<general_name>& names, critical is) {
  auto value = encode(names);
  if (!value) return std::move(value).error();
  return encoded(NID_subject_alt_name, value->get(), is, "the alternative names");
}

result<x509_extension_ptr> encode_name_constraints(const name_constraints& asked) {
  const ossl::handle<NAME_CONSTRAINTS, NAME_CONSTRAINTS_free> value(NAME_CONSTRAINTS_new());
  if (!value) return cannot_make("name constraints");
  for (const auto& [names, trees] :
       {std::pair(&asked.permitted, &value->permittedSubtrees), std::pair(&asked.excluded, &value->excludedSubtrees)}) {
    if (names->empty()) continue;
    *trees = sk_GENERAL_SUBTREE_new_null();
    for (const auto& name : *names) {
      auto base = encode(name, name_place::constraint);
      if (!base) return std::move(base).error().in("name constraints");
      ossl::handle<GENERAL_SUBTREE, GENERAL_SUBTREE_free> tree(GENERAL_SUBTREE_new());
      if (!tree || *trees == nullptr) return cannot_make("name constraints");
      GENERAL_NAME_free(std::exchange(tree->base, base->release()));
      if (sk_GENERAL_SUBTREE_push(*trees, tree.get()) <= 0) return cannot_make("name constraints");
      (void)tree.release();
    }
  }
  return encoded(NID_name_constraints, value.get(), critical::yes, "name constraints");
}

result<x509_extension_ptr> encode_authority_access(const std::vector<std::string>& ocsp_urls,
                                                   const std::vector<std::string>& ca_issuer_urls) {
  const ossl::handle<AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free> value(AUTHORITY_INFO_ACCESS_new());
  if (!value) return cannot_make("an authority information access");
  for (const auto& [urls, method] :
       {std::pair(&ocsp_urls, NID_ad_OCSP), std::pair(&ca_issuer_urls, NID_ad_ca_issuers)}) {
    for (const auto& url : *urls) {
      auto location = encode_url(url, "authority information access");
      if (!location) return std::move(location).error();
      ossl::handle<ACCESS_DESCRIPTION, ACCESS_DESCRIPTION_free> entry(ACCESS_DESCRIPTION_new());
      if (!entry) return cannot_make("an authority information access");
      ASN1_OBJECT_free(std::exchange(entry->method, OBJ_nid2obj(method)));
      GENERAL_NAME_free(std::exchange(entry->location, location->release()));
      if (sk_ACCESS_DESCRIPTION_push(value.get(), entry.get()) <= 0)
        return cannot_make("an authority information access");
      (void)entry.release();
    }
  }
  return encoded(NID_info_access, value.get(), critical::no, "an authority information access");
}

result<x509_extension_ptr> encode_crl_urls(const std::vector<std::string>& urls) {
  constexpr int full_name = 0;
  ossl::general_names_ptr locations(GENERAL_NAMES_new());
  for (const auto& url : urls) {
    auto location = encode_url(url, "CRL distribution point");
    if (!location) return std::move(location).error();
    if (!locations || sk_GENERAL_NAME_push(locations.get(), location->get()) <= 0)
      return cannot_make("a CRL distribution point");
    (void)location->release();
  }
  const ossl::handle<CRL_DIST_POINTS, CRL_DIST_POINTS_free> value(CRL_DIST_POINTS_new());
  ossl::handle<DIST_POINT, DIST_POINT_free> point(DIST_POINT_new());
  if (!value || !point) return cannot_make("a CRL distribution point");
  point->distpoint = DIST_POINT_NAME_new();
  if (point->distpoint == nullptr) return cannot_make("a CRL distribution point");
  point->distpoint->type = full_name;
  point->distpoint->name.fullname = locations.release();
  if (sk_DIST_POINT_push(value.get(), point.get()) <= 0) return cannot_make("a CRL distribution point");
  (void)point.release();
  return encoded(NID_crl_distribution_points, value.get(), critical::no, "a CRL distribution point");
}

result<x509_extension_ptr> encode_policies(const std::vector<std::string>& policies) {
  auto all = objects(policies, "certificate policies");
  if (!all) return std::move(all).error();
  const ossl::handle<CERTIFICATEPOLICIES, CERTIFICATEPOLICIES_free> value(CERTIFICATEPOLICIES_new());
  if (!value) return cannot_make("certificate policies");
  for (auto& policy : *all) {
    ossl::handle<POLICYINFO, POLICYINFO_free> entry(POLICYINFO_new());
    if (!entry) return cannot_make("certificate policies");
    ASN1_OBJECT_free(std::exchange(entry->policyid, policy.release()));
    if (sk_POLICYINFO_push(value.get(), entry.get()) <= 0) return cannot_make("certificate policies");
    (void)entry.release();
  }
  return encoded(NID_certificate_policies, value.get(), critical::no, "certificate policies");
}

result<x509_extension_ptr> encode_must_staple() {
  // A sequence of one integer, 5 for status_request: RFC 7633 section 4.1.
  static constexpr std::array<unsigned char, 5> features{0x30, 0x03, 0x02, 0x01, 0x05};
  return encoded(OBJ_nid2obj(NID_tlsfeature), features, critical::no);
}

result<x509_extension_ptr> encode_ocsp_no_check() {
  static constexpr std::array<unsigned char, 2> null{0x05, 0x00};
  return encoded(OBJ_nid2obj(NID_id_pkix_OCSP_noCheck), null, critical::no);
}

result<x509_extension_ptr> encode_further(const further_extension& asked) {
  const ossl::quiet_errors quiet;
  const auto what = "the extension " + base::quoted(asked.id);
  auto id = encode_object(asked.id);
  if (!id) return std::move(id).error().in(what);
  if (asked.der.empty() == asked.text.empty()) return invalid(what + " needs a value: either as DER or as text");
  if (asked.text.find('\0') != std::string::npos) return invalid(what + ": its text holds a NUL");
  x509_extension_ptr out;
  if (asked.text.empty()) {
    auto made = encoded(id->get(), asked.der, asked.is_critical ? critical::yes : critical::no);
    if (!made) return made;
    out = *std::move(made);
  } else {
    out = from_text(id->get(), asked.text);
    if (out && X509_EXTENSION_get_critical(out.get()) != 0)
      return invalid(what + ": whether it is critical is not said in its text", "set is_critical");
    if (out && X509_EXTENSION_set_critical(out.get(), asked.is_critical ? 1 : 0) != 1) return cannot_make(what);
  }
  if (!out || !is_sound(out.get())) {
    error_parts parts;
    parts.code = errc::invalid_argument;
    parts.message = what + " cannot be made: its value is not one for it";
    if (!asked.text.empty()) parts.message += ", " + base::quoted(asked.text);
    parts.library_errors = ossl::texts(ossl::drain_errors());
    return error(std::move(parts));
  }
  return out;
}

const X509_EXTENSION* find(const extension_list& all, const ASN1_OBJECT* id) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const x509_extension_ptr& e) {
    return OBJ_cmp(X509_EXTENSION_get_object(e.get()), id) == 0;
  });
  return found != all.end() ? found->get() : nullptr;
}

std::string name_of(const X509_EXTENSION* e) {
  const auto id = decode(X509_EXTENSION_get_object(const_cast<X509_EXTENSION*>(e)));
  return id.name.empty() ? id.oid : id.name;
}

}  // namespace signet::x509
