#include <signet/x509/certificate.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <chrono>
#include <limits>
#include <string>

#include "ossl/handles.hpp"
#include "support/crafted.hpp"
#include "support/pki.hpp"
#include "support/run_program.hpp"

namespace signet {
namespace {

using test::contents_of;
using test::crafted;
using test::pki;
using namespace std::string_literals;

class certificate_test : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0UL) << "OpenSSL's queue was left filled"; }
};

certificate load_one(const std::string& name) {
  return load_certificates(pki(name)).value().at(0);
}

// openssl x509 -in FILE -noout and what is asked for, without the "name=" before it.
std::string ask_openssl(const std::string& name, const std::vector<std::string>& options) {
  std::vector<std::string> arguments{"openssl", "x509", "-in", pki(name).string(), "-noout"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const auto answer = test::run_program(arguments);
  EXPECT_EQ(answer.status, 0) << answer.output;
  auto text = answer.output.substr(answer.output.find('=') + 1);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

void add_alternative_name(X509* x, int type, int string_type, const std::string& octets) {
  auto* names = GENERAL_NAMES_new();
  auto* entry = GENERAL_NAME_new();
  auto* value = ASN1_STRING_type_new(string_type);
  ASN1_STRING_set(value, octets.data(), static_cast<int>(octets.size()));
  GENERAL_NAME_set0_value(entry, type, value);
  sk_GENERAL_NAME_push(names, entry);
  EXPECT_EQ(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT), 1);
  GENERAL_NAMES_free(names);
}

void add_common_name(X509* x, int type, const std::string& octets) {
  X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName, type,
                             reinterpret_cast<const unsigned char*>(octets.data()), static_cast<int>(octets.size()), -1,
                             0);
}

TEST_F(certificate_test, what_it_says_is_what_openssl_says) {
  for (const std::string name :
       {"server.pem", "server-rsa.pem", "ed25519.pem", "chain.pem", "ca.pem", "expired.pem", "not-yet.pem"}) {
    SCOPED_TRACE(name);
    const auto c = load_one(name);
    EXPECT_EQ(c.subject(), ask_openssl(name, {"-subject", "-nameopt", "RFC2253"}));
    EXPECT_EQ(c.issuer(), ask_openssl(name, {"-issuer", "-nameopt", "RFC2253"}));
    auto serial = ask_openssl(name, {"-serial"});
    for (auto& digit : serial) digit = static_cast<char>(std::tolower(digit));
    EXPECT_EQ(c.serial_number(), serial);
    std::string print;
    for (const char digit : ask_openssl(name, {"-fingerprint", "-sha256"}))
      if (digit != ':') print += static_cast<char>(std::tolower(digit));
    EXPECT_EQ(to_hex(c.fingerprint_sha256()), print);
    auto begin = ask_openssl(name, {"-startdate", "-dateopt", "iso_8601"});
    auto end = ask_openssl(name, {"-enddate", "-dateopt", "iso_8601"});
    begin[10] = end[10] = 'T';
    EXPECT_EQ(to_rfc3339(c.not_before()), begin);
    EXPECT_EQ(to_rfc3339(c.not_after()), end);
  }
}

TEST_F(certificate_test, names_addresses_and_key_types_are_read) {
  const auto server = load_one("server.pem");
  EXPECT_EQ(server.subject(), "CN=server.test");
  EXPECT_EQ(server.issuer(), "CN=signet test root,O=signet tests");
  EXPECT_EQ(server.last_common_name(), "server.test");
  EXPECT_EQ(server.dns_names(), (std::vector<std::string>{"server.test", "localhost"}));
  EXPECT_EQ(server.ip_addresses(), (std::vector<std::string>{"127.0.0.1", "::1"}));
  EXPECT_EQ(server.public_key_type(), "EC P-256");
  EXPECT_FALSE(server.is_self_issued());
  EXPECT_EQ(load_one("server-rsa.pem").public_key_type(), "RSA 2048");
  EXPECT_EQ(load_one("ed25519.pem").public_key_type(), "Ed25519");
  EXPECT_EQ(load_one("weak-rsa1024.pem").public_key_type(), "RSA 1024");
  EXPECT_TRUE(load_one("ca.pem").is_self_issued());
  EXPECT_TRUE(load_one("ca.pem").dns_names().empty());
  EXPECT_EQ(load_one("wildcard.pem").dns_names(), std::vector<std::string>{"*.wild.test"});
}

