#include <signet/x509/crl.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "support/pki.hpp"
#include "support/run_program.hpp"
#include "x509/crl_impl.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

using test::contents_of;
using test::load_identity;
using test::pki;

class crl_test : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0UL) << "OpenSSL's queue was left filled"; }
};

certificate load_certificate(const std::string& stem) {
  return load_certificates(pki(stem + ".pem")).value().at(0);
}
crl load_list(const std::string& stem) {
  return load_crls(pki(stem + ".pem")).value().at(0);
}

std::string ask_openssl(const std::string& stem, const std::string& what) {
  const auto answer =
      test::run_program({"openssl", "crl", "-in", pki(stem + ".pem").string(), "-noout", what, "-nameopt", "RFC2253"});
  EXPECT_EQ(answer.status, 0) << answer.output;
  auto text = answer.output.substr(answer.output.find('=') + 1);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// Lists as only a program of bad will makes them, of the test's root.
class crafted {
 public:
  crafted() : ca_(load_identity("ca")), list_(X509_CRL_new()) {
    X509_CRL_set_version(list_.get(), X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list_.get(), X509_get_subject_name(raw(ca_.leaf())));
    const ossl::handle<ASN1_TIME, ASN1_TIME_free> now(ASN1_TIME_set(nullptr, 1600000000));
    X509_CRL_set1_lastUpdate(list_.get(), now.get());
  }

  X509_CRL* list() { return list_.get(); }

  X509_REVOKED* add(const ASN1_INTEGER* serial, const char* date = "20200101000000Z") {
    auto* entry = X509_REVOKED_new();
    const ossl::handle<ASN1_INTEGER, ASN1_INTEGER_free> number(ASN1_INTEGER_dup(serial));
    const ossl::handle<ASN1_TIME, ASN1_TIME_free> when(ASN1_TIME_new());
    when->type = V_ASN1_GENERALIZEDTIME;
    ASN1_STRING_set(when.get(), date, -1);
    X509_REVOKED_set_serialNumber(entry, number.get());
    X509_REVOKED_set_revocationDate(entry, when.get());
    X509_CRL_add0_revoked(list_.get(), entry);
    return entry;
  }
  X509_REVOKED* add(long serial, const char* date = "20200101000000Z") {
    const ossl::handle<ASN1_INTEGER, ASN1_INTEGER_free> number(ASN1_INTEGER_new());
    ASN1_INTEGER_set(number.get(), serial);
    return add(number.get(), date);
  }
  // An extension with this DER.
  static ossl::x509_extension_ptr extension(const char* oid, const std::string& der, int critical = 0) {
    const ossl::handle<ASN1_OBJECT, ASN1_OBJECT_free> object(OBJ_txt2obj(oid, 1));
    const ossl::handle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value(ASN1_OCTET_STRING_new());
    ASN1_STRING_set(value.get(), der.data(), static_cast<int>(der.size()));
    return ossl::x509_extension_ptr(X509_EXTENSION_create_by_OBJ(nullptr, object.get(), critical, value.get()));
  }
  static void extend(X509_REVOKED* entry, const char* oid, const std::string& der, int critical = 0) {
    EXPECT_EQ(X509_REVOKED_add_ext(entry, extension(oid, der, critical).get(), -1), 1);
  }
  void extend(const char* oid, const std::string& der, int critical = 0) {
    EXPECT_EQ(X509_CRL_add_ext(list_.get(), extension(oid, der, critical).get(), -1), 1);
  }
  static void name_issuer(X509_REVOKED* entry, const X509_NAME* issuer) {
    const ossl::general_names_ptr names(GENERAL_NAMES_new());
    auto* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, GEN_DIRNAME, X509_NAME_dup(issuer));
    sk_GENERAL_NAME_push(names.get(), name);
    EXPECT_EQ(X509_REVOKED_add1_ext_i2d(entry, NID_certificate_issuer, names.get(), 1, X509V3_ADD_DEFAULT), 1);
  }

  std::string der() {
    EXPECT_GT(X509_CRL_sign(list_.get(), raw(ca_.key()), EVP_sha256()), 0);
    unsigned char* octets = nullptr;
    const int size = i2d_X509_CRL(list_.get(), &octets);
    std::string out(reinterpret_cast<char*>(octets), static_cast<std::size_t>(size));
    OPENSSL_free(octets);
    return out;
  }
  result<crl> read() { return crl::from_der(der()); }

 private:
  identity ca_;
  crl_impl::list_ptr list_;
};

