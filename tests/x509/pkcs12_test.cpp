#include <signet/x509/pkcs12.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "ossl/handles.hpp"
#include "support/pki.hpp"
#include "support/run_program.hpp"
#include "x509/der.hpp"
#include "x509/impl.hpp"
#include "x509/pkcs12.hpp"

namespace signet {
namespace {

using test::contents_of;
using test::pki;
using test::run_program;
using namespace std::string_literals;

class pkcs12_test : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0UL) << "OpenSSL's queue was left filled"; }
  const test::temporary_folder folder_{};
};

password_callback always(std::string password) {
  return [password] { return std::optional<std::string>(password); };
}

// A password that nobody may ask for.
password_callback never() {
  return []() -> std::optional<std::string> {
    ADD_FAILURE() << "the password was asked for";
    return std::nullopt;
  };
}

std::vector<std::string> names_of(const std::vector<certificate>& certificates) {
  std::vector<std::string> out;
  for (const auto& c : certificates) out.push_back(c.last_common_name());
  return out;
}

const std::vector<std::string>& whole_chain() {
  static const std::vector<std::string> names{"server.test", "signet test intermediate", "signet test root"};
  return names;
}

// Some distributions leave the provider out; what then holds has tests of its own.
bool has_legacy_provider() {
  return run_program({"openssl", "list", "-providers", "-provider", "legacy"}).status == 0;
}

// What "openssl pkcs12 -export" makes of the chain, the root before the intermediate.
std::string exported(const test::temporary_folder& folder, const std::vector<std::string>& arguments) {
  const auto issuers = folder.file("issuers.pem", contents_of(pki("ca.pem")) + contents_of(pki("intermediate.pem")));
  const auto out = (folder / "made.p12").string();
  std::vector<std::string> command{"openssl", "pkcs12", "-export", "-out", out};
  if (std::find(arguments.begin(), arguments.end(), "-nokeys") == arguments.end())
    command.insert(command.end(), {"-inkey", pki("chain.key").string()});
  if (std::find(arguments.begin(), arguments.end(), "-nocerts") == arguments.end())
    command.insert(command.end(), {"-in", pki("chain-leaf-only.pem").string(), "-certfile", issuers.string()});
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto made = run_program(command);
  EXPECT_EQ(made.status, 0) << made.output;
  return contents_of(out);
}

TEST_F(pkcs12_test, what_openssl_writes_is_read_in_every_encryption_and_the_chain_is_put_in_order) {
  std::vector<std::vector<std::string>> ways{
      {},
      {"-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"},
      {"-certpbe", "AES-128-CBC", "-keypbe", "DES-EDE3-CBC", "-macalg", "sha512"},
      {"-nomac"},
      {"-nomac", "-certpbe", "NONE"},
      {"-keypbe", "NONE", "-certpbe", "NONE"},
      {"-noiter", "-nomaciter"},
      {"-iter", "30000"},
  };
  if (has_legacy_provider()) {
    ways.push_back({"-legacy"});
    ways.push_back({"-legacy", "-certpbe", "PBE-SHA1-RC2-128", "-keypbe", "PBE-SHA1-RC2-40"});
    ways.push_back({"-legacy", "-certpbe", "PBE-SHA1-RC4-128", "-keypbe", "PBE-MD5-DES", "-macalg", "md5"});
    ways.push_back({"-provider", "legacy", "-provider", "default", "-certpbe", "RC2-CBC", "-keypbe", "DES-CBC"});
  }
  for (auto way : ways) {
    SCOPED_TRACE(testing::PrintToString(way));
    way.insert(way.end(), {"-passout", "pass:bluebell"});
    const auto file = exported(folder_, way);
    const auto read = parse_pkcs12(file, always("bluebell"));
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(names_of(read->certificates), whole_chain());
    ASSERT_EQ(read->keys.size(), 1U);
    EXPECT_TRUE(read->keys[0].belongs_to(read->certificates[0]));
    EXPECT_EQ(parse_pkcs12(file).error().code(), errc::password_required);
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(parse_pkcs12(file, always("wrong" + std::to_string(i))).error().code(), errc::wrong_password);
  }
}

