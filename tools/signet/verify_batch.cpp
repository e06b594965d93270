#include "verify_batch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <vector>

#include <signet/verify/verify_peer.hpp>

#include "json_text.hpp"
#include "options/verify.hpp"
#include "output.hpp"
#include "times.hpp"

namespace tool {
namespace {

using nlohmann::json;

// What a line says that cannot be used; what() says why.
class bad_input : public std::runtime_error {
 public:
  using runtime_error::runtime_error;
};

template <class T>
T usable(const std::string& key, signet::result<T> made) {
  if (!made) throw bad_input(key + ": " + made.error().message());
  return *std::move(made);
}

// Certificates that came before, by their text: in a batch the same roots and intermediates come again and again.
class parsed_certificates {
 public:
  signet::certificate at(const std::string& key, const std::string& pem) {
    if (const auto known = by_text_.find(pem); known != by_text_.end()) return known->second;
    auto made = usable(key, signet::certificate::from_pem(pem));
    if (pem.size() > longest_kept) return made;
    if (by_text_.size() >= capacity) by_text_.clear();
    by_text_.emplace(pem, made);
    return made;
  }

 private:
  static constexpr std::size_t capacity = 512;
  static constexpr std::size_t longest_kept = 16384;
  std::unordered_map<std::string, signet::certificate> by_text_ = {};
};

class line_reader {
 public:
  explicit line_reader(const json& object) : object_(object) {}

  [[nodiscard]] bool has(const char* key) const { return object_.contains(key) && !object_[key].is_null(); }
  [[nodiscard]] std::string text(const char* key, const char* otherwise = "") const {
    if (!has(key)) return otherwise;
    if (!object_[key].is_string()) throw bad_input(std::string(key) + " is not a string");
    return object_[key].get<std::string>();
  }
  [[nodiscard]] std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> out;
    if (!has(key)) return out;
    if (!object_[key].is_array()) throw bad_input(std::string(key) + " is not an array");
    for (const auto& item : object_[key]) {
      if (!item.is_string()) throw bad_input(std::string(key) + " holds something that is not a string");
      out.push_back(item.get<std::string>());
    }
    return out;
  }
  [[nodiscard]] bool flag(const char* key) const {
    if (!has(key)) return false;
    if (!object_[key].is_boolean()) throw bad_input(std::string(key) + " is not true or false");
    return object_[key].get<bool>();
  }
  [[nodiscard]] std::optional<std::size_t> number(const char* key) const {
    if (!has(key)) return std::nullopt;
    if (!object_[key].is_number_unsigned()) throw bad_input(std::string(key) + " is not a number");
    return object_[key].get<std::size_t>();
  }
  [[nodiscard]] std::vector<signet::certificate> certificates(const char* key, parsed_certificates& known) const {
    std::vector<signet::certificate> out;
    for (const auto& pem : texts(key)) out.push_back(known.at(key, pem));
    return out;
  }
  void only(std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, value] : object_.items())
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) throw bad_input("unknown key " + key);
  }

 private:
  const json& object_;
};

signet::peer_role asked_role(const std::string& purpose) {
  if (const auto role = role_of(purpose)) return *role;
  throw bad_input("purpose is none of server, client, any");
}

// Whose name has to match: a host or a mailbox. False when the name is one that nothing matches.
bool expect_name(const line_reader& in, signet::verify_request& request) {
  if (!in.has("name")) return true;
  const auto name = in.text("name");
  const auto kind = in.text("name_kind");
  if (kind == "email") {
    request.expected_mailbox = name;
    return true;
  }
  if (!kind.empty() && kind != "dns" && kind != "ip") throw bad_input("name_kind is none of dns, ip, email");
  auto parsed = signet::server_name::parse(name);
  // Brackets are for URLs: no certificate holds them.
  if (!parsed || name.starts_with('[') || (!kind.empty() && parsed->is_ip() != (kind == "ip"))) return false;
  request.expected = *std::move(parsed);
  return true;
}

json answer(bool ok, std::string_view error, const std::string& message, std::size_t chain_length) {
  return {{"ok", ok}, {"error", error}, {"message", message}, {"chain_length", chain_length}};
}