TEST_F(certificate_test, encodings_go_round) {
  const auto c = load_one("server.pem");
  const auto der = contents_of(pki("server.der"));
  EXPECT_EQ(byte_view(c.der()).text(), der);
  EXPECT_EQ(certificate::from_der(der).value(), c);
  EXPECT_EQ(certificate::from_pem(c.pem()).value(), c);
  EXPECT_EQ(c.pem(), contents_of(pki("server.pem")));
  EXPECT_EQ(load_one("server.der"), c);
  EXPECT_FALSE(c == load_one("server-rsa.pem"));
}

TEST_F(certificate_test, a_subject_of_bad_will_is_harmless_and_honest_utf8_is_readable) {
  const auto c = load_one("odd-subject.pem");
  const auto subject = c.subject();
  EXPECT_NE(subject.find("O=Löwe\\, Söhne \\+ Töchter"), std::string::npos) << subject;
  EXPECT_NE(subject.find("line one\\0Aline two \\1B[31mred \\C2\\9B2J \\E2\\80\\AEgnol"), std::string::npos) << subject;
  EXPECT_NE(c.last_common_name().find("line one\\0Aline two \\1B[31mred \\C2\\9B2J"), std::string::npos)
      << c.last_common_name();
  for (const auto& text : {subject, c.issuer(), c.last_common_name()})
    for (const char octet : text) EXPECT_TRUE(static_cast<unsigned char>(octet) >= 0x20 && octet != 0x7f) << text;
}

TEST_F(certificate_test, names_with_odd_octets_cannot_be_mistaken) {
  const auto dns = [](const std::string& octets) {
    return crafted([&](X509* x) { add_alternative_name(x, GEN_DNS, V_ASN1_IA5STRING, octets); }).dns_names().at(0);
  };
  EXPECT_EQ(dns("good.test\0.evil.test"s), "good.test\\00.evil.test");
  EXPECT_EQ(dns("good.test\n"), "good.test\\0A");
  EXPECT_EQ(dns("a.test, b.test"), "a.test\\2C\\20b.test");
  EXPECT_EQ(dns("a\\00b"), "a\\5C00b");
  EXPECT_EQ(dns("l\xc3\xb6we"), "l\\C3\\B6we");
  EXPECT_EQ(dns(""), "");

  const auto ip = [](const std::string& octets) {
    return crafted([&](X509* x) { add_alternative_name(x, GEN_IPADD, V_ASN1_OCTET_STRING, octets); })
        .ip_addresses()
        .at(0);
  };
  EXPECT_EQ(ip("\x7f\0\0\1"s), "127.0.0.1");
  EXPECT_EQ(ip("\x7f\0\0"s), "malformed:7f0000");
  EXPECT_EQ(ip("\x7f\0\0\1\xff\xff\xff\xff"s), "malformed:7f000001ffffffff");

  const auto common_name = [](const std::string& octets) {
    return crafted([&](X509* x) { add_common_name(x, V_ASN1_UTF8STRING, octets); });
  };
  EXPECT_EQ(common_name("good\0evil"s).last_common_name(), "good\\00evil");
  EXPECT_EQ(common_name("good\0evil"s).subject(), "CN=good\\00evil");
  // Other types of string: one that is Latin-1 in practice, and one that is no text at all.
  const auto latin = crafted([](X509* x) { add_common_name(x, V_ASN1_T61STRING, "bad\xff"); });
  EXPECT_EQ(latin.last_common_name(), "badÿ");
  EXPECT_EQ(latin.subject(), "CN=badÿ");
  const auto bits = crafted([](X509* x) { add_common_name(x, V_ASN1_BIT_STRING, "bad\xff"); });
  EXPECT_EQ(bits.last_common_name(), "bad\\FF");
  EXPECT_EQ(bits.subject(), "CN=#030500626164FF");
}