TEST_F(pkcs12_test, one_wrong_password_in_256_is_no_damage_where_nothing_checks_it) {
  const auto file = exported(folder_, {"-nomac", "-noiter", "-passout", "pass:bluebell"});
  for (int i = 0; i < 300; ++i)
    ASSERT_EQ(parse_pkcs12(file, always("wrong" + std::to_string(i))).error().code(), errc::wrong_password);
}

TEST_F(pkcs12_test, without_encryption_nobody_is_asked) {
  const auto file = exported(folder_, {"-nomac", "-keypbe", "NONE", "-certpbe", "NONE", "-passout", "pass:bluebell"});
  const auto read = parse_pkcs12(file, never()).value();
  EXPECT_EQ(names_of(read.certificates), whole_chain());
  EXPECT_EQ(read.keys.size(), 1U);
}

TEST_F(pkcs12_test, an_empty_password_and_none_at_all_are_tried_before_anybody_is_asked) {
  EXPECT_EQ(parse_pkcs12(exported(folder_, {"-passout", "pass:"}), never()).value().keys.size(), 1U);
  EXPECT_EQ(parse_pkcs12(exported(folder_, {"-passout", "pass:", "-nomac"}), never()).value().keys.size(), 1U);
  // OpenSSL's program knows only the empty one, its library both.
  const auto chain = load_certificates(pki("chain.pem")).value();
  const auto key = private_key::load(pki("chain.key")).value();
  const ossl::handle<PKCS12, PKCS12_free> none(PKCS12_create(nullptr, "none", raw(key), raw(chain.front()), nullptr,
                                                             NID_aes_256_cbc, NID_aes_256_cbc, 2048, 2048, 0));
  ASSERT_TRUE(none);
  EXPECT_EQ(parse_pkcs12(x509::der_of(none.get(), i2d_PKCS12), never()).value().friendly_name, "none");
  const auto out = (folder_ / "gnutls.p12").string();
  const auto made = run_program({"certtool", "--to-p12", "--load-privkey", pki("chain.key").string(),
                                 "--load-certificate", pki("chain.pem").string(), "--p12-name", "gnutls",
                                 "--null-password", "--pkcs-cipher", "aes-256", "--outder", "--outfile", out});
  if (made.status == 128 + SIGSEGV) return;  // certtool of Debian 13 (GnuTLS 3.8.9) dies of --null-password
  ASSERT_EQ(made.status, 0) << made.output;
  const auto read = parse_pkcs12(contents_of(out), never());
  ASSERT_TRUE(read.has_value()) << read.error().message();
  EXPECT_EQ(read->keys.size(), 1U);
  EXPECT_EQ(read->certificates.at(0).last_common_name(), "server.test");
  EXPECT_EQ(read->friendly_name, "gnutls");
}

TEST_F(pkcs12_test, the_password_is_asked_for_at_most_once) {
  const auto file = contents_of(pki("chain.p12"));
  int asked = 0;
  const auto counting = [&](std::optional<std::string> answer) {
    return [&asked, answer] {
      ++asked;
      return answer;
    };
  };
  EXPECT_TRUE(parse_pkcs12(file, counting("bluebell")).has_value());
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(parse_pkcs12(file, counting("foxglove")).error().code(), errc::wrong_password);
  EXPECT_EQ(asked, 2);
  const auto e = parse_pkcs12(file, counting(std::nullopt)).error();
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(e.code(), errc::password_required);
  EXPECT_FALSE(e.hint().empty());
  EXPECT_EQ(parse_pkcs12(file, counting("")).error().code(), errc::wrong_password);
  EXPECT_EQ(parse_pkcs12(file, counting(std::string(2 << 20, 'x'))).error().code(), errc::wrong_password);
  const password_callback throwing = []() -> std::optional<std::string> { throw std::runtime_error("no terminal"); };
  EXPECT_THROW((void)parse_pkcs12(file, throwing), std::runtime_error);
}