constexpr const char* reason_oid = "2.5.29.21";
constexpr const char* invalidity_oid = "2.5.29.24";
constexpr const char* issuer_oid = "2.5.29.29";
constexpr const char* number_oid = "2.5.29.20";
constexpr const char* delta_oid = "2.5.29.27";
constexpr const char* scope_oid = "2.5.29.28";
constexpr const char* key_id_oid = "2.5.29.35";

std::string message_of(const result<crl>& made) {
  if (made) return "no error";
  EXPECT_EQ(made.error().code(), errc::file_malformed);
  return made.error().message();
}

TEST_F(crl_test, what_it_says_is_what_openssl_says) {
  for (const std::string stem : {"crl-v2", "crl-v1", "crl-numbered", "crl-delta"}) {
    SCOPED_TRACE(stem);
    const auto list = load_list(stem);
    EXPECT_EQ(list.issuer(), ask_openssl(stem, "-issuer"));
    EXPECT_EQ(list.issuer_name().text(), list.issuer());
    EXPECT_EQ(to_rfc3339(list.this_update()), "2020-07-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339(list.next_update().value()), "2020-07-08T00:00:00Z");
    EXPECT_EQ(list.signature_algorithm(), "ecdsa-with-SHA256");
  }
  EXPECT_EQ(load_list("crl-numbered").number(), "1f");
  EXPECT_EQ(ask_openssl("crl-numbered", "-crlnumber"), "0x1F");
  EXPECT_EQ(load_list("crl-v2").number(), "");
}

TEST_F(crl_test, entries_hold_serial_number_date_reason_and_invalidity) {
  struct expected {
    std::string stem, revoked_at;
    revocation_reason reason;
    std::string invalid_since;
  };
  const std::vector<expected> all = {
      {"server-rsa", "2020-06-15T12:00:00Z", revocation_reason::key_compromise, "2020-06-10T08:00:00Z"},
      {"expired", "2020-06-16T12:00:00Z", revocation_reason::superseded, ""},
      {"wildcard", "2020-06-17T12:00:00Z", revocation_reason::certificate_hold, ""},
      {"client", "2020-06-18T12:00:00Z", revocation_reason::unspecified, ""},
  };
  const auto list = load_list("crl-v2");
  EXPECT_EQ(list.size(), all.size());
  const auto entries = list.entries();
  for (const auto& e : all) {
    SCOPED_TRACE(e.stem);
    const auto cert = load_certificate(e.stem);
    const auto found = list.find(cert);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->serial_number, cert.serial_number());
    EXPECT_EQ(to_rfc3339(found->revoked_at), e.revoked_at);
    EXPECT_EQ(found->reason, e.reason);
    EXPECT_EQ(found->invalid_since ? to_rfc3339(*found->invalid_since) : "", e.invalid_since);
    EXPECT_EQ(found->issuer, "");
    EXPECT_NE(std::ranges::find(entries, *found), entries.end());
  }
  EXPECT_FALSE(list.find(load_certificate("server")).has_value());
  EXPECT_FALSE(load_list("crl-empty").find(load_certificate("client")).has_value());
  EXPECT_TRUE(load_list("crl-empty").entries().empty());
}