TEST_F(certificate_test, both_common_names_are_offered_and_an_empty_subject_is_empty) {
  const auto c = crafted([](X509* x) {
    add_common_name(x, MBSTRING_UTF8, "first");
    add_common_name(x, MBSTRING_UTF8, "last");
  });
  EXPECT_EQ(c.first_common_name(), "first");
  EXPECT_EQ(c.last_common_name(), "last");
  EXPECT_EQ(c.subject(), "CN=last,CN=first");
  const auto nameless = crafted([](X509*) {});
  EXPECT_EQ(nameless.subject(), "");
  EXPECT_EQ(nameless.first_common_name(), "");
  EXPECT_EQ(nameless.last_common_name(), "");
}

TEST_F(certificate_test, a_time_that_cannot_be_read_is_valid_at_no_time) {
  const auto c = crafted([](X509* x) {
    ASN1_STRING_set(X509_getm_notBefore(x), "99bad1010000Z", 13);
    ASN1_STRING_set(X509_getm_notAfter(x), "", 0);
  });
  EXPECT_EQ(to_rfc3339(c.not_before()), "9999-12-31T23:59:59Z");
  EXPECT_EQ(to_rfc3339(c.not_after()), "0000-01-01T00:00:00Z");
}

TEST_F(certificate_test, serial_numbers_of_any_sign_and_size_are_text) {
  const auto serial = [](long value) {
    return crafted([&](X509* x) { ASN1_INTEGER_set(X509_get_serialNumber(x), value); }).serial_number();
  };
  EXPECT_EQ(serial(0), "00");
  EXPECT_EQ(serial(10), "0a");
  EXPECT_EQ(serial(255), "ff");
  EXPECT_EQ(serial(-255), "-ff");
}

TEST_F(certificate_test, versions_are_one_to_three_or_none) {
  EXPECT_EQ(load_one("server.pem").version(), 3);
  const auto version = [](long number) { return crafted([&](X509* x) { X509_set_version(x, number); }); };
  EXPECT_EQ(version(0).version(), 1);
  EXPECT_EQ(version(1).version(), 2);
  EXPECT_EQ(version(7).version(), 0);
  // No extensions are read where there are none.
  const auto first = version(0);
  EXPECT_TRUE(first.extensions().empty());
  EXPECT_TRUE(first.broken_extensions().empty());
  EXPECT_TRUE(first.alternative_names().empty());
}

TEST_F(certificate_test, key_and_signature_are_what_openssl_says) {
  for (const std::string name : {"server.pem", "server-rsa.pem", "ed25519.pem"}) {
    SCOPED_TRACE(name);
    const auto c = load_one(name);
    const auto text = test::run_program({"openssl", "x509", "-in", pki(name).string(), "-noout", "-pubkey"}).output;
    const auto der = test::run_program({"openssl", "pkey", "-pubin", "-outform", "DER"}, text).output;
    EXPECT_EQ(byte_view(c.public_key_der()).text(), der);
    std::string signature;
    const auto all = test::run_program({"openssl", "x509", "-in", pki(name).string(), "-noout", "-text"}).output;
    auto rest = all.substr(all.find("Signature Value:") + 16);
    for (const char digit : rest)
      if (std::isxdigit(static_cast<unsigned char>(digit)) != 0) signature += digit;
    EXPECT_EQ(to_hex(c.signature()), signature);
    EXPECT_NE(all.find("Signature Algorithm: " + c.signature_algorithm().name), std::string::npos);
  }
  EXPECT_EQ(load_one("server.pem").signature_algorithm(), (object_id{"1.2.840.10045.4.3.2", "ecdsa-with-SHA256"}));
}

