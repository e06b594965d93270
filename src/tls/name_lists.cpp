#include "tls/name_lists.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/ascii.hpp"
#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "ossl/handles.hpp"
#include "tls/cipher_words.hpp"

namespace signet {
namespace {

constexpr std::size_t longest_list = std::size_t{64} << 10;
// As isspace() has it in C.
constexpr std::string_view blanks = " \t\n\v\f\r";

constexpr const char* hint_on_ciphers = "`openssl ciphers -v 'LIST'` shows what a list stands for";

using list_setter = int (*)(SSL_CTX*, const char*);

// A list of that option, and a context to try its entries on.
class list_check {
 public:
  list_check(std::string_view option, const std::string& list) : option_(option), list_(list) { ERR_clear_error(); }
  list_check(const list_check&) = delete;
  list_check& operator=(const list_check&) = delete;
  ~list_check() { ERR_clear_error(); }

  result<SSL_CTX*> begin() {
    if (list_.find('\0') != list_.npos) return refused("the list holds a NUL");
    if (list_.size() > longest_list)
      return refused("the list is longer than " + std::to_string(longest_list) + " octets");
    scratch_.reset(SSL_CTX_new(TLS_method()));
    if (!scratch_)
      return error(error_parts{.code = errc::internal,
                               .message = "OpenSSL cannot set up TLS",
                               .hint = "look at OpenSSL's own configuration (openssl.cnf, OPENSSL_CONF)",
                               .library_errors = ossl::texts(ossl::drain_errors())});
    return scratch_.get();
  }

  [[nodiscard]] error refused(std::string_view why, std::string hint = {}) const {
    return error(errc::invalid_configuration, std::string(option_) + ": " + std::string(why), std::move(hint));
  }
  [[nodiscard]] error is_empty(std::size_t number) const {
    return refused("entry " + std::to_string(number) + " of " + base::quoted(list_) + " is empty");
  }
  // What OpenSSL says to the list, when each entry by itself is sound.
  result<void> whole(list_setter use, std::string hint) const {
    ERR_clear_error();
    if (use(scratch_.get(), list_.c_str()) == 1) return {};
    return error(error_parts{.code = errc::invalid_configuration,
                             .message = std::string(option_) + ": OpenSSL has no use for " + base::quoted(list_),
                             .hint = std::move(hint),
                             .library_errors = ossl::texts(ossl::drain_errors())});
  }

 private:
  std::string_view option_;
  const std::string& list_;
  ossl::ssl_ctx_ptr scratch_ = {};
};

std::string_view without_blanks(std::string_view text, std::string_view of) {
  const auto start = std::min(text.find_first_not_of(of), text.size());
  return text.substr(start, text.find_last_not_of(of) + 1 - start);
}

// Takes the text up to a separator, which goes too. False behind the last.
bool take_entry(std::string_view& rest, std::string_view separators, std::string_view& entry) {
  if (rest.data() == nullptr) return false;
  const auto end = rest.find_first_of(separators);
  entry = rest.substr(0, end);
  rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  return true;
}

// A list of names that OpenSSL tries one by one.
struct names {
  std::string_view option;
  // "a group".
  std::string_view one;
  std::string_view hint;
  // Where OpenSSL takes each entry and not all of them.
  std::string_view hint_on_all;
  std::string_view separators;
  list_setter use;
};

result<void> check_names(const names& kind, const std::string& list) {
  if (list.empty()) return {};
  list_check check(kind.option, list);
  const auto scratch = check.begin();
  if (!scratch) return scratch.error();
  std::string_view rest = list;
  std::string_view entry;
  bool is_any_there = false;
  for (std::size_t number = 1; take_entry(rest, kind.separators, entry); ++number) {
    entry = without_blanks(entry, blanks);
    if (entry.empty()) return check.is_empty(number);
    if (kind.use(*scratch, std::string(entry).c_str()) != 1)
      return check.refused(base::quoted(entry) + " is not " + std::string(kind.one), std::string(kind.hint));
    // What may be unknown, or goes, is nothing to shake hands with.
    const auto name = entry.substr(std::min(entry.find_first_not_of("?*-"), entry.size()));
    const auto prefixes = entry.substr(0, entry.size() - name.size());
    is_any_there = is_any_there || (prefixes.find('-') == prefixes.npos &&
                                    (prefixes.empty() || kind.use(*scratch, std::string(name).c_str()) == 1));
  }
  if (!is_any_there) return check.refused("OpenSSL knows nothing in " + base::quoted(list), std::string(kind.hint));
  return check.whole(kind.use, std::string(kind.hint_on_all));
}

// Goes through a cipher string as OpenSSL does, which needs no separator in front of an operator ("HIGH!aNULL").
class cipher_string {
 public:
  cipher_string(const list_check& check, SSL_CTX* scratch) : check_(check), scratch_(scratch) {}

  result<void> read(std::string_view text) {
    std::size_t number = 1;
    constexpr std::string_view standard = "DEFAULT";
    if (text == standard) return {};
    if (text.starts_with(standard) && !is_inside(text[standard.size()])) {
      text.remove_prefix(standard.size());
      if (separators.find(text.front()) != separators.npos) {
        text.remove_prefix(1);
        ++number;
      }
    }
    std::string_view entry;
    for (; take_entry(text, separators, entry); ++number) {
      // Blanks separate too, any number of them.
      auto items = without_blanks(entry, " ");
      if (items.empty()) return check_.is_empty(number);
      while (!items.empty()) {
        if (auto taken = take_item(items); !taken) return taken;
        items = items.substr(std::min(items.find_first_not_of(' '), items.size()));
      }
    }
    return {};
  }

