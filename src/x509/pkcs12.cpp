#include "x509/pkcs12.hpp"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/file.hpp"
#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "x509/chain_order.hpp"
#include "x509/impl.hpp"
#include "x509/private_key.hpp"
#include "x509/wiped.hpp"

namespace signet {
namespace {

using x509::explained;

constexpr std::string_view the_file = "the PKCS#12 file";
// Certificates, keys and encrypted parts, all together. Opening one takes time that no count of rounds tells.
constexpr std::size_t most_entries = 4096;
constexpr int deepest_nesting = 8;
// The integrity check, the certificates and the key, when each asks for as many rounds as it may.
constexpr std::int64_t most_derivations = 3;

void free_bags(STACK_OF(PKCS12_SAFEBAG) * bags) noexcept {
  sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}
void free_safes(STACK_OF(PKCS7) * safes) noexcept {
  sk_PKCS7_pop_free(safes, PKCS7_free);
}
void free_text(char* text) noexcept {
  OPENSSL_free(text);
}
using bags_ptr = ossl::handle<STACK_OF(PKCS12_SAFEBAG), free_bags>;
using safes_ptr = ossl::handle<STACK_OF(PKCS7), free_safes>;
using pkcs12_ptr = ossl::handle<PKCS12, PKCS12_free>;

error malformed(std::string_view why) {
  return explained(errc::file_malformed, std::string(the_file) + ' ' + std::string(why));
}

// One of the safes in which a file keeps its bags.
struct safe {
  // Null while it is encrypted.
  bags_ptr bags = {};
  PKCS7_ENC_CONTENT* sealed = nullptr;
};

// What is spent before it is derived.
struct budget {
  std::int64_t each = 0;
  std::int64_t total = 0;
  std::size_t entries = most_entries;

  result<void> spend(std::int64_t rounds) {
    if (rounds > each) return malformed(x509::too_many_rounds);
    if (rounds > total) return malformed("asks for too many rounds of key derivation in all");
    total -= rounds;
    return {};
  }
  result<void> enter() {
    if (entries == 0) return malformed("has more than 4096 entries");
    --entries;
    return {};
  }
};

const X509_ALGOR* algorithm_of(const X509_SIG* envelope) {
  const X509_ALGOR* algorithm = nullptr;
  X509_SIG_get0(envelope, &algorithm, nullptr);
  return algorithm;
}

// Goes through every bag, those in bags of bags included.
template <class Visit>
result<void> each_bag(const STACK_OF(PKCS12_SAFEBAG) * bags, Visit visit, int depth = 0) {
  if (depth > deepest_nesting) return malformed("has bags in bags without end");
  for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); ++i) {
    PKCS12_SAFEBAG* bag = sk_PKCS12_SAFEBAG_value(bags, i);
    const bool is_nested = PKCS12_SAFEBAG_get_nid(bag) == NID_safeContentsBag;
    auto done = is_nested ? each_bag(PKCS12_SAFEBAG_get0_safes(bag), visit, depth + 1) : visit(bag);
    if (!done) return done;
  }
  return {};
}

result<bags_ptr> unseal(const PKCS7_ENC_CONTENT* sealed, std::string_view password) {
  if (password.size() > x509::longest_password) return x509::wrong_password(the_file);
  const auto context = x509::context_for(sealed->algorithm, the_file);
  if (!context) return context.error();
  ERR_clear_error();
  // What was decrypted is wiped when it has been read.
  constexpr int wipe = 1;
  bags_ptr bags(static_cast<STACK_OF(PKCS12_SAFEBAG)*>(
      PKCS12_item_decrypt_d2i_ex(sealed->algorithm, ASN1_ITEM_rptr(PKCS12_SAFEBAGS), password.data(),
                                 static_cast<int>(password.size()), sealed->enc_data, wipe, *context, nullptr)));
  if (!bags) return x509::failed_decryption(the_file);
  return bags;
}