TEST_F(certificate_test, fingerprints_by_any_digest_are_what_openssl_says) {
  const auto c = load_one("server-rsa.pem");
  for (const std::string digest : {"md5", "sha1", "ripemd160", "sha224", "sha256", "sha384", "sha512", "sha3-256",
                                   "sha3-512", "blake2b512", "blake2s256", "sm3", "SHA256"}) {
    SCOPED_TRACE(digest);
    const auto asked = test::run_program(
        {"openssl", "x509", "-in", pki("server-rsa.pem").string(), "-noout", "-fingerprint", "-" + digest});
    ASSERT_EQ(asked.status, 0) << asked.output;
    std::string print;
    for (const char digit : asked.output.substr(asked.output.find('=') + 1))
      if (std::isxdigit(static_cast<unsigned char>(digit)) != 0) print += static_cast<char>(std::tolower(digit));
    EXPECT_EQ(to_hex(c.fingerprint(digest).value()), print);
  }
  EXPECT_EQ(to_hex(c.fingerprint("sha256").value()), to_hex(c.fingerprint_sha256()));
  const auto of = [&](fingerprint_of part) { return to_hex(c.fingerprint("sha256", part).value()); };
  const auto sha256 = [](byte_view data) {
    return test::run_program({"openssl", "dgst", "-sha256", "-r"}, std::string(data.text())).output.substr(0, 64);
  };
  EXPECT_EQ(of(fingerprint_of::public_key_info), sha256(c.public_key_der()));
  // The bits of the key are what is left of the SubjectPublicKeyInfo behind its algorithm: in this one, 24 octets.
  const auto info = c.public_key_der();
  EXPECT_EQ(of(fingerprint_of::public_key), sha256(std::span(info).subspan(24)));
}

TEST_F(certificate_test, an_unknown_digest_is_an_error_that_quotes_it) {
  const auto c = load_one("server.pem");
  for (const auto& digest :
       std::vector<std::string>{"sha257", "", "md4", "whirlpool", "null", "sha256\0"s, "sha256 ", "a\nb", "-sha256"}) {
    SCOPED_TRACE(digest);
    const auto print = c.fingerprint(digest);
    ASSERT_FALSE(print.has_value());
    EXPECT_EQ(print.error().code(), errc::not_supported);
    EXPECT_EQ(print.error().message().find('\n'), std::string::npos);
  }
  EXPECT_EQ(c.fingerprint("sha257").error().message(), "\"sha257\" is not a digest that OpenSSL has here");
  EXPECT_FALSE(c.fingerprint(std::string(1 << 20, 'x')).has_value());
}

TEST_F(certificate_test, serial_numbers_of_openssl_are_read) {
  EXPECT_EQ(load_one("every-field.pem").serial_number(), "1234");
  EXPECT_EQ(load_one("nobodys-names.pem").serial_number(), "00");
  EXPECT_EQ(load_one("broken-extensions.pem").serial_number(), "-123456");
  EXPECT_EQ(load_one("huge-path-length.pem").serial_number(), "7f" + std::string(60, 'f'));
}

TEST_F(certificate_test, der_is_exactly_one_certificate) {
  const auto der = contents_of(pki("server.der"));
  const auto refused = [](const std::string& octets) {
    const auto c = certificate::from_der(octets);
    EXPECT_FALSE(c.has_value());
    EXPECT_EQ(c.error().code(), errc::file_malformed);
    return c.error().message();
  };
  EXPECT_NE(refused(der + '\0').find("1 octets after its end"), std::string::npos);
  EXPECT_NE(refused(der + der).find("after its end"), std::string::npos);
  EXPECT_NE(refused("").find("not a DER certificate"), std::string::npos);
  // The same with the outer length in an octet more than it needs: BER, not DER.
  ASSERT_EQ(der.substr(0, 2), "0\x82");
  EXPECT_NE(refused("0\x83\0"s + der.substr(2)).find("not in DER"), std::string::npos);
  // Cut anywhere, it is never a certificate.
  for (std::size_t size = 0; size < der.size(); ++size)
    EXPECT_FALSE(certificate::from_der(der.substr(0, size)).has_value());
}

