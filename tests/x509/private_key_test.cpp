#include <signet/x509/private_key.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "ossl/handles.hpp"
#include "support/pki.hpp"
#include "support/run_program.hpp"

namespace signet {
namespace {

using test::contents_of;
using test::pki;
using test::run_program;
using namespace std::string_literals;

class private_key_test : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0UL) << "OpenSSL's queue was left filled"; }
};

password_callback always(std::string password) {
  return [password] { return std::optional<std::string>(password); };
}

certificate load_one(const std::string& name) {
  return load_certificates(pki(name)).value().at(0);
}

TEST_F(private_key_test, each_form_of_each_kind_is_read) {
  const std::vector<std::array<std::string, 3>> table{
      {"server.key", "server.pem", "EC P-256"},
      {"server-traditional.key", "server.pem", "EC P-256"},
      {"server-enc-pkcs8.key", "server.pem", "EC P-256"},
      {"server-enc-traditional.key", "server.pem", "EC P-256"},
      {"server-rsa.key", "server-rsa.pem", "RSA 2048"},
      {"server-rsa-traditional.key", "server-rsa.pem", "RSA 2048"},
      {"server-rsa-enc-traditional.key", "server-rsa.pem", "RSA 2048"},
      {"ed25519.key", "ed25519.pem", "Ed25519"},
      {"combined.pem", "server.pem", "EC P-256"},
  };
  for (const auto& [file, cert, type] : table) {
    SCOPED_TRACE(file);
    const auto key = private_key::load(pki(file), always("bluebell"));
    ASSERT_TRUE(key.has_value()) << key.error().message();
    EXPECT_EQ(key->type(), type);
    EXPECT_TRUE(key->belongs_to(load_one(cert)));
    EXPECT_FALSE(key->belongs_to(load_one("ca.pem")));
    std::string dos;
    for (const char c : contents_of(pki(file))) dos += c == '\n' ? "\r\n"s : std::string(1, c);
    EXPECT_TRUE(private_key::from_pem(dos, always("bluebell")).has_value());
  }
}

TEST_F(private_key_test, every_way_openssl_encrypts_is_opened_and_a_wrong_password_is_told) {
  const std::vector<std::vector<std::string>> ways{
      {"pkcs8", "-topk8", "-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512"},
      {"pkcs8", "-topk8", "-v2", "des3"},
      {"pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES"},
      {"pkcs8", "-topk8", "-scrypt"},
      {"pkey", "-aes-256-cbc", "-traditional"},
      {"pkey", "-des3", "-traditional"},
  };
  for (auto way : ways) {
    SCOPED_TRACE(testing::PrintToString(way));
    way.insert(way.begin(), "openssl");
    way.insert(way.end(), {"-passout", "pass:bluebell", "-in", pki("server.key").string()});
    const auto made = run_program(way);
    ASSERT_EQ(made.status, 0) << made.output;
    EXPECT_TRUE(private_key::from_pem(made.output, always("bluebell")).has_value());
    EXPECT_EQ(private_key::from_pem(made.output).error().code(), errc::password_required);
    // One in 256 of the wrong passwords leaves a padding that looks right.
    for (int i = 0; i < (way[1] == "pkey" ? 1500 : 3); ++i) {
      const auto e = private_key::from_pem(made.output, always("wrong" + std::to_string(i))).error();
      ASSERT_EQ(e.code(), errc::wrong_password) << e.message();
    }
    EXPECT_EQ(private_key::from_pem(made.output, always("")).error().code(), errc::wrong_password);
    EXPECT_EQ(private_key::from_pem(made.output, always(std::string(5000, 'x'))).error().code(), errc::wrong_password);
  }
}

TEST_F(private_key_test, one_wrong_password_in_256_is_no_damage_in_pkcs8_either) {
  const auto made = run_program({"openssl", "pkcs8", "-topk8", "-v2", "aes-128-cbc", "-iter", "1", "-passout",
                                 "pass:bluebell", "-in", pki("server.key").string()});
  ASSERT_EQ(made.status, 0) << made.output;
  for (int i = 0; i < 1500; ++i)
    ASSERT_EQ(private_key::from_pem(made.output, always("wrong" + std::to_string(i))).error().code(),
              errc::wrong_password);
}

