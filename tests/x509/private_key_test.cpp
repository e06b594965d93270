#include <signet/x509/private_key.hpp>

#include <fcntl.h>
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
      {"server.der", errc::file_malformed, "server.der: holds DER data (a certificate), not a private key"},
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
      {"ec:P-256", "EC P-256"},
      {"ec:P-384", "EC P-384"},
      {"ec:P-521", "EC P-521"},
      {"rsa:2048", "RSA 2048"},
      {"rsa:3072", "RSA 3072"},
      {"ed25519", "Ed25519"},
      {"ed448", "Ed448"},
      {"ec:secp256k1", "EC secp256k1"},
      {"ec:prime256v1", "EC P-256"},
      {"ec:brainpoolP256r1", "EC brainpoolP256r1"},
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
  const std::vector<std::string> types{"",
                                       "rsa",
                                       "rsa:",
                                       "rsa:1024",
                                       "rsa:2047",
                                       "rsa:8193",
                                       "rsa:99999999999999999999",
                                       "rsa:2048x",
                                       "rsa:-2048",
                                       "ec",
                                       "ec:",
                                       "ec:P-192",
                                       "ec:secp112r1",
                                       "ec:no-such-curve",
                                       "ec:rsaEncryption",
                                       "ec:P-256\0"s,
                                       "EC:P-256",
                                       "ed25519 ",
                                       "dsa:2048",
                                       "\x1b[31m"};
  for (const auto& type : types) EXPECT_EQ(private_key::generate(type).error().code(), errc::invalid_argument) << type;
  EXPECT_NE(private_key::generate("ec:no-such-curve").error().message().find("no curve \"no-such-curve\""),
            std::string::npos);
}

TEST_F(private_key_test, each_form_of_der_is_told_by_its_structure) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"server-key.der", "server.pem"},
      {"server-traditional-key.der", "server.pem"},
      {"server-enc-key.der", "server.pem"},
      {"server-rsa-key.der", "server-rsa.pem"},
      {"server-rsa-traditional-key.der", "server-rsa.pem"},
      {"ed25519-key.der", "ed25519.pem"},
  };
  for (const auto& [file, cert] : table) {
    SCOPED_TRACE(file);
    const auto octets = contents_of(pki(file));
    const auto key = private_key::from_der(octets, always("bluebell"));
    ASSERT_TRUE(key.has_value()) << key.error().message();
    EXPECT_TRUE(key->belongs_to(load_one(cert)));
    EXPECT_TRUE(private_key::load(pki(file), always("bluebell")).value().belongs_to(load_one(cert)));
    EXPECT_EQ(private_key::from_der(octets + '\0', always("bluebell")).error().code(), errc::file_malformed);
    // OpenSSL takes its time over each part of an RSA key.
    for (std::size_t size = 0; size < octets.size(); size += octets.size() < 500 ? 1 : 29)
      ASSERT_EQ(private_key::from_der(octets.substr(0, size), always("bluebell")).error().code(), errc::file_malformed)
          << size;
    EXPECT_NE(private_key::from_pem(octets).error().hint().find("-inform DER"), std::string::npos);
  }
  const test::temporary_folder folder;
  const auto dsa = (folder / "dsa.der").string();
  ASSERT_EQ(run_program({"openssl", "dsa", "-in", pki("dsa.key").string(), "-outform", "DER", "-out", dsa}).status, 0);
  EXPECT_TRUE(private_key::load(dsa).value().belongs_to(load_one("dsa.pem")));
  EXPECT_EQ(private_key::from_der(contents_of(pki("server-enc-key.der"))).error().code(), errc::password_required);
  EXPECT_EQ(private_key::from_der(contents_of(pki("server-enc-key.der")), always("foxglove")).error().code(),
            errc::wrong_password);
  EXPECT_EQ(private_key::from_der(contents_of(pki("server.key"))).error().code(), errc::file_malformed);
  EXPECT_EQ(private_key::from_der({}).error().code(), errc::file_malformed);
}