TEST_F(certificate_test, pem_is_one_certificate_with_text_around_it) {
  const auto pem = contents_of(pki("server.pem"));
  EXPECT_TRUE(certificate::from_pem("subject: x\n" + pem + "that was it\n").has_value());
  EXPECT_TRUE(certificate::from_pem(contents_of(pki("combined.pem"))).has_value());
  const auto two = certificate::from_pem(pem + pem).error();
  EXPECT_EQ(two.code(), errc::file_malformed);
  EXPECT_NE(two.message().find("2 certificates"), std::string::npos);
}

TEST_F(certificate_test, lists_keep_their_order) {
  const auto chain = load_certificates(pki("chain.pem")).value();
  ASSERT_EQ(chain.size(), 2U);
  EXPECT_EQ(chain[0].last_common_name(), "server.test");
  EXPECT_EQ(chain[1].last_common_name(), "signet test intermediate");
  std::string dos;
  for (const char c : contents_of(pki("chain.pem"))) dos += c == '\n' ? "\r\n"s : std::string(1, c);
  EXPECT_EQ(parse_certificates(dos).value(), chain);
}

TEST_F(certificate_test, trusted_certificates_of_openssl_are_read) {
  const auto trusted =
      test::run_program({"openssl", "x509", "-in", pki("ca.pem").string(), "-trustout", "-addtrust", "serverAuth"});
  ASSERT_EQ(trusted.status, 0);
  ASSERT_NE(trusted.output.find("BEGIN TRUSTED CERTIFICATE"), std::string::npos);
  EXPECT_EQ(certificate::from_pem(trusted.output).value(), load_one("ca.pem"));
}

TEST_F(certificate_test, every_root_of_this_system_is_read) {
  const std::string bundle = "/etc/ssl/certs/ca-certificates.crt";
  if (::access(bundle.c_str(), R_OK) != 0) FAIL() << "there is no " << bundle;
  EXPECT_GT(load_certificates(bundle).value().size(), 50U);
}

struct bad_file {
  std::string name;
  errc code;
  std::string says;
};

TEST_F(certificate_test, a_bad_file_is_an_error_that_names_it_and_what_is_in_it) {
  const std::vector<bad_file> table{
      {"missing.pem", errc::file_not_readable, "missing.pem: cannot be read: No such file"},
      {"", errc::file_not_readable, "it is a directory"},
      {"empty.pem", errc::file_malformed, "empty.pem: holds nothing (it is empty), not a certificate"},
      {"garbage.pem", errc::file_malformed, "garbage.pem: holds text that is not PEM, not a certificate"},
      {"truncated.pem", errc::file_malformed, "truncated.pem: the PEM block at line 1 has no end"},
      {"binary.bin", errc::file_malformed, "binary.bin: holds binary data, not a certificate"},
      {"server.key", errc::file_malformed, "server.key: holds a private key, not a certificate"},
      {"public.pem", errc::file_malformed, "public.pem: holds a PEM block \"PUBLIC KEY\", not a certificate"},
      {"bundle-with-broken-entry.pem", errc::file_malformed, "bundle-with-broken-entry.pem: certificate 3 of 5 (line"},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.name);
    const auto e = load_certificates(pki(row.name)).error();
    EXPECT_EQ(e.code(), row.code);
    EXPECT_NE(e.message().find(row.says), std::string::npos) << e.message();
    EXPECT_EQ(e.message().find('\n'), std::string::npos);
  }
  const test::temporary_folder folder;
  const auto huge = folder.file("huge.pem", "");
  ASSERT_EQ(::truncate(huge.c_str(), (off_t{64} << 20) + 1), 0);
  EXPECT_EQ(load_certificates(huge).error().code(), errc::file_too_large);
  ASSERT_EQ(::truncate(huge.c_str(), off_t{32} << 20), 0);
  EXPECT_EQ(load_certificates(huge).error().code(), errc::file_malformed);
}