std::optional<signet::public_suffix_list> suffixes_of(const json& object) {
  if (!object.contains("public_suffix") || object["public_suffix"].is_null() || object["public_suffix"] == "default")
    return std::nullopt;
  if (object["public_suffix"] == "none") return signet::public_suffix_list::none();
  if (!object["public_suffix"].is_array()) throw bad_input("public_suffix is none of default, none, an array");
  // No rule at all: nothing is a suffix.
  if (object["public_suffix"].empty()) return signet::public_suffix_list::none();
  std::string rules;
  for (const auto& rule : line_reader(object).texts("public_suffix")) rules += rule + '\n';
  return usable("public_suffix", signet::public_suffix_list::parse(rules));
}

json judge(const json& object, parsed_certificates& known) {
  const line_reader in(object);
  in.only({"id", "cert", "intermediates", "roots", "name", "name_kind", "scheme", "public_suffix", "at", "purpose",
           "profile", "extended_key_usage", "crls", "max_depth", "partial_chain", "name_only"});
  // A trusted intermediate ends a chain either way.
  (void)in.flag("partial_chain");
  if (!in.has("cert")) throw bad_input("cert is missing");
  std::vector<signet::certificate> sent{usable("cert", signet::certificate::from_pem(in.text("cert")))};
  for (auto& c : in.certificates("intermediates", known)) sent.push_back(std::move(c));

  signet::verify_request request;
  request.sent = sent;
  auto& options = request.options;
  options.profile = usable("profile", signet::parse_verify_profile(in.text("profile", "compatible")));
  options.scheme = usable("scheme", signet::parse_hostname_scheme(in.text("scheme", "rfc9525")));
  options.public_suffixes = suffixes_of(object);
  request.role = asked_role(in.text("purpose", "server"));
  const bool is_a_name = expect_name(in, request);
  const auto nobodys_name = [] { return answer(false, "name_mismatch", "the name is one that nothing matches", 0); };
  if (in.flag("name_only")) {
    if (!is_a_name) return nobodys_name();
    if (!request.expected) throw bad_input("name_only needs a name of a host");
    const bool matches = signet::matches_name(sent.front(), *request.expected, options);
    return matches ? answer(true, "", "", 0)
                   : answer(false, "name_mismatch", "the certificate is not for " + request.expected->display(), 0);
  }
  request.trust = signet::trust_store::of(in.certificates("roots", known));
  if (in.has("at")) {
    const auto at = parse_rfc3339(in.text("at"));
    if (!at) throw bad_input("at is not a time of RFC 3339");
    options.clock = [when = *at] { return when; };
  }
  options.extended_key_usages = in.texts("extended_key_usage");
  if (in.has("crls")) {
    options.crls.emplace();
    options.crls->scope = signet::crl_scope::chain;
    for (const auto& pem : in.texts("crls")) options.crls->lists.push_back(usable("crls", signet::crl::from_pem(pem)));
  }
  if (const auto depth = in.number("max_depth")) options.max_intermediates = std::min<std::size_t>(*depth, 100);

  // Of a name that is none the certificate is judged all the same: what is wrong with it says more.
  const auto verdict = signet::verify_peer(request);
  if (verdict.trusted() && !is_a_name) return nobodys_name();
  if (verdict.trusted()) return answer(true, "", "", verdict.chain().size());
  const auto& first = verdict.findings().front();
  return answer(false, signet::name(first.code), first.message, 0);
}

std::string shown(const json& id, const json& judged) {
  nlohmann::ordered_json out = {{"id", id}};
  for (const char* key : {"ok", "error", "message", "chain_length"}) out[key] = judged[key];
  return to_text(out, json_layout::one_line);
}

line_answer refused(const json& id, const std::string& why) {
  return {shown(id, answer(false, "bad_input", why, 0)), true};
}

}  // namespace

line_answer judge_line(std::string_view line) {
  static parsed_certificates known;
  // Copying and printing a value recurse as deep as it is nested.
  constexpr int deepest = 64;
  json id;
  try {
    const auto object = json::parse(line, [](int depth, json::parse_event_t, const json&) {
      if (depth > deepest) throw bad_input("nested too deeply");
      return true;
    });
    if (!object.is_object()) throw bad_input("not a JSON object");
    if (object.contains("id")) id = object["id"];
    return {shown(id, judge(object, known)), false};
  } catch (const bad_input& e) {
    return refused(id, e.what());
  } catch (const json::exception&) {
    return refused(id, "not a JSON object");
  }
}

line_answer refuse_line(const std::string& why) {
  return refused(nullptr, why);
}

}  // namespace tool