TEST_F(crl_test, lists_that_gnutls_makes_are_read) {
  const test::temporary_folder folder;
  const auto template_file = folder.file("template", "crl_number = 300\ncrl_next_update = 43\n");
  const auto file = folder / "list.pem";
  const auto made =
      test::run_program({"certtool", "--generate-crl", "--load-ca-privkey", pki("ca.key").string(),
                         "--load-ca-certificate", pki("ca.pem").string(), "--load-certificate",
                         pki("client.pem").string(), "--template", template_file.string(), "--outfile", file.string()});
  ASSERT_EQ(made.status, 0) << made.output;
  const auto list = load_crls(file).value().at(0);
  EXPECT_EQ(list.number(), "012c");
  EXPECT_EQ(list.next_update().value() - list.this_update(), std::chrono::days(43));
  EXPECT_TRUE(list.is_signed_by(load_certificate("ca")));
  EXPECT_TRUE(list.find(load_certificate("client")).has_value());
  EXPECT_FALSE(list.find(load_certificate("server")).has_value());
}

TEST_F(crl_test, pem_and_der_are_the_same_list) {
  const auto text = contents_of(pki("crl-v2.pem"));
  const auto der = contents_of(pki("crl-v2.der"));
  const auto from_pem = crl::from_pem(text).value();
  const auto from_der = crl::from_der(der).value();
  EXPECT_EQ(byte_view(from_pem.der()).text(), der);
  EXPECT_EQ(from_der.pem(), text);
  EXPECT_EQ(from_der.entries(), from_pem.entries());
  EXPECT_EQ(load_crls(pki("crl-v2.der")).value().size(), 1U);
  const auto digest = test::run_program({"openssl", "dgst", "-sha256", "-r", pki("crl-v2.der").string()}).output;
  EXPECT_EQ(to_hex(from_pem.fingerprint_sha256()), digest.substr(0, 64));
}

TEST_F(crl_test, looking_up_leaves_order_and_encoding_alone) {
  crafted c;
  for (const long serial : {7, 3, 9, 1}) c.add(serial);
  const auto der = c.der();
  const auto list = crl::from_der(der).value();
  EXPECT_FALSE(list.find(load_certificate("server")).has_value());
  std::string order;
  for (const auto& e : list.entries()) order += e.serial_number + ' ';
  EXPECT_EQ(order, "07 03 09 01 ");
  EXPECT_EQ(byte_view(list.der()).text(), der);
}

TEST_F(crl_test, several_lists_of_a_file_are_read_in_order) {
  const auto all = load_crls(pki("crl-bundle.pem")).value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_FALSE(all[0].is_delta());
  EXPECT_TRUE(all[1].is_delta());
  EXPECT_NE(message_of(crl::from_pem(contents_of(pki("crl-bundle.pem")))).find("2 revocation lists where one"),
            std::string::npos);
}

TEST_F(crl_test, a_broken_list_in_a_file_is_named) {
  const auto broken = load_crls(pki("crl-bundle-with-broken-entry.pem"));
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().code(), errc::file_malformed);
  EXPECT_NE(broken.error().message().find("revocation list 2 of 3 (line "), std::string::npos)
      << broken.error().message();
  EXPECT_NE(broken.error().message().find("crl-bundle-with-broken-entry.pem"), std::string::npos);
}

TEST_F(crl_test, files_that_hold_no_list_say_what_they_hold) {
  const std::vector<std::pair<std::string, std::string>> table = {{"empty.pem", "nothing (it is empty)"},
                                                                  {"garbage.pem", "text that is not PEM"},
                                                                  {"server.pem", "a certificate"},
                                                                  {"binary.bin", "binary data"},
                                                                  {"server.der", "not a DER revocation list"},
                                                                  {"server.key", "a private key"}};
  for (const auto& [file, says] : table) {
    SCOPED_TRACE(file);
    const auto made = load_crls(pki(file));
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code(), errc::file_malformed);
    EXPECT_NE(made.error().message().find(says), std::string::npos) << made.error().message();
  }
  EXPECT_EQ(load_crls(pki("no-such-file")).error().code(), errc::file_not_readable);
  EXPECT_NE(crl::from_pem(contents_of(pki("crl-v2.der"))).error().hint().find("-inform DER"), std::string::npos);
}