TEST_F(certificate_test, a_list_is_never_shorter_than_its_author_meant_it) {
  const auto pem = contents_of(pki("ca.pem"));
  EXPECT_FALSE(parse_certificates(pem + pem.substr(0, pem.size() / 2)).has_value());
  EXPECT_FALSE(parse_certificates(pem + "-----BEGIN CERTIFICATE----\n").has_value());
  auto altered = pem;
  altered[100] = '!';
  const auto e = parse_certificates(pem + altered + pem).error();
  EXPECT_NE(e.message().find("certificate 2 of 3"), std::string::npos) << e.message();
  EXPECT_NE(e.message().find("base64"), std::string::npos) << e.message();
}

TEST_F(certificate_test, a_cut_or_altered_file_never_crashes) {
  const auto pem = contents_of(pki("server.pem"));
  for (std::size_t size = 0; size + 2 < pem.size(); ++size)
    EXPECT_FALSE(certificate::from_pem(pem.substr(0, size)).has_value());
  const auto der = contents_of(pki("server.der"));
  for (std::size_t at = 0; at < der.size(); ++at) {
    auto altered = der;
    altered[at] = static_cast<char>(altered[at] ^ 0x81);
    const auto c = certificate::from_der(altered);
    if (!c) continue;
    (void)c->subject();
    (void)c->dns_names();
    (void)c->ip_addresses();
    (void)c->public_key_type();
    (void)to_rfc3339(c->not_after());
    EXPECT_EQ(byte_view(c->der()).text(), altered);
  }
}

TEST(to_rfc3339, tells_any_time) {
  using namespace std::chrono;
  const auto at = [](std::int64_t seconds) { return to_rfc3339(sys_seconds(std::chrono::seconds(seconds))); };
  EXPECT_EQ(at(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(at(-1), "1969-12-31T23:59:59Z");
  EXPECT_EQ(to_rfc3339(sys_days(2026y / 11 / 21) + 8h), "2026-11-21T08:00:00Z");
  EXPECT_EQ(to_rfc3339(sys_days(2000y / 2 / 29) + 23h + 59min + 59s), "2000-02-29T23:59:59Z");
  EXPECT_EQ(to_rfc3339(sys_days(1900y / 3 / 1)), "1900-03-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(sys_days(2100y / 2 / 28) + days(1)), "2100-03-01T00:00:00Z");
  EXPECT_EQ(at(253402300799), "9999-12-31T23:59:59Z");
  EXPECT_EQ(at(253402300800), "10000-01-01T00:00:00Z");
  EXPECT_EQ(at(-62167219200), "0000-01-01T00:00:00Z");
  EXPECT_EQ(at(-62167219201), "-0001-12-31T23:59:59Z");
  EXPECT_EQ(at(std::numeric_limits<std::int64_t>::max()), "292277026596-12-04T15:30:07Z");
  EXPECT_EQ(at(std::numeric_limits<std::int64_t>::min()), "-292277022657-01-27T08:29:52Z");
  // Every day of four centuries, against the calendar of the standard library.
  for (auto day = sys_days(1800y / 1 / 1); day < sys_days(2200y / 1 / 1); day += days(1)) {
    const year_month_day expected(day);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT00:00:00Z", static_cast<int>(expected.year()),
                  static_cast<unsigned>(expected.month()), static_cast<unsigned>(expected.day()));
    ASSERT_EQ(to_rfc3339(day), text.data());
  }
}

TEST(to_hex, is_two_lower_case_digits_an_octet) {
  EXPECT_EQ(to_hex(""), "");
  EXPECT_EQ(to_hex("\x00\x0f\xf0\xff"s), "000ff0ff");
}

}  // namespace
}  // namespace signet