// A password that is not UTF-8, read as ISO 8859-1.
std::optional<std::string> from_latin1(std::string_view password) {
  std::string out;
  bool is_utf8 = true;
  for (std::string_view rest = password; !rest.empty() && is_utf8;) {
    const auto size = base::first_character(rest).size;
    is_utf8 = size != 0;
    rest.remove_prefix(std::max<std::size_t>(size, 1));
  }
  if (is_utf8) return std::nullopt;
  for (const char c : password) {
    const auto octet = static_cast<std::uint8_t>(c);
    if (octet >= 0x80) out += static_cast<char>(0xc0 | octet >> 6);
    out += static_cast<char>(octet < 0x80 ? octet : 0x80 | (octet & 0x3f));
  }
  return out;
}

std::string friendly_name(PKCS12_SAFEBAG* bag) {
  const ossl::handle<char, free_text> name(PKCS12_get_friendlyname(bag));
  return name ? base::printable(name.get()) : std::string();
}

// What the bags hold, once they are open.
struct found {
  std::vector<private_key> keys = {};
  std::vector<certificate> certificates = {};
  std::vector<std::string> key_names = {};
  std::vector<std::string> certificate_names = {};
};

class file_reader {
 public:
  file_reader(private_keys keys, std::int64_t limit) : keys_(keys), budget_{limit, limit * most_derivations} {}

  // Everything that can be known without a password. Nothing has been derived after it.
  result<void> unpack(byte_view der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const auto* const end = at + der.size();
    if (der.size() > base::largest_file) return malformed("is too large");
    file_.reset(d2i_PKCS12(nullptr, &at, static_cast<long>(der.size())));
    if (!file_) return malformed("is damaged");
    if (at != end) return malformed("has " + std::to_string(end - at) + " octets after its end");
    safes_of_file_.reset(PKCS12_unpack_authsafes(file_.get()));
    if (!safes_of_file_) {
      if (ossl::holds(ossl::drain_errors(), ERR_LIB_PKCS12, PKCS12_R_CONTENT_TYPE_NOT_DATA))
        return not_supported("is protected with a signature instead of a password");
      return malformed("is damaged");
    }
    for (int i = 0; i < sk_PKCS7_num(safes_of_file_.get()); ++i)
      if (auto done = add(sk_PKCS7_value(safes_of_file_.get(), i)); !done) return done;
    return spend_on_integrity();
  }

  // With the first password that fits: none, an empty one, then the one that is asked for.
  result<found> open(const password_callback& password) {
    const bool is_checked = PKCS12_mac_present(file_.get()) == 1 && (keys_ == private_keys::read || has_sealed_safe_);
    for (const std::string_view simple : {std::string_view(), std::string_view("")}) {
      auto opened = is_checked ? open_checked(simple) : open_with(simple);
      if (opened || opened.error().code() != errc::wrong_password) return opened;
    }
    const auto asked = x509::ask(password, the_file);
    if (!asked) return asked.error();
    auto opened = is_checked ? open_checked(asked->text) : open_with(asked->text);
    if (!opened && is_checked && opened.error().code() == errc::wrong_password && opens_any(asked->text))
      return malformed("is damaged or was altered: the password opens it, but its integrity check fails");
    return opened;
  }

 private:
  static error not_supported(std::string_view why) {
    return explained(errc::not_supported, std::string(the_file) + ' ' + std::string(why));
  }

  result<void> add(const PKCS7* one) {
    if (PKCS7_type_is_encrypted(one)) {
      PKCS7_ENC_CONTENT* sealed = one->d.encrypted != nullptr ? one->d.encrypted->enc_data : nullptr;
      if (sealed == nullptr || sealed->enc_data == nullptr || ASN1_STRING_length(sealed->enc_data) == 0)
        return malformed("is damaged");
      has_sealed_safe_ = true;
      safes_.push_back({{}, sealed});
      if (auto entered = budget_.enter(); !entered) return entered;
      return budget_.spend(x509::rounds_of(sealed->algorithm));
    }
    if (PKCS7_type_is_enveloped(one)) return not_supported("is encrypted for somebody's public key");
    if (!PKCS7_type_is_data(one)) return malformed("holds a part of a kind that is not known here");
    bags_ptr bags(one->d.data != nullptr ? PKCS12_unpack_p7data(const_cast<PKCS7*>(one)) : nullptr);
    if (!bags) return malformed("is damaged");
    auto counted = each_bag(bags.get(), [this](const PKCS12_SAFEBAG* bag) { return spend_on(bag, budget_); });
    safes_.push_back({std::move(bags)});
    return counted;
  }