TEST_F(crl_test, each_truncation_and_an_octet_too_many_is_an_error) {
  const auto der = contents_of(pki("crl-v2.der"));
  for (std::size_t size = 0; size < der.size(); ++size)
    EXPECT_FALSE(crl::from_der(byte_view(der.substr(0, size))).has_value()) << size;
  EXPECT_NE(message_of(crl::from_der(der + '\0')).find("1 octets after its end"), std::string::npos);
  const auto text = contents_of(pki("crl-v2.pem"));
  EXPECT_FALSE(crl::from_pem(text.substr(0, text.size() / 2)).has_value());
}

TEST_F(crl_test, what_is_not_der_is_refused) {
  // The outer length in a longer form than it needs.
  const auto der = contents_of(pki("crl-v2.der"));
  ASSERT_EQ(der.substr(0, 2), "\x30\x82");
  EXPECT_NE(message_of(crl::from_der("\x30\x83" + std::string(1, '\0') + der.substr(2))).find("is not in DER"),
            std::string::npos);
}

TEST_F(crl_test, two_signature_algorithms_are_one_too_many) {
  auto der = crafted().der();
  // ecdsa-with-SHA256 stands inside and outside; the last of the two becomes ecdsa-with-SHA384.
  const std::string oid = "\x2a\x86\x48\xce\x3d\x04\x03\x02";
  const auto at = der.rfind(oid);
  ASSERT_NE(der.find(oid), at);
  der[at + oid.size() - 1] = 3;
  EXPECT_NE(message_of(crl::from_der(der)).find("two signature algorithms"), std::string::npos);
}

TEST_F(crl_test, what_cannot_be_read_is_named_by_its_place) {
  struct broken {
    const char* what;
    std::function<void(crafted&)> spoil;
    std::string says;
  };
  const std::vector<broken> table = {
      {"version", [](auto& c) { X509_CRL_set_version(c.list(), 2); }, "unknown version"},
      {"date", [](auto& c) { c.add(2, "yesterday"); }, "broken date in entry 2"},
      {"reason", [](auto& c) { crafted::extend(c.add(2), reason_oid, "\x04\x01\x01"); }, "broken reason in entry 2"},
      {"reason twice",
       [](auto& c) {
         auto* entry = c.add(2);
         crafted::extend(entry, reason_oid, "\x0a\x01\x01");
         crafted::extend(entry, reason_oid, "\x0a\x01\x04");
       },
       "broken reason in entry 2"},
      {"invalidity date", [](auto& c) { crafted::extend(c.add(2), invalidity_oid, "\x18\x03\x61\x62\x63"); },
       "broken invalidity date in entry 2"},
      {"issuer", [](auto& c) { crafted::extend(c.add(2), issuer_oid, "\x05"); }, "broken issuer in entry 2"},
      {"number", [](auto& c) { c.extend(number_oid, "\x04\x01\x01"); }, "broken number"},
      {"delta", [](auto& c) { c.extend(delta_oid, "x"); }, "broken delta"},
      {"scope", [](auto& c) { c.extend(scope_oid, "x"); }, "broken scope"},
      {"key id", [](auto& c) { c.extend(key_id_oid, "x"); }, "broken authority key identifier"},
      {"this update",
       [](auto& c) {
         const ossl::handle<ASN1_TIME, ASN1_TIME_free> time(ASN1_TIME_new());
         time->type = V_ASN1_UTCTIME;
         ASN1_STRING_set(time.get(), "now", -1);
         X509_CRL_set1_lastUpdate(c.list(), time.get());
       },
       "broken date"},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.what);
    crafted c;
    c.add(1);
    row.spoil(c);
    const auto message = message_of(c.read());
    EXPECT_NE(message.find(row.says), std::string::npos) << message;
  }
}