TEST_F(private_key_test, the_password_is_asked_for_once_and_only_when_it_is_needed) {
  int asked = 0;
  const password_callback counting = [&] {
    ++asked;
    return std::optional<std::string>("bluebell");
  };
  EXPECT_TRUE(private_key::load(pki("server.key"), counting).has_value());
  EXPECT_EQ(asked, 0);
  EXPECT_TRUE(private_key::load(pki("server-enc-pkcs8.key"), counting).has_value());
  EXPECT_EQ(asked, 1);
  EXPECT_TRUE(private_key::load(pki("server-enc-traditional.key"), counting).has_value());
  EXPECT_EQ(asked, 2);

  const password_callback none = [] { return std::nullopt; };
  const auto e = private_key::load(pki("server-enc-pkcs8.key"), none).error();
  EXPECT_EQ(e.code(), errc::password_required);
  EXPECT_NE(e.message().find("server-enc-pkcs8.key: "), std::string::npos);
  EXPECT_FALSE(e.hint().empty());
  EXPECT_EQ(private_key::load(pki("server-enc-traditional.key"), none).error().code(), errc::password_required);
}

TEST_F(private_key_test, what_a_password_callback_throws_reaches_the_caller) {
  const password_callback throwing = []() -> std::optional<std::string> { throw std::runtime_error("no terminal"); };
  EXPECT_THROW((void)private_key::load(pki("server-enc-pkcs8.key"), throwing), std::runtime_error);
  EXPECT_THROW((void)private_key::load(pki("server-enc-traditional.key"), throwing), std::runtime_error);
}

struct bad_file {
  std::string name;
  errc code;
  std::string says;
};

TEST_F(private_key_test, a_bad_file_is_an_error_that_names_it_and_what_is_in_it) {
  const std::vector<bad_file> table{
      {"missing.key", errc::file_not_readable, "missing.key: cannot be read: No such file"},
      {"", errc::file_not_readable, "it is a directory"},
      {"empty.pem", errc::file_malformed, "empty.pem: holds nothing (it is empty), not a private key"},
      {"garbage.pem", errc::file_malformed, "garbage.pem: holds text that is not PEM, not a private key"},
      {"truncated.pem", errc::file_malformed, "truncated.pem: the PEM block at line 1 has no end"},
      {"binary.bin", errc::file_malformed, "binary.bin: holds binary data, not a private key"},
      {"server.pem", errc::file_malformed, "server.pem: holds a certificate, not a private key"},
      {"chain.pem", errc::file_malformed, "chain.pem: holds 2 certificates, not a private key"},
      {"server.der", errc::file_malformed, "server.der: holds DER or other binary data, not a private key"},
      {"public.pem", errc::file_malformed, "public.pem: holds a PEM block \"PUBLIC KEY\", not a private key"},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.name);
    const auto e = private_key::load(pki(row.name), always("bluebell")).error();
    EXPECT_EQ(e.code(), row.code);
    EXPECT_NE(e.message().find(row.says), std::string::npos) << e.message();
    EXPECT_EQ(e.message().find('\n'), std::string::npos);
  }
  const test::temporary_folder folder;
  const auto huge = folder.file("huge.key", "");
  ASSERT_EQ(::truncate(huge.c_str(), (off_t{64} << 20) + 1), 0);
  EXPECT_EQ(private_key::load(huge).error().code(), errc::file_too_large);
}

TEST_F(private_key_test, kinds_of_key_that_are_not_known_are_named) {
  const auto block = [](const std::string& label) {
    return "-----BEGIN " + label + "-----\nQUJD\n-----END " + label + "-----\n";
  };
  const auto openssh = private_key::from_pem(block("OPENSSH PRIVATE KEY")).error();
  EXPECT_EQ(openssh.code(), errc::file_malformed);
  EXPECT_NE(openssh.hint().find("ssh-keygen"), std::string::npos);
  EXPECT_NE(private_key::from_pem(block("ODD PRIVATE KEY")).error().message().find("ODD PRIVATE KEY"),
            std::string::npos);
}

