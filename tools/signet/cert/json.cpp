#include "cert/json.hpp"

#include <nlohmann/json.hpp>

#include <signet/x509/certificate_builder.hpp>

#include "connection_report.hpp"
#include "hints.hpp"
#include "json_text.hpp"
#include "output.hpp"

namespace tool {
namespace {

using json = nlohmann::ordered_json;

json json_of(const signet::object_id& id) {
  return {{"oid", id.oid}, {"name", text_or_null(id.name)}};
}

json json_of(const signet::general_name& one) {
  return {{"kind", name(one.kind)}, {"value", one.value}};
}

json json_of(const signet::distinguished_name& name) {
  auto list = json::array();
  for (const auto& one : name.attributes)
    list.push_back({{"type", one.type}, {"value", one.value}, {"is_joined", one.is_joined}});
  return list;
}

json json_of(const signet::authority_access& access) {
  return {{"method", json_of(access.method)}, {"location", json_of(access.location)}};
}

// For list_of(): their types are of another namespace, so they are found only when declared before it.
json json_of(const signet::distribution_point& point);
json json_of(const signet::certificate_policy& policy);
json json_of(const signet::signed_timestamp& stamp);
json json_of(const signet::extension& one);

template <class Value>
json list_of(const std::vector<Value>& values) {
  auto list = json::array();
  for (const auto& one : values) list.push_back(json_of(one));
  return list;
}

json json_of(const signet::distribution_point& point) {
  return {{"names", list_of(point.names)},
          {"relative_name", text_or_null(point.relative_name)},
          {"crl_issuer", list_of(point.crl_issuer)},
          {"reasons", point.reasons}};
}

json json_of(const signet::certificate_policy& policy) {
  return {{"oid", policy.policy.oid},
          {"name", text_or_null(policy.policy.name)},
          {"statement_urls", policy.statement_urls},
          {"notices", policy.notices}};
}

json json_of(const signet::signed_timestamp& stamp) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(stamp.time);
  auto time = signet::to_rfc3339(seconds);
  const auto fraction = std::to_string(1000 + (stamp.time - seconds).count()).substr(1);
  time.insert(time.size() - 1, "." + fraction);
  return {{"log_id", signet::to_hex(stamp.log_id)},
          {"time", time},
          {"hash_algorithm", stamp.hash_algorithm},
          {"signature_algorithm", stamp.signature_algorithm},
          {"signature", signet::to_hex(stamp.signature)}};
}

json json_of(const signet::extension& one) {
  return {{"oid", one.id.oid},
          {"name", text_or_null(one.id.name)},
          {"is_critical", one.is_critical},
          {"value", signet::to_hex(one.value)},
          {"text", signet::printed(one)}};
}

json fingerprints(const signet::certificate& cert, signet::fingerprint_of part) {
  json all = json::object();
  for (const char* digest : {"sha1", "sha256", "sha384", "sha512"}) {
    // A system may be set up without SHA-1.
    if (const auto made = cert.fingerprint(digest, part)) all[digest] = signet::to_hex(*made);
  }
  return all;
}

json public_key_json(const signet::certificate& cert) {
  return {{"type", cert.public_key_type()},
          {"der", signet::to_hex(cert.public_key_der())},
          {"key_fingerprints", fingerprints(cert, signet::fingerprint_of::public_key)},
          {"info_fingerprints", fingerprints(cert, signet::fingerprint_of::public_key_info)}};
}

json basic_constraints_json(const signet::certificate& cert) {
  const auto constraints = cert.basic_constraints();
  if (!constraints) return {};
  json document = {{"is_ca", constraints->is_ca}, {"path_length", nullptr}};
  if (constraints->path_length) document["path_length"] = *constraints->path_length;
  return document;
}

json key_usage_json(const signet::certificate& cert) {
  const auto usages = cert.key_usage();
  if (!usages) return {};
  auto list = json::array();
  for (const auto one : *usages) list.push_back(name(one));
  return list;
}

json authority_key_id_json(const signet::certificate& cert) {
  const auto id = cert.authority_key_id();
  if (!id) return {};
  return {{"key_id", text_or_null(signet::to_hex(id->key_id))},
          {"issuer", list_of(id->issuer)},
          {"serial_number", text_or_null(id->serial_number)}};
}

json name_constraints_json(const signet::certificate& cert) {
  const auto constraints = cert.name_constraints();
  if (!constraints) return {};
  return {{"permitted", list_of(constraints->permitted)}, {"excluded", list_of(constraints->excluded)}};
}

json entry_json(const signet::revoked_certificate& one) {
  return {{"serial_number", one.serial_number},
          {"revoked_at", signet::to_rfc3339(one.revoked_at)},
          {"reason", name(one.reason)},
          {"invalid_since", one.invalid_since ? json(signet::to_rfc3339(*one.invalid_since)) : json()},
          {"issuer", text_or_null(one.issuer)}};
}

}  // namespace