TEST_F(pkcs12_test, keys_alone_and_certificates_alone_are_read) {
  const auto key = parse_pkcs12(exported(folder_, {"-nocerts", "-passout", "pass:bluebell"}), always("bluebell"));
  ASSERT_TRUE(key.has_value()) << key.error().message();
  EXPECT_EQ(key->keys.size(), 1U);
  EXPECT_TRUE(key->certificates.empty());
  const auto file = exported(folder_, {"-nokeys", "-passout", "pass:bluebell"});
  const auto certificates = parse_pkcs12(file, always("bluebell")).value();
  EXPECT_TRUE(certificates.keys.empty());
  EXPECT_EQ(names_of(certificates.certificates),
            (std::vector<std::string>{"server.test", "signet test root", "signet test intermediate"}))
      << "without a key there is no leaf, and the order stays";
}

TEST_F(pkcs12_test, names_and_passwords_may_hold_any_letter_and_names_are_harmless_to_print) {
  const std::string password = "пароль €𝄞";
  for (const std::string cipher : {"AES-256-CBC", "PBE-SHA1-3DES"}) {
    const auto file = exported(
        folder_, {"-name", "Löwe €\x1b[31m\n", "-passout", "pass:" + password, "-certpbe", cipher, "-keypbe", cipher});
    const auto read = parse_pkcs12(file, always(password));
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read->friendly_name, "Löwe €\\1B[31m\\0A");
  }
}

TEST_F(pkcs12_test, keys_are_opened_for_the_default_context_and_it_stays_as_it_was) {
  // Read in threads of which one makes the context for old algorithms.
  const auto file = contents_of(pki(has_legacy_provider() ? "chain-legacy.p12" : "chain-3des.p12"));
  std::array<std::thread, 4> threads;
  for (auto& t : threads) t = std::thread([&] { EXPECT_TRUE(parse_pkcs12(file, always("bluebell")).has_value()); });
  for (auto& t : threads) t.join();

  const auto read = parse_pkcs12(file, always("bluebell")).value();
  EXPECT_EQ(names_of(read.certificates), whole_chain());
  const ossl::md_ctx_ptr signer(EVP_MD_CTX_new());
  std::array<unsigned char, 256> signature{};
  std::size_t size = signature.size();
  ASSERT_EQ(EVP_DigestSignInit(signer.get(), nullptr, EVP_sha256(), nullptr, raw(read.keys[0])), 1);
  EXPECT_EQ(EVP_DigestSign(signer.get(), signature.data(), &size, signature.data(), 8), 1);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  EXPECT_EQ(EVP_Digest("x", 1, digest.data(), nullptr, EVP_sha256(), nullptr), 1);
  const ossl::handle<EVP_CIPHER, EVP_CIPHER_free> rc2(EVP_CIPHER_fetch(nullptr, "RC2-40-CBC", nullptr));
  EXPECT_FALSE(rc2) << "the legacy provider got into the default context";
  ERR_clear_error();
}

// Files as no program writes them, put together from their parts.
using safe_ptr = ossl::handle<PKCS7, PKCS7_free>;
using bag_ptr = ossl::handle<PKCS12_SAFEBAG, PKCS12_SAFEBAG_free>;
using algorithm_ptr = ossl::handle<X509_ALGOR, X509_ALGOR_free>;
using file_ptr = ossl::handle<PKCS12, PKCS12_free>;

std::string der_of(const PKCS12* file) {
  unsigned char* out = nullptr;
  const int size = i2d_PKCS12(file, &out);
  std::string text(reinterpret_cast<char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  return text;
}

file_ptr file_of(std::vector<safe_ptr> safes) {
  STACK_OF(PKCS7)* stack = sk_PKCS7_new_null();
  for (auto& s : safes) sk_PKCS7_push(stack, s.release());
  file_ptr file(PKCS12_init(NID_pkcs7_data));
  EXPECT_EQ(PKCS12_pack_authsafes(file.get(), stack), 1);
  sk_PKCS7_pop_free(stack, PKCS7_free);
  return file;
}

algorithm_ptr pbkdf2(int rounds) {
  return algorithm_ptr(PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), rounds, nullptr, 0, nullptr, NID_hmacWithSHA256));
}
algorithm_ptr pbe(int kind, int rounds) {
  return algorithm_ptr(PKCS5_pbe_set(kind, rounds, nullptr, 8));
}