TEST_F(private_key_test, the_first_key_of_pkcs12_is_loaded) {
  EXPECT_TRUE(private_key::load(pki("chain.p12"), always("bluebell")).value().belongs_to(load_one("chain.pem")));
  EXPECT_TRUE(private_key::load(pki("chain-no-password.p12")).value().belongs_to(load_one("chain.pem")));
  EXPECT_EQ(private_key::load(pki("chain.p12")).error().code(), errc::password_required);
  const auto e = private_key::load(pki("chain.p12"), always("foxglove")).error();
  EXPECT_EQ(e.code(), errc::wrong_password);
  EXPECT_NE(e.message().find("chain.p12: "), std::string::npos) << e.message();
}

TEST_F(private_key_test, the_work_of_scrypt_is_bounded_as_well) {
  // Little memory and hours of work: N = 65536, r = 1, p = 131072.
  const std::string parameters =
      "\x30\x4b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d\x30\x3e"
      "\x30\x1d\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x04\x0b"
      "\x30\x10\x04\x01x\x02\x03\x01\x00\x00\x02\x01\x01\x02\x03\x02\x00\x00"
      "\x30\x1d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a\x04\x10"s +
      std::string(16, 'i');
  const auto der = "\x30\x5f"s + parameters + "\x04\x10" + std::string(16, 'x');
  const auto e = private_key::from_der(der, always("bluebell")).error();
  EXPECT_EQ(e.code(), errc::file_malformed);
  EXPECT_NE(e.message().find("10,000,000"), std::string::npos) << e.message();
}

TEST_F(private_key_test, an_encrypted_key_cut_off_or_altered_anywhere_is_an_error) {
  const auto made = run_program({"openssl", "pkcs8", "-topk8", "-v2", "aes-128-cbc", "-iter", "1", "-passout",
                                 "pass:bluebell", "-in", pki("server.key").string(), "-outform", "DER"});
  ASSERT_EQ(made.status, 0);
  EXPECT_TRUE(private_key::from_der(made.output, always("bluebell")).has_value());
  for (std::size_t i = 0; i < made.output.size(); ++i) {
    auto altered = made.output;
    altered[i] = static_cast<char>(altered[i] ^ (1 << i % 8));
    const auto key = private_key::from_der(altered, always("bluebell"));
    ASSERT_EQ(ERR_peek_error(), 0UL) << i;
    // Where the cipher does not notice there is another key.
    if (key) continue;
    const auto code = key.error().code();
    EXPECT_TRUE(code == errc::file_malformed || code == errc::wrong_password || code == errc::not_supported)
        << i << ' ' << key.error().message();
  }
  const auto pem = contents_of(pki("server-enc-pkcs8.key"));
  for (std::size_t size = 0; size + 2 < pem.size(); ++size)
    ASSERT_EQ(private_key::from_pem(pem.substr(0, size), always("bluebell")).error().code(), errc::file_malformed)
        << size;
}

TEST_F(private_key_test, old_encryption_is_opened_with_the_legacy_provider) {
  if (run_program({"openssl", "list", "-providers", "-provider", "legacy"}).status != 0)
    GTEST_SKIP() << "OpenSSL's legacy provider is not installed; pkcs12_test shows what happens then";
  for (const std::string kind : {"PBE-MD5-DES", "PBE-SHA1-RC2-40", "PBE-SHA1-RC4-128"}) {
    const auto made = run_program({"openssl", "pkcs8", "-topk8", "-v1", kind, "-provider", "legacy", "-provider",
                                   "default", "-passout", "pass:bluebell", "-in", pki("server.key").string()});
    ASSERT_EQ(made.status, 0) << made.output;
    EXPECT_TRUE(private_key::from_pem(made.output, always("bluebell")).value().belongs_to(load_one("server.pem")));
    EXPECT_EQ(private_key::from_pem(made.output, always("foxglove")).error().code(), errc::wrong_password) << kind;
  }
}