TEST_F(crl_test, without_a_next_update_there_is_none) {
  const auto list = crafted().read().value();
  EXPECT_FALSE(list.next_update().has_value());
  EXPECT_EQ(list.size(), 0U);
}

TEST_F(crl_test, reasons_have_the_names_and_numbers_of_rfc_5280) {
  const std::vector<std::pair<int, std::string_view>> table = {
      {0, "unspecified"},   {1, "keyCompromise"},        {2, "cACompromise"},    {3, "affiliationChanged"},
      {4, "superseded"},    {5, "cessationOfOperation"}, {6, "certificateHold"}, {7, "unspecified"},
      {8, "removeFromCRL"}, {9, "privilegeWithdrawn"},   {10, "aACompromise"},   {11, "unspecified"},
      {127, "unspecified"}};
  for (const auto& [number, text] : table) {
    crafted c;
    crafted::extend(c.add(1), reason_oid, std::string("\x0a\x01") + static_cast<char>(number));
    EXPECT_EQ(name(c.read().value().entries().at(0).reason), text) << number;
  }
  EXPECT_EQ(name(static_cast<revocation_reason>(200)), "unspecified");
}

TEST_F(crl_test, the_issuer_is_compared_and_not_only_the_number) {
  const auto client = load_certificate("client");
  // Another CA's list with the same serial number.
  crafted c;
  X509_CRL_set_issuer_name(c.list(), X509_get_subject_name(raw(load_certificate("other-ca"))));
  c.add(X509_get0_serialNumber(raw(client)));
  const auto list = c.read().value();
  EXPECT_EQ(list.entries().at(0).serial_number, client.serial_number());
  EXPECT_FALSE(list.find(client).has_value());
}

TEST_F(crl_test, delta_lists_take_certificates_back) {
  EXPECT_FALSE(load_list("crl-v2").is_delta());
  const auto delta = load_list("crl-delta");
  EXPECT_TRUE(delta.is_delta());
  EXPECT_EQ(delta.find(load_certificate("wildcard")).value().reason, revocation_reason::remove_from_crl);
}

TEST_F(crl_test, of_two_entries_the_worse_counts) {
  const auto client = load_certificate("client");
  for (const bool is_removal_first : {true, false}) {
    crafted c;
    for (const bool is_removal : {is_removal_first, !is_removal_first})
      crafted::extend(c.add(X509_get0_serialNumber(raw(client))), reason_oid,
                      is_removal ? "\x0a\x01\x08" : "\x0a\x01\x01");
    EXPECT_EQ(c.read().value().find(client).value().reason, revocation_reason::key_compromise);
  }
}

TEST_F(crl_test, indirect_lists_speak_for_other_issuers) {
  EXPECT_TRUE(load_list("crl-indirect").is_indirect());
  EXPECT_FALSE(load_list("crl-v2").is_indirect());

  const auto ours = load_certificate("client");
  const auto theirs = load_certificate("client-wrong-ca");
  const auto other_ca = load_certificate("other-ca");
  crafted c;
  c.add(X509_get0_serialNumber(raw(ours)));
  crafted::name_issuer(c.add(1), X509_get_subject_name(raw(other_ca)));
  // The issuer goes on for the entries that follow.
  c.add(X509_get0_serialNumber(raw(theirs)));
  const auto list = c.read().value();
  EXPECT_TRUE(list.is_indirect());
  EXPECT_TRUE(list.unknown_critical_extensions().empty());
  EXPECT_EQ(list.find(ours).value().issuer, "");
  EXPECT_EQ(list.find(theirs).value().issuer, other_ca.subject());
  EXPECT_EQ(list.entries().at(2).issuer, other_ca.subject());

  crafted foreign;
  crafted::name_issuer(foreign.add(X509_get0_serialNumber(raw(ours))), X509_get_subject_name(raw(other_ca)));
  EXPECT_FALSE(foreign.read().value().find(ours).has_value());
}