long days_left(const signet::certificate& cert, std::chrono::sys_seconds at) {
  // Whole days, also of what has passed: 26 hours ago is -1.
  return static_cast<long>(std::chrono::duration_cast<std::chrono::days>(cert.not_after() - at).count());
}

std::optional<signet::certificate> stand_in(const signet::private_key& key) {
  auto made = signet::make_self_signed({.dns_names = {"localhost"}}, key);
  if (!made) return {};
  return made->leaf();
}

json json_of(const signet::certificate& cert, std::chrono::sys_seconds at) {
  return {{"version", cert.version()},
          {"serial_number", cert.serial_number()},
          {"subject", cert.subject()},
          {"subject_attributes", json_of(cert.subject_name())},
          {"issuer", cert.issuer()},
          {"issuer_attributes", json_of(cert.issuer_name())},
          {"common_name", text_or_null(cert.last_common_name())},
          {"not_before", signet::to_rfc3339(cert.not_before())},
          {"not_after", signet::to_rfc3339(cert.not_after())},
          {"days_left", days_left(cert, at)},
          {"remaining_life", signet::remaining_life(cert, at)},
          {"dns_names", cert.dns_names()},
          {"ip_addresses", cert.ip_addresses()},
          {"alternative_names", list_of(cert.alternative_names())},
          {"public_key", public_key_json(cert)},
          {"signature_algorithm", json_of(cert.signature_algorithm())},
          {"signature", signet::to_hex(cert.signature())},
          {"is_self_issued", cert.is_self_issued()},
          {"basic_constraints", basic_constraints_json(cert)},
          {"key_usage", key_usage_json(cert)},
          {"extended_key_usage", list_of(cert.extended_key_usage())},
          {"subject_key_id", text_or_null(signet::to_hex(cert.subject_key_id()))},
          {"authority_key_id", authority_key_id_json(cert)},
          {"authority_access", list_of(cert.authority_access())},
          {"ocsp_urls", cert.ocsp_urls()},
          {"ca_issuer_urls", cert.ca_issuer_urls()},
          {"crl_urls", cert.crl_urls()},
          {"crl_distribution_points", list_of(cert.crl_distribution_points())},
          {"policies", list_of(cert.policies())},
          {"name_constraints", name_constraints_json(cert)},
          {"signed_timestamps", list_of(cert.signed_timestamps())},
          {"must_staple", cert.must_staple()},
          {"extensions", list_of(cert.extensions())},
          {"broken_extensions", list_of(cert.broken_extensions())},
          {"fingerprints", fingerprints(cert, signet::fingerprint_of::certificate)},
          {"pem", cert.pem()}};
}

json json_of(const signet::certificate_request& request) {
  return {{"subject", request.subject()},
          {"subject_attributes", json_of(request.subject_name())},
          {"alternative_names", list_of(request.alternative_names())},
          {"public_key", {{"type", request.public_key_type()}}},
          {"extensions", list_of(request.extensions())},
          {"pem", request.pem()}};
}

json json_of(const signet::crl& list) {
  auto entries = json::array();
  for (const auto& one : list.entries()) entries.push_back(entry_json(one));
  return {{"issuer", list.issuer()},
          {"issuer_attributes", json_of(list.issuer_name())},
          {"this_update", signet::to_rfc3339(list.this_update())},
          {"next_update", list.next_update() ? json(signet::to_rfc3339(*list.next_update())) : json()},
          {"number", text_or_null(list.number())},
          {"is_delta", list.is_delta()},
          {"is_indirect", list.is_indirect()},
          {"signature_algorithm", list.signature_algorithm()},
          {"entries", entries},
          {"extensions", list_of(list.extensions())},
          {"pem", list.pem()}};
}

json json_of(const signet::private_key& key) {
  const auto cert = stand_in(key);
  return {{"type", key.type()},
          {"public_key", cert ? public_key_json(*cert) : json()},
          {"public_key_pem", key.public_pem()}};
}

json json_of(const signet::certificate_finding& finding) {
  return {{"severity", name(finding.weight)},
          {"id", finding.id},
          {"index", finding.index ? json(*finding.index) : json()},
          {"message", finding.message},
          {"hint", in_options(finding.hint)},
          {"expected", finding.expected},
          {"presented", finding.presented}};
}

json json_of(const std::vector<signet::general_name>& names) {
  return list_of(names);
}

json failure_json() {
  try {
    throw;
  } catch (const signet::exception& thrown) {
    return json_of(thrown.error());
  } catch (const failure& failed) {
    return json_of(failed);
  } catch (const std::exception& other) {
    return json_of(signet::error(signet::errc::internal, other.what()));
  }
}

json text_or_null(const std::string& text) {
  return text.empty() ? json() : json(text);
}

void print_json(const json& document) {
  print(to_text(document) + "\n");
}

}  // namespace tool