  result<void> spend_on(const PKCS12_SAFEBAG* bag, budget& left) const {
    if (auto entered = left.enter(); !entered) return entered;
    if (PKCS12_SAFEBAG_get_nid(bag) != NID_pkcs8ShroudedKeyBag || keys_ == private_keys::skip) return {};
    return left.spend(x509::rounds_of(algorithm_of(PKCS12_SAFEBAG_get0_pkcs8(bag))));
  }

  result<void> spend_on_integrity() {
    if (PKCS12_mac_present(file_.get()) != 1) return {};
    const X509_ALGOR* algorithm = nullptr;
    const ASN1_INTEGER* rounds = nullptr;
    PKCS12_get0_mac(nullptr, &algorithm, nullptr, &rounds, file_.get());
    // PBMAC1 has a count of its own; the one of old, when it is absent, is 1.
    const ASN1_OBJECT* kind = nullptr;
    X509_ALGOR_get0(&kind, nullptr, nullptr, algorithm);
    const bool is_pbmac1 = OBJ_obj2nid(kind) == NID_pbmac1;
    if (is_pbmac1) return budget_.spend(x509::rounds_of(algorithm));
    return budget_.spend(rounds != nullptr ? x509::rounds_of(rounds) : 1);
  }

  result<found> open_checked(std::string_view password) {
    if (password.size() > x509::longest_password) return x509::wrong_password(the_file);
    ERR_clear_error();
    if (PKCS12_verify_mac(file_.get(), password.data(), static_cast<int>(password.size())) != 1) {
      const auto queue = ossl::drain_errors();
      if (queue.empty()) return x509::wrong_password(the_file);
      error_parts parts;
      parts.code = errc::not_supported;
      parts.message = std::string(the_file) + " has an integrity check of a kind that OpenSSL does not offer here";
      parts.library_errors = ossl::texts(queue);
      return error(std::move(parts));
    }
    auto opened = open_with(password);
    if (opened || opened.error().code() != errc::wrong_password) return opened;
    // Nothing was altered since it was made so.
    auto parts = opened.error().parts();
    // The check turns the password into UTF-16 and so fits any encoding; what is encrypted in today's way takes its
    // octets as they are.
    const auto in_other_encoding = [&](const std::string& made_with, const std::string& given, const char* then) {
      parts.code = errc::wrong_password;
      parts.message = std::string(the_file) +
                      " was made with this password in another encoding: it has the octets of " + made_with + ", and " +
                      given + " was given";
      parts.hint =
          "give it in that encoding: iconv -f " + given + " -t " + made_with + " makes such a password file" + then;
      return error(parts);
    };
    if (const auto old = x509::as_latin1(password); old && open_with(*old))
      return in_other_encoding("ISO-8859-1", "UTF-8", "; then make the file anew");
    if (const auto utf8 = from_latin1(password); utf8 && open_with(*utf8))
      return in_other_encoding("UTF-8", "ISO-8859-1", "");
    parts.code = errc::not_supported;
    parts.message = std::string(the_file) +
                    " has one password for its integrity and another for what is in it, or one in two encodings";
    return error(std::move(parts));
  }

  result<found> open_with(std::string_view password) {
    found out;
    auto left = budget_;
    for (const auto& one : safes_) {
      if (one.bags) {
        if (auto read = read_bags(one.bags.get(), password, out); !read) return read.error();
        continue;
      }
      const auto bags = unseal(one.sealed, password);
      if (!bags) return bags.error();
      const auto affordable = each_bag(bags->get(), [&](const PKCS12_SAFEBAG* bag) { return spend_on(bag, left); });
      if (!affordable) return affordable.error();
      if (auto read = read_bags(bags->get(), password, out); !read) return read.error();
    }
    ERR_clear_error();
    return out;
  }