// Says how it is encrypted without ever having been: deriving its key would be what the tests are about.
bag_ptr sealed_key(algorithm_ptr how) {
  X509_SIG* envelope = X509_SIG_new();
  X509_ALGOR* algorithm = nullptr;
  ASN1_OCTET_STRING* ciphertext = nullptr;
  X509_SIG_getm(envelope, &algorithm, &ciphertext);
  EXPECT_EQ(X509_ALGOR_copy(algorithm, how.get()), 1);
  ASN1_STRING_set(ciphertext, std::string(64, 'x').data(), 64);
  return bag_ptr(PKCS12_SAFEBAG_create0_pkcs8(envelope));
}

safe_ptr sealed_safe(algorithm_ptr how) {
  safe_ptr safe(PKCS7_new());
  PKCS7_set_type(safe.get(), NID_pkcs7_encrypted);
  auto* content = safe->d.encrypted->enc_data;
  X509_ALGOR_free(std::exchange(content->algorithm, how.release()));
  content->enc_data = ASN1_OCTET_STRING_new();
  ASN1_STRING_set(content->enc_data, std::string(64, 'x').data(), 64);
  return safe;
}

using bags = ossl::handle<STACK_OF(PKCS12_SAFEBAG),
                          [](STACK_OF(PKCS12_SAFEBAG) * s) { sk_PKCS12_SAFEBAG_pop_free(s, PKCS12_SAFEBAG_free); }>;

bags bags_of(std::vector<bag_ptr> list) {
  bags out(sk_PKCS12_SAFEBAG_new_null());
  for (auto& b : list) sk_PKCS12_SAFEBAG_push(out.get(), b.release());
  return out;
}
bags one_bag(bag_ptr bag) {
  std::vector<bag_ptr> list;
  list.push_back(std::move(bag));
  return bags_of(std::move(list));
}
safe_ptr plain_safe(const bags& content) {
  return safe_ptr(PKCS12_pack_p7data(content.get()));
}
// Truly encrypted, with an empty password.
safe_ptr openable_safe(const bags& content) {
  return safe_ptr(PKCS12_pack_p7encdata(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, "", 0, nullptr, 8, 1, content.get()));
}
file_ptr file_of(safe_ptr only) {
  std::vector<safe_ptr> safes;
  safes.push_back(std::move(only));
  return file_of(std::move(safes));
}

bag_ptr key_bag(const private_key& key) {
  return bag_ptr(PKCS12_SAFEBAG_create0_p8inf(EVP_PKEY2PKCS8(raw(key))));
}
bag_ptr certificate_bag(const std::string& file) {
  return bag_ptr(PKCS12_SAFEBAG_create_cert(raw(load_certificates(pki(file)).value().at(0))));
}