TEST_F(private_key_test, every_form_that_is_written_is_read_by_openssl_and_ourselves) {
  for (const std::string type : {"ec:P-384", "ec:secp256k1", "rsa:2048", "ed25519", "ed448"}) {
    SCOPED_TRACE(type);
    const auto key = private_key::generate(type).value();
    const auto shown_by_openssl = [](std::vector<std::string> options, const std::string& input) {
      options.insert(options.begin(), {"openssl", "pkey"});
      const auto out = run_program(options, input);
      EXPECT_EQ(out.status, 0) << out.output;
      return out.output;
    };
    const auto der = key.der();
    EXPECT_EQ(private_key::from_der(der).value().pem(), key.pem());
    EXPECT_EQ(shown_by_openssl({"-inform", "DER"}, std::string(byte_view(der).text())), key.pem());
    EXPECT_EQ(shown_by_openssl({"-pubout"}, key.pem()), key.public_pem());

    const auto sealed = key.encrypted_pem("blue bell").value();
    EXPECT_TRUE(sealed.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    EXPECT_EQ(private_key::from_pem(sealed, always("blue bell")).value().pem(), key.pem());
    EXPECT_EQ(private_key::from_pem(sealed, always("bluebell")).error().code(), errc::wrong_password);
    EXPECT_EQ(shown_by_openssl({"-passin", "pass:blue bell"}, sealed), key.pem());
    EXPECT_NE(key.encrypted_pem("blue bell").value(), sealed) << "a salt of its own each time";

    if (type.starts_with("ed")) {
      EXPECT_EQ(key.traditional_pem().error().code(), errc::not_supported);
      continue;
    }
    const auto traditional = key.traditional_pem().value();
    EXPECT_TRUE(traditional.starts_with(type.starts_with("ec") ? "-----BEGIN EC PRIVATE KEY-----\n"
                                                               : "-----BEGIN RSA PRIVATE KEY-----\n"))
        << traditional.substr(0, 40);
    EXPECT_EQ(private_key::from_pem(traditional).value().pem(), key.pem());
    EXPECT_EQ(shown_by_openssl({}, traditional), key.pem());
    EXPECT_EQ(shown_by_openssl({"-traditional"}, key.pem()), traditional);
  }
}

TEST_F(private_key_test, encryption_is_todays) {
  const auto sealed = private_key::generate("ec:P-256").value().encrypted_pem("bluebell").value();
  const auto shown = run_program({"openssl", "asn1parse"}, sealed);
  for (const std::string word : {"PBKDF2", ":0186A0", "hmacWithSHA256", "aes-256-cbc"})
    EXPECT_NE(shown.output.find(word), std::string::npos) << shown.output;
}

TEST_F(private_key_test, a_password_that_encrypts_nothing_is_refused) {
  const auto key = private_key::generate("ed25519").value();
  EXPECT_EQ(key.encrypted_pem("").error().code(), errc::invalid_argument);
  EXPECT_EQ(key.encrypted_pem(std::string(2 << 20, 'x')).error().code(), errc::invalid_argument);
  const auto odd = "nul \0 and \xff"s;
  EXPECT_EQ(private_key::from_pem(key.encrypted_pem(odd).value(), always(odd)).value().pem(), key.pem());
}

// In a session of its own, without a terminal to ask on and with standard input closed.
TEST_F(private_key_test, nobody_is_asked_on_a_terminal) {
  const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  const auto child =
      run_program({"setsid", "sh", "-c", "exec <&-; exec \"$@\"", "sh", self, "--gtest_also_run_disabled_tests",
                   "--gtest_filter=private_key_test.DISABLED_where_there_is_no_terminal"});
  EXPECT_EQ(child.status, 0) << child.output;
  EXPECT_NE(child.output.find("[  PASSED  ] 1 test"), std::string::npos) << child.output;
  EXPECT_EQ(child.output.find("pass phrase"), std::string::npos) << child.output;
}

// Run by the test above.
TEST_F(private_key_test, DISABLED_where_there_is_no_terminal) {
  EXPECT_LT(::open("/dev/tty", O_RDWR), 0);
  EXPECT_LT(::fcntl(0, F_GETFD), 0);
  for (const std::string file :
       {"server-enc-pkcs8.key", "server-enc-traditional.key", "server-enc-key.der", "chain.p12", "chain-3des.p12"}) {
    EXPECT_EQ(private_key::load(pki(file)).error().code(), errc::password_required) << file;
    EXPECT_EQ(private_key::load(pki(file), always("")).error().code(), errc::wrong_password) << file;
  }
}

}  // namespace
}  // namespace signet