 private:
  static constexpr std::string_view separators = ":;,";
  static bool is_inside(char c) { return base::is_letter_or_digit(c) || c == '.' || c == '=' || c == '_'; }

  static std::string_view take_word(std::string_view& rest) {
    const auto* const end = std::find_if_not(rest.begin(), rest.end(), [](char c) { return is_inside(c) || c == '-'; });
    const auto word = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest.remove_prefix(word.size());
    return word;
  }

  // An operator and its words, with "+" between them.
  result<void> take_item(std::string_view& rest) {
    const auto item = rest.substr(0, rest.find(' '));
    const char sign = std::string_view("!-+@").find(rest.front()) != std::string_view::npos ? rest.front() : '\0';
    if (sign != '\0') rest.remove_prefix(1);
    if (sign == '@') return take_command(item, rest);
    for (;;) {
      const auto word = take_word(rest);
      if (word.empty()) return check_.refused(base::quoted(item) + " is not a cipher suite", hint_on_ciphers);
      if (!is_known(word, sign == '!' || sign == '-'))
        return check_.refused(base::quoted(word) + " is not a cipher suite", hint_on_cipher_word(scratch_, word));
      if (!rest.starts_with('+')) return {};
      rest.remove_prefix(1);
    }
  }
  result<void> take_command(std::string_view item, std::string_view& rest) const {
    const auto command = take_word(rest);
    constexpr std::string_view level = "SECLEVEL=";
    const bool is_level = command.size() == level.size() + 1 && command.starts_with(level) && command.back() >= '0' &&
                          command.back() <= '5';
    // OpenSSL passes over what follows up to a separator.
    if ((is_level || command == "STRENGTH") && (rest.empty() || rest.front() == ' ')) return {};
    return check_.refused(base::quoted(item) + " is no command", "@STRENGTH, or @SECLEVEL=0 to 5");
  }
  bool is_known(std::string_view word, bool is_excluded) {
    if (known_.contains(word)) return true;
    if (!is_cipher_word(scratch_, word)) return is_excluded && is_former_cipher_word(word);
    known_.insert(word);
    return true;
  }

  const list_check& check_;
  SSL_CTX* scratch_;
  std::set<std::string_view> known_ = {};
};

}  // namespace

result<void> check_ciphers(const std::string& list) {
  if (list.empty()) return {};
  list_check check("ciphers", list);
  const auto scratch = check.begin();
  if (!scratch) return scratch.error();
  // In the order in which OpenSSL looks for them. It forgets the rest of such a list.
  bool is_suite_b = false;
  for (const std::string_view suite_b : {"SUITEB128ONLY", "SUITEB128C2", "SUITEB128", "SUITEB192"}) {
    if (!list.starts_with(suite_b) || is_suite_b) continue;
    is_suite_b = true;
    if (list != suite_b) return check.refused(base::quoted(suite_b) + " stands alone: OpenSSL ignores what follows it");
  }
  if (!is_suite_b)
    if (auto read = cipher_string(check, *scratch).read(list); !read) return read;
  return check.whole(SSL_CTX_set_cipher_list, hint_on_ciphers);
}

result<void> check_ciphersuites(const std::string& list) {
  return check_names({"ciphersuites", "a cipher suite of TLS 1.3",
                      "`openssl ciphers -v -s -tls1_3` lists them; those of older versions are for ciphers", "", ":",
                      SSL_CTX_set_ciphersuites},
                     list);
}

result<void> check_groups(const std::string& list) {
  return check_names(
      {"groups", "a group", "names such as X25519, P-256 and P-384, with colons between",
       "no name may be there twice, under another spelling either, and \"/\" needs OpenSSL 3.5", ":/",
       [](SSL_CTX* ctx, const char* text) { return static_cast<int>(SSL_CTX_set1_groups_list(ctx, text)); }},
      list);
}

result<void> check_signature_algorithms(const std::string& list) {
  return check_names(
      {"signature_algorithms", "a signature algorithm",
       "names such as ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256 and ed25519, with colons between",
       "no name may be there twice, under another spelling either", ":",
       [](SSL_CTX* ctx, const char* text) { return static_cast<int>(SSL_CTX_set1_sigalgs_list(ctx, text)); }},
      list);
}

result<void> check_alpn(const std::vector<std::string>& list) {
  constexpr std::size_t longest_name = 255, longest_together = 65535;
  const auto refused = [](const std::string& why, std::string hint = {}) {
    return error(errc::invalid_configuration, "alpn: " + why, std::move(hint));
  };
  std::set<std::string_view> seen;
  std::size_t octets = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& name = list[i];
    if (name.empty()) return refused("entry " + std::to_string(i + 1) + " is empty");
    if (name.size() > longest_name)
      return refused(base::quoted(name) + " has " + std::to_string(name.size()) + " octets",
                     "each has 1 to 255 (RFC 7301 section 3.1)");
    if (!seen.insert(name).second) return refused(base::quoted(name) + " is there twice");
    octets += 1 + name.size();
  }
  if (octets > longest_together)
    return refused("the names have " + std::to_string(octets) + " octets together", "65,535 at most");
  return {};
}

}  // namespace signet