TEST_F(pkcs12_test, an_absurd_number_of_rounds_is_refused_before_the_first) {
  constexpr int bomb = 0x7fffffff;
  std::vector<std::pair<std::string, std::string>> files;
  for (const int rounds : {bomb, 10'000'001}) {
    auto checked = file_of(plain_safe(one_bag(key_bag(private_key::generate("ec:P-256").value()))));
    ASSERT_EQ(PKCS12_setup_mac(checked.get(), rounds, nullptr, 8, EVP_sha256()), 1);
    files.emplace_back("the integrity check", der_of(checked.get()));
    files.emplace_back("a safe, PBKDF2", der_of(file_of(sealed_safe(pbkdf2(rounds))).get()));
    files.emplace_back("a safe, 3DES",
                       der_of(file_of(sealed_safe(pbe(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, rounds))).get()));
    files.emplace_back("a key", der_of(file_of(plain_safe(one_bag(sealed_key(pbkdf2(rounds))))).get()));
    files.emplace_back("a key in a safe that opens",
                       der_of(file_of(openable_safe(one_bag(sealed_key(pbkdf2(rounds))))).get()));
  }
  const auto begin = std::chrono::steady_clock::now();
  for (const auto& [what, file] : files) {
    SCOPED_TRACE(what);
    const auto e = parse_pkcs12(file, never()).error();
    EXPECT_EQ(e.code(), errc::file_malformed);
    EXPECT_NE(e.message().find("10,000,000"), std::string::npos) << e.message();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

TEST_F(pkcs12_test, the_work_of_all_parts_together_is_bounded_too) {
  std::vector<bag_ptr> each_at_the_limit;
  for (int i = 0; i < 50; ++i) each_at_the_limit.push_back(sealed_key(pbkdf2(10'000'000)));
  const auto content = bags_of(std::move(each_at_the_limit));
  for (const auto& file : {der_of(file_of(plain_safe(content)).get()), der_of(file_of(openable_safe(content)).get())}) {
    const auto e = parse_pkcs12(file, never()).error();
    EXPECT_EQ(e.code(), errc::file_malformed);
    EXPECT_NE(e.message().find("in all"), std::string::npos) << e.message();
  }
  std::vector<bag_ptr> many;
  for (int i = 0; i < 5000; ++i) many.push_back(sealed_key(pbkdf2(1)));
  EXPECT_NE(parse_pkcs12(der_of(file_of(plain_safe(bags_of(std::move(many)))).get()), never())
                .error()
                .message()
                .find("4096 entries"),
            std::string::npos);
}

std::string tlv(unsigned char tag, const std::string& content) {
  std::string length;
  for (auto left = content.size(); left != 0; left >>= 8) length.insert(length.begin(), static_cast<char>(left & 0xff));
  if (content.size() >= 0x80) length.insert(length.begin(), static_cast<char>(0x80 | length.size()));
  if (content.empty()) length = "\0"s;
  return std::string(1, static_cast<char>(tag)) + length + content;
}

// Of these safe contents in DER.
std::string file_around(const std::string& contents) {
  const auto data = [](const std::string& octets) {
    return tlv(0x30, tlv(0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01") + tlv(0xa0, tlv(0x04, octets)));
  };
  return tlv(0x30, tlv(0x02, "\3") + data(tlv(0x30, data(contents))));
}

TEST_F(pkcs12_test, bags_in_bags_are_followed_to_a_bound) {
  const auto key = private_key::generate("ed25519").value();
  const auto nested = [&](int depth) {
    const auto octets = key.der();
    const std::string oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01"s;
    auto contents = tlv(0x30, tlv(0x30, tlv(0x06, oid + "\x01") + tlv(0xa0, std::string(byte_view(octets).text()))));
    for (int i = 0; i < depth; ++i) contents = tlv(0x30, tlv(0x30, tlv(0x06, oid + "\x06") + tlv(0xa0, contents)));
    return file_around(contents);
  };
  for (const int depth : {0, 1, 5}) {
    const auto read = parse_pkcs12(nested(depth), never());
    ASSERT_TRUE(read.has_value()) << depth << ": " << read.error().message();
    EXPECT_EQ(read->keys.at(0).pem(), key.pem());
  }
  for (const int depth : {9, 12, 40, 500})
    EXPECT_EQ(parse_pkcs12(nested(depth), never()).error().code(), errc::file_malformed) << depth;
}

TEST_F(pkcs12_test, several_keys_keep_their_order_and_the_first_ones_certificate_leads) {
  const auto wanted = private_key::load(pki("chain.key")).value();
  const auto other = private_key::load(pki("server.key")).value();
  std::vector<bag_ptr> list;
  for (const std::string file : {"ca-twin.pem", "ca.pem", "server.pem", "intermediate.pem", "chain.pem"})
    list.push_back(certificate_bag(file));
  list.push_back(key_bag(wanted));
  list.push_back(key_bag(other));
  const auto read = parse_pkcs12(der_of(file_of(plain_safe(bags_of(std::move(list)))).get()), never()).value();
  ASSERT_EQ(read.keys.size(), 2U);
  EXPECT_EQ(read.keys[0].pem(), wanted.pem());
  ASSERT_EQ(read.certificates.size(), 5U);
  EXPECT_TRUE(wanted.belongs_to(read.certificates[0]));
  EXPECT_EQ(read.certificates[1].last_common_name(), "signet test intermediate");
  EXPECT_EQ(read.certificates[2], load_certificates(pki("ca.pem")).value().at(0)) << "not its twin";
  EXPECT_EQ(read.certificates[3], load_certificates(pki("ca-twin.pem")).value().at(0));
  EXPECT_TRUE(other.belongs_to(read.certificates[4]));
}

TEST_F(pkcs12_test, issuers_that_signed_each_other_do_not_go_on_for_ever) {
  std::vector<bag_ptr> list;
  list.push_back(key_bag(private_key::load(pki("ring-leaf.key")).value()));
  for (const std::string file : {"ring-one.pem", "ring-two.pem", "ring-leaf.pem"})
    list.push_back(certificate_bag(file));
  const auto read = parse_pkcs12(der_of(file_of(plain_safe(bags_of(std::move(list)))).get()), never()).value();
  EXPECT_EQ(names_of(read.certificates), (std::vector<std::string>{"server.test", "ring one", "ring two"}));
}

TEST_F(pkcs12_test, damage_is_told_from_a_wrong_password) {
  const auto file = contents_of(pki("chain.p12"));
  // The value of the integrity check stands 8 octets of salt and its count before the end.
  auto altered = file;
  altered[file.size() - 30] = static_cast<char>(altered[file.size() - 30] ^ 1);
  const auto e = parse_pkcs12(altered, always("bluebell")).error();
  EXPECT_EQ(e.code(), errc::file_malformed);
  EXPECT_NE(e.message().find("integrity"), std::string::npos) << e.message();
  EXPECT_EQ(parse_pkcs12(altered, always("foxglove")).error().code(), errc::wrong_password);
  // In the middle are the encrypted certificates: the key still opens.
  altered = file;
  altered[file.size() / 2] = static_cast<char>(altered[file.size() / 2] ^ 1);
  EXPECT_EQ(parse_pkcs12(altered, always("bluebell")).error().code(), errc::file_malformed);
  const auto trailing = parse_pkcs12(file + "\n", always("bluebell")).error();
  EXPECT_EQ(trailing.code(), errc::file_malformed);
  EXPECT_NE(trailing.message().find("1 octets after its end"), std::string::npos) << trailing.message();
}

TEST_F(pkcs12_test, cut_off_anywhere_it_is_an_error) {
  for (const std::string name : {"chain.p12", "chain-no-password.p12"}) {
    const auto file = contents_of(pki(name));
    for (std::size_t size = 0; size < file.size(); ++size)
      ASSERT_EQ(parse_pkcs12(file.substr(0, size), always("bluebell")).error().code(), errc::file_malformed) << size;
  }
}

TEST_F(pkcs12_test, an_octet_altered_anywhere_is_an_error_or_changes_nothing) {
  const auto who = identity::load({.certificate = pki("chain.pem"), .key = pki("chain.key")}).value();
  const auto made = make_pkcs12(who, "", {.iterations = 1}).value();
  const std::string file(byte_view(made).text());
  const auto original = parse_pkcs12(file).value();
  for (std::size_t i = 0; i < file.size(); ++i) {
    auto altered = file;
    altered[i] = static_cast<char>(altered[i] ^ (1 << i % 8));
    const auto read = x509::open_pkcs12(altered, {}, private_keys::read, 1000);
    ASSERT_EQ(ERR_peek_error(), 0UL) << i;
    if (!read) continue;
    EXPECT_EQ(read->certificates, original.certificates) << i;
    ASSERT_EQ(read->keys.size(), 1U) << i;
    EXPECT_EQ(read->keys[0].pem(), original.keys[0].pem()) << i;
  }
}

TEST_F(pkcs12_test, what_is_not_pkcs12_or_is_protected_in_another_way_is_refused) {
  for (const std::string name : {"server.pem", "server.der", "server.key", "server-key.der", "binary.bin", "empty.pem"})
    EXPECT_EQ(parse_pkcs12(contents_of(pki(name)), never()).error().code(), errc::file_malformed) << name;
  const auto of_kind = [](const std::string& kind) {
    return tlv(0x30, tlv(0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x07"s + kind));
  };
  const auto data = [](const std::string& octets) {
    return tlv(0x30, tlv(0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01") + tlv(0xa0, tlv(0x04, octets)));
  };
  const auto code = [](const std::string& der) { return parse_pkcs12(der, never()).error().code(); };
  EXPECT_EQ(code(tlv(0x30, tlv(0x02, "\3") + of_kind("\2"))), errc::not_supported);
  EXPECT_EQ(code(tlv(0x30, tlv(0x02, "\3") + data(tlv(0x30, of_kind("\3"))))), errc::not_supported);
  // Safes that say what they are and hold nothing.
  for (const std::string kind : {"\1", "\2", "\5", "\6"})
    EXPECT_EQ(code(tlv(0x30, tlv(0x02, "\3") + data(tlv(0x30, of_kind(kind))))), errc::file_malformed);
  EXPECT_EQ(code(tlv(0x30, tlv(0x02, "\3") + of_kind("\1"))), errc::file_malformed);
  const auto empty = parse_pkcs12(file_around(tlv(0x30, "")), never()).value();
  EXPECT_TRUE(empty.keys.empty() && empty.certificates.empty());
}

TEST_F(pkcs12_test, a_broken_certificate_is_named) {
  std::vector<bag_ptr> list;
  list.push_back(certificate_bag("ca.pem"));
  const auto contents = contents_of(pki("server.der"));
  const std::string oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03"s;
  const auto bag_around = [&](const std::string& der) {
    const auto inside = tlv(0x30, tlv(0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01") + tlv(0xa0, tlv(0x04, der)));
    return tlv(0x30, tlv(0x06, oid) + tlv(0xa0, inside));
  };
  const auto read = [&](const std::string& second) {
    return parse_pkcs12(file_around(tlv(0x30, bag_around(contents) + bag_around(second))), never());
  };
  EXPECT_EQ(read(contents).value().certificates.size(), 2U);
  for (const auto& broken : {contents.substr(0, contents.size() - 1), "nothing like it"s, ""s}) {
    const auto e = read(broken).error();
    EXPECT_EQ(e.code(), errc::file_malformed);
    EXPECT_NE(e.message().find("certificate 2"), std::string::npos) << e.message();
  }
}

TEST_F(pkcs12_test, without_the_legacy_provider_old_encryption_is_not_supported_with_a_hint) {
  // A module is looked for once in a process: so in one of its own.
  const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  const auto child =
      run_program({"env", "OPENSSL_MODULES=" + (folder_ / "").string(), self, "--gtest_also_run_disabled_tests",
                   "--gtest_filter=pkcs12_test.DISABLED_where_there_is_no_legacy_provider"});
  EXPECT_EQ(child.status, 0) << child.output;
  EXPECT_NE(child.output.find("[  PASSED  ] 1 test"), std::string::npos) << child.output;
}

// Run by the test above.
TEST_F(pkcs12_test, DISABLED_where_there_is_no_legacy_provider) {
  for (const auto& file : {der_of(file_of(sealed_safe(pbe(NID_pbe_WithSHA1And40BitRC2_CBC, 2048))).get()),
                           der_of(file_of(plain_safe(one_bag(sealed_key(pbe(NID_pbeWithMD5AndDES_CBC, 1))))).get())}) {
    const auto e = parse_pkcs12(file, always("bluebell")).error();
    EXPECT_EQ(e.code(), errc::not_supported) << e.message();
    EXPECT_NE(e.hint().find("openssl-provider-legacy"), std::string::npos) << e.hint();
  }
  EXPECT_TRUE(parse_pkcs12(contents_of(pki("chain-3des.p12")), always("bluebell")).has_value());
  EXPECT_TRUE(parse_pkcs12(contents_of(pki("chain.p12")), always("bluebell")).has_value());
}

TEST_F(pkcs12_test, what_is_made_here_is_read_by_openssl_gnutls_perl_and_ourselves) {
  const auto who = identity::load({.certificate = pki("chain.pem"), .key = pki("chain.key")}).value();
  const std::string password = "пароль 1";
  for (const auto encryption : {pkcs12_encryption::modern, pkcs12_encryption::legacy}) {
    const bool is_modern = encryption == pkcs12_encryption::modern;
    SCOPED_TRACE(is_modern ? "modern" : "legacy");
    const auto made = make_pkcs12(who, password, {.friendly_name = "Löwe", .encryption = encryption}).value();
    const auto read = parse_pkcs12(made, always(password)).value();
    EXPECT_EQ(read.certificates, who.chain());
    EXPECT_EQ(read.keys.at(0).pem(), who.key().pem());
    EXPECT_EQ(read.friendly_name, "Löwe");

    const auto file = folder_.file("made.p12", std::string(byte_view(made).text())).string();
    const auto openssl =
        run_program({"openssl", "pkcs12", "-in", file, "-info", "-noenc", "-passin", "pass:" + password});
    ASSERT_EQ(openssl.status, 0) << openssl.output;
    EXPECT_NE(openssl.output.find(is_modern ? "MAC: sha256, Iteration 100000" : "MAC: sha1, Iteration 100000"),
              std::string::npos)
        << openssl.output;
    EXPECT_NE(openssl.output.find(is_modern ? "AES-256-CBC, Iteration 100000, PRF hmacWithSHA256"
                                            : "pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 100000"),
              std::string::npos)
        << openssl.output;
    EXPECT_EQ(private_key::from_pem(openssl.output).value().pem(), who.key().pem());
    EXPECT_EQ(parse_certificates(openssl.output).value(), who.chain());

    const auto gnutls = run_program({"certtool", "--p12-info", "--inder", "--infile", file, "--password", password});
    EXPECT_EQ(gnutls.status, 0) << gnutls.output;
    EXPECT_EQ(private_key::from_pem(gnutls.output, always(password)).value().pem(), who.key().pem());
    EXPECT_EQ(parse_certificates(gnutls.output).value(), who.chain());

    const auto perl = run_program({"perl", "-MIO::Socket::SSL", "-e",
                                   "my ($file, $password) = @ARGV;"
                                   "IO::Socket::SSL::SSL_Context->new(SSL_server => 1, SSL_cert_file => $file,"
                                   " SSL_passwd_cb => sub { $password }) or die $IO::Socket::SSL::SSL_ERROR;"
                                   "print 'loaded'",
                                   file, password});
    EXPECT_EQ(perl.status, 0) << perl.output;
    EXPECT_EQ(perl.output, "loaded");
  }
}

TEST_F(pkcs12_test, made_without_a_password_or_a_name_it_is_read_without_them) {
  const auto who = identity::load({.certificate = pki("ed25519.pem"), .key = pki("ed25519.key")}).value();
  for (const auto encryption : {pkcs12_encryption::modern, pkcs12_encryption::legacy}) {
    const auto made = make_pkcs12(who, "", {.encryption = encryption, .iterations = 1}).value();
    const auto read = parse_pkcs12(made, never()).value();
    EXPECT_EQ(read.certificates, who.chain());
    EXPECT_EQ(read.friendly_name, "");
    const auto file = folder_.file("made.p12", std::string(byte_view(made).text())).string();
    const auto openssl = run_program({"openssl", "pkcs12", "-in", file, "-noenc", "-passin", "pass:"});
    EXPECT_EQ(openssl.status, 0) << openssl.output;
  }
}

TEST_F(pkcs12_test, passwords_names_and_rounds_that_would_not_come_back_are_refused) {
  const auto who = identity::load({.certificate = pki("server.pem"), .key = pki("server.key")}).value();
  const auto code = [&](std::string_view password, const pkcs12_options& options) {
    return make_pkcs12(who, password, options).error().code();
  };
  EXPECT_EQ(code("a\0b"s, {}), errc::invalid_argument);
  EXPECT_EQ(code("\xff\xfe", {}), errc::invalid_argument);
  EXPECT_EQ(code(std::string(2 << 20, 'x'), {}), errc::invalid_argument);
  EXPECT_EQ(code("x", {.friendly_name = "\xc3"}), errc::invalid_argument);
  EXPECT_EQ(code("x", {.friendly_name = "𝄞"}), errc::invalid_argument);
  EXPECT_EQ(code("x", {.friendly_name = "a\0b"s}), errc::invalid_argument);
  EXPECT_EQ(code("x", {.friendly_name = std::string(2000, 'x')}), errc::invalid_argument);
  EXPECT_EQ(code("x", {.iterations = 0}), errc::invalid_argument);
  EXPECT_EQ(code("x", {.iterations = 10'000'001}), errc::invalid_argument);
}

}  // namespace
}  // namespace signet