TEST_F(crl_test, unknown_critical_extensions_are_told) {
  const auto list = load_list("crl-critical");
  ASSERT_EQ(list.unknown_critical_extensions().size(), 1U);
  EXPECT_EQ(list.unknown_critical_extensions()[0].oid, "1.2.3.4");
  ASSERT_EQ(list.extensions().size(), 2U);
  EXPECT_EQ(list.extensions()[0].id.oid, key_id_oid);
  EXPECT_TRUE(list.extensions()[1].is_critical);
  for (const std::string stem : {"crl-v1", "crl-v2", "crl-delta", "crl-indirect"})
    EXPECT_TRUE(load_list(stem).unknown_critical_extensions().empty()) << stem;

  crafted c;
  crafted::extend(c.add(1), "1.2.3.5", "\x05" + std::string(1, '\0'), 1);
  crafted::extend(c.add(2), "1.2.3.5", "\x05" + std::string(1, '\0'), 1);
  crafted::extend(c.add(3), "1.2.3.6", "\x05" + std::string(1, '\0'));
  const auto in_entries = c.read().value().unknown_critical_extensions();
  ASSERT_EQ(in_entries.size(), 1U);
  EXPECT_EQ(in_entries[0].oid, "1.2.3.5");
}

TEST_F(crl_test, a_signature_needs_key_name_and_permission) {
  struct row {
    std::string list, issuer;
    bool is_signed;
  };
  const std::vector<row> table = {{"crl-v2", "ca", true},
                                  {"crl-v1", "ca", true},
                                  {"crl-v2", "ca-v1", true},
                                  {"crl-v2", "other-ca", false},
                                  {"crl-v2", "ca-twin", false},
                                  {"crl-twin", "ca-twin", true},
                                  {"crl-twin", "ca", false},
                                  {"crl-v2", "ca-signs-no-lists", false},
                                  {"crl-v2", "intermediate", false},
                                  {"crl-v2", "server", false}};
  for (const auto& r : table)
    EXPECT_EQ(load_list(r.list).is_signed_by(load_certificate(r.issuer)), r.is_signed) << r.list << " by " << r.issuer;

  // The root's key under another name.
  crafted c;
  X509_CRL_set_issuer_name(c.list(), X509_get_subject_name(raw(load_certificate("other-ca"))));
  EXPECT_FALSE(c.read().value().is_signed_by(load_certificate("ca")));

  auto der = contents_of(pki("crl-v2.der"));
  der.back() = static_cast<char>(der.back() ^ 1);
  const auto altered = crl::from_der(der);
  EXPECT_TRUE(!altered || !altered->is_signed_by(load_certificate("ca")));
}

TEST_F(crl_test, large_lists_are_searched_quickly_and_by_many_threads) {
  constexpr long count = 100000;
  const auto client = load_certificate("client");
  crafted c;
  for (long i = count; i > 0; --i) c.add(i * 7);
  c.add(X509_get0_serialNumber(raw(client)));
  const auto list = c.read().value();
  EXPECT_EQ(list.size(), static_cast<std::size_t>(count + 1));
  EXPECT_EQ(list.entries().front().serial_number, "0aae60");

  // One walk through the list a question would be 2 * 10^9 steps.
  constexpr int questions = 20000;
  const auto server = load_certificate("server");
  const auto ask = [&] {
    int found = 0;
    for (int i = 0; i < questions; ++i) found += list.find(i % 2 == 0 ? client : server).has_value() ? 1 : 0;
    EXPECT_EQ(found, questions / 2);
  };
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(ask);
  for (auto& t : threads) t.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

}  // namespace
}  // namespace signet