TEST_F(private_key_test, damage_is_told_from_a_wrong_password) {
  const auto replaced = [](std::string text, const std::string& what, const std::string& with) {
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos);
    return text.replace(at, what.size(), with);
  };
  const auto code = [](const std::string& pem) {
    return private_key::from_pem(pem, always("bluebell")).error().code();
  };
  const auto traditional = contents_of(pki("server-enc-traditional.key"));
  EXPECT_EQ(code(replaced(traditional, "AES-128-CBC", "NO-SUCH-CBC")), errc::not_supported);
  EXPECT_EQ(code(replaced(traditional, "DEK-Info: AES-128-CBC,", "DEK-Info: AES-128-CBC,zz")), errc::file_malformed);
  EXPECT_EQ(code(replaced(traditional, "DEK-Info", "Dek-Info")), errc::file_malformed);
  EXPECT_EQ(code(replaced(traditional, "4,ENCRYPTED", "4,CLEAR")), errc::file_malformed);
  EXPECT_EQ(code("-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n-----END EC PRIVATE KEY-----\n"),
            errc::file_malformed);
  for (const std::string file : {"server.key", "server-traditional.key", "server-enc-pkcs8.key", "server-rsa.key"}) {
    SCOPED_TRACE(file);
    auto pem = contents_of(pki(file));
    const auto begin = pem.find('\n') + 1;
    // A line less, in the middle and at the start.
    EXPECT_EQ(code(pem.substr(0, begin) + pem.substr(pem.find('\n', begin) + 1)), errc::file_malformed);
    pem[begin + 3] = '*';
    EXPECT_EQ(code(pem), errc::file_malformed);
  }
}

TEST_F(private_key_test, an_absurd_number_of_rounds_is_refused_before_it_is_done) {
  // A file that says how it is encrypted without ever having been: deriving its key would be what the test is about.
  const ossl::handle<X509_SIG, X509_SIG_free> envelope(X509_SIG_new());
  X509_ALGOR* algorithm = nullptr;
  ASN1_OCTET_STRING* ciphertext = nullptr;
  X509_SIG_getm(envelope.get(), &algorithm, &ciphertext);
  const ossl::handle<X509_ALGOR, X509_ALGOR_free> pbes2(
      PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 10'000'001, nullptr, 0, nullptr, NID_hmacWithSHA256));
  ASSERT_TRUE(pbes2);
  ASSERT_EQ(X509_ALGOR_copy(algorithm, pbes2.get()), 1);
  const std::string octets(64, 'x');
  ASN1_STRING_set(ciphertext, octets.data(), static_cast<int>(octets.size()));
  const ossl::bio_ptr memory(BIO_new(BIO_s_mem()));
  ASSERT_EQ(PEM_write_bio_PKCS8(memory.get(), envelope.get()), 1);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &text);
  const std::string pem(text, static_cast<std::size_t>(size));
  bool was_asked = false;
  const auto e = private_key::from_pem(pem, [&]() -> std::optional<std::string> {
                   was_asked = true;
                   return "bluebell";
                 }).error();
  EXPECT_EQ(e.code(), errc::file_malformed);
  EXPECT_NE(e.message().find("10,000,000"), std::string::npos) << e.message();
  EXPECT_FALSE(was_asked);
}

TEST_F(private_key_test, every_kind_that_is_offered_is_made_and_openssl_reads_it) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"ec:P-256", "EC P-256"}, {"ec:P-384", "EC P-384"}, {"ec:P-521", "EC P-521"}, {"rsa:2048", "RSA 2048"},
      {"rsa:3072", "RSA 3072"}, {"ed25519", "Ed25519"},   {"ed448", "Ed448"},
  };
  for (const auto& [type, text] : table) {
    SCOPED_TRACE(type);
    const auto key = private_key::generate(type).value();
    EXPECT_EQ(key.type(), text);
    EXPECT_TRUE(key.pem().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    const auto read = run_program({"openssl", "pkey", "-noout", "-check"}, key.pem());
    EXPECT_EQ(read.status, 0) << read.output;
    EXPECT_EQ(private_key::from_pem(key.pem()).value().pem(), key.pem());
    EXPECT_NE(private_key::generate(type == "rsa:3072" ? "rsa:2048" : type).value().pem(), key.pem());
  }
}

TEST_F(private_key_test, kinds_that_are_not_offered_are_refused) {
  for (const std::string type :
       {"", "rsa", "rsa:", "rsa:1024", "rsa:2047", "rsa:8193", "rsa:99999999999999999999", "rsa:2048x", "rsa:-2048",
        "ec", "ec:", "ec:P-192", "ec:prime256v1", "EC:P-256", "ed25519 ", "dsa:2048", "\x1b[31m"})
    EXPECT_EQ(private_key::generate(type).error().code(), errc::invalid_argument) << type;
}

}  // namespace
}  // namespace signet