  result<void> read_bags(const STACK_OF(PKCS12_SAFEBAG) * bags, std::string_view password, found& out) const {
    return each_bag(bags, [&](PKCS12_SAFEBAG* bag) -> result<void> {
      const int kind = PKCS12_SAFEBAG_get_nid(bag);
      if (kind == NID_certBag) return read_certificate(bag, out);
      const bool is_sealed = kind == NID_pkcs8ShroudedKeyBag;
      if ((kind != NID_keyBag && !is_sealed) || keys_ == private_keys::skip) return {};
      auto key = is_sealed ? unseal_key(bag, password) : x509::key_of(PKCS12_SAFEBAG_get0_p8inf(bag));
      if (!key) {
        const auto& e = key.error();
        if (e.code() != errc::file_malformed) return e;
        return e.in("key " + std::to_string(out.keys.size() + 1) + " of " + std::string(the_file));
      }
      out.keys.push_back(*std::move(key));
      out.key_names.push_back(friendly_name(bag));
      return {};
    });
  }

  static result<private_key> unseal_key(const PKCS12_SAFEBAG* bag, std::string_view password) {
    const auto info = x509::decrypt(PKCS12_SAFEBAG_get0_pkcs8(bag), password, the_file);
    if (!info) return info.error();
    return x509::key_of(info->get());
  }

  static result<void> read_certificate(PKCS12_SAFEBAG* bag, found& out) {
    // SDSI certificates are of no use here, and nobody has any.
    if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate) return {};
    const auto which = [&] {
      return "certificate " + std::to_string(out.certificates.size() + 1) + " of " + std::string(the_file);
    };
    ossl::x509_ptr read(PKCS12_SAFEBAG_get1_cert(bag));
    if (!read) return explained(errc::file_malformed, which() + " cannot be read");
    // Judged as strictly as any other.
    auto strict = certificate::from_der(adopt(std::move(read)).der());
    if (!strict) return strict.error().in(which());
    out.certificates.push_back(*std::move(strict));
    out.certificate_names.push_back(friendly_name(bag));
    return {};
  }

  // Whether a password that fails the integrity check fits some part: then it is right, and the file is not.
  [[nodiscard]] bool opens_any(std::string_view password) const {
    const ossl::quiet_errors quiet;
    for (const auto& one : safes_) {
      if (!one.bags) {
        if (unseal(one.sealed, password)) return true;
        continue;
      }
      bool is_opened = false;
      static_cast<void>(each_bag(one.bags.get(), [&](const PKCS12_SAFEBAG* bag) -> result<void> {
        if (!is_opened && PKCS12_SAFEBAG_get_nid(bag) == NID_pkcs8ShroudedKeyBag)
          is_opened = unseal_key(bag, password).has_value();
        return {};
      }));
      if (is_opened) return true;
    }
    return false;
  }

  private_keys keys_;
  budget budget_;
  pkcs12_ptr file_ = {};
  safes_ptr safes_of_file_ = {};
  // They point into safes_of_file_.
  std::vector<safe> safes_ = {};
  bool has_sealed_safe_ = false;
};

pkcs12_contents arranged(found all) {
  pkcs12_contents out;
  if (!all.keys.empty()) {
    out.friendly_name = all.key_names.front();
    const auto& key = all.keys.front();
    const auto as_found = all.certificates;
    if (x509::order_chain(all.certificates, key) != 0 && out.friendly_name.empty()) {
      const auto leaf = std::ranges::find(as_found, all.certificates.front());
      out.friendly_name = all.certificate_names[static_cast<std::size_t>(leaf - as_found.begin())];
    }
  } else if (!all.certificate_names.empty()) {
    out.friendly_name = all.certificate_names.front();
  }
  out.keys = std::move(all.keys);
  out.certificates = std::move(all.certificates);
  return out;
}

}  // namespace

result<pkcs12_contents> x509::open_pkcs12(byte_view der, const password_callback& password, private_keys keys,
                                          std::int64_t limit) {
  ERR_clear_error();
  file_reader in(keys, limit);
  if (auto unpacked = in.unpack(der); !unpacked) return std::move(unpacked).error();
  auto opened = in.open(password);
  ERR_clear_error();
  if (!opened) return std::move(opened).error();
  return arranged(*std::move(opened));
}

result<pkcs12_contents> parse_pkcs12(byte_view der, const password_callback& password) {
  return x509::open_pkcs12(der, password);
}

}  // namespace signet
