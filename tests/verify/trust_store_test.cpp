#include <signet/verify/trust_store.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "support/pki.hpp"
#include "support/run_program.hpp"
#include "verify/anchors.hpp"
#include "verify/name_match.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

using test::contents_of;
using test::pki;

TEST(trust_store, of_a_file_says_what_it_is) {
  const auto store = trust_store::pem_file(pki("ca.pem")).value();
  EXPECT_EQ(store.size(), 1U);
  EXPECT_FALSE(store.contains_system());
  EXPECT_EQ(store.description(), pki("ca.pem").string() + ", 1 certificate");
  EXPECT_EQ(trust_store::none().description(), "nobody");
  EXPECT_EQ((store + trust_store::of(load_certificates(pki("other-ca.pem")).value())).description(),
            pki("ca.pem").string() + ", 1 certificate + memory, 1 certificate");
  EXPECT_EQ((store + store).size(), 2U);
}

TEST(trust_store, that_a_user_names_is_read_whole_or_not_at_all) {
  EXPECT_EQ(trust_store::pem_file(pki("missing.pem")).error().code(), errc::file_not_readable);
  EXPECT_EQ(trust_store::pem_file(pki("")).error().code(), errc::file_not_readable);
  EXPECT_EQ(trust_store::pem_file(pki("empty.pem")).error().code(), errc::file_malformed);
  EXPECT_EQ(trust_store::pem_file(pki("garbage.pem")).error().code(), errc::file_malformed);
  EXPECT_EQ(trust_store::pem_file(pki("binary.bin")).error().code(), errc::file_malformed);
  const auto broken = trust_store::pem_file(pki("bundle-with-broken-entry.pem"));
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code(), errc::file_malformed);
  EXPECT_NE(broken.error().message().find('3'), std::string::npos) << broken.error().message();
}

TEST(trust_store, of_a_folder_holds_its_certificates_once) {
  test::temporary_folder folder;
  folder.file("one.pem", contents_of(pki("ca.pem")));
  folder.file("12345678.0", contents_of(pki("ca.pem")));
  folder.file("two.crt", contents_of(pki("other-ca.pem")));
  folder.file("notes.txt", "no certificate");
  EXPECT_EQ(trust_store::directory(folder / "").value().size(), 2U);
  folder.file("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  EXPECT_EQ(trust_store::directory(folder / "").error().code(), errc::file_malformed);
  EXPECT_EQ(trust_store::directory(folder / "none").error().code(), errc::file_not_readable);
  test::temporary_folder empty;
  EXPECT_EQ(trust_store::directory(empty / "").error().code(), errc::file_malformed);
}

TEST(trust_store, of_the_system_is_made_once_and_shared) {
  EXPECT_EQ(&trust_store::system().get(), &trust_store::system().get());
  EXPECT_TRUE(trust_store::system().contains_system());
  EXPECT_TRUE(trust_store::system().description().starts_with("system ("));
  // scripts/deps installs ca-certificates.
  EXPECT_GT(trust_store::system().size(), 100U);
  EXPECT_EQ(trust_store::system().skipped(), 0U);
}

TEST(trust_store, of_the_system_holds_what_openssl_reads_there) {
  const auto text = contents_of("/etc/ssl/certs/ca-certificates.crt");
  const indexed_bundle bundle(text);
  const auto all = parse_certificates(text).value();
  EXPECT_EQ(bundle.size(), all.size());
  EXPECT_EQ(bundle.all(), all);
  for (const auto& c : all) {
    std::vector<certificate> found;
    bundle.find(X509_get_subject_name(raw(c)), found);
    EXPECT_NE(std::ranges::find(found, c), found.end()) << c.subject();
  }
}

TEST(indexed_bundle, skips_what_is_broken_and_counts_it) {
  const indexed_bundle bundle(
      "a comment\n" + contents_of(pki("bundle-with-broken-entry.pem")) +
      "-----BEGIN CERTIFICATE-----\nnot base64 at all!\n-----END CERTIFICATE-----\n"
      "-----BEGIN CERTIFICATE-----\nAAAA\n" +
      contents_of(pki("wrong-name.pem")) +
      "-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----\n"
      "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nAAAA");
  // Four good ones of five, and the one after the frame that does not close.
  EXPECT_EQ(bundle.size(), 5U);
  EXPECT_EQ(bundle.skipped(), 5U);
  EXPECT_EQ(bundle.all().size(), 5U);
}

TEST(indexed_bundle, counts_what_stands_there_twice_once) {
  const auto once = contents_of(pki("chain.pem"));
  const indexed_bundle bundle(once + once + contents_of(pki("ca-twin.pem")) + contents_of(pki("ca.pem")));
  EXPECT_EQ(bundle.size(), 4U) << "two roots of one name are two";
  EXPECT_EQ(bundle.skipped(), 0U);
}

TEST(indexed_bundle, survives_any_prefix_of_itself) {
  const auto text = contents_of(pki("chain.pem"));
  for (std::size_t n = 0; n < text.size(); n += 5) {
    const indexed_bundle bundle(text.substr(0, n));
    EXPECT_LE(bundle.size(), 2U);
  }
}

TEST(indexed_bundle, gives_the_same_to_many_threads) {
  const indexed_bundle bundle(contents_of("/etc/ssl/certs/ca-certificates.crt"));
  const auto wanted = parse_certificates(contents_of("/etc/ssl/certs/ca-certificates.crt")).value();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (const auto& c : wanted) {
        std::vector<certificate> found;
        bundle.find(X509_get_subject_name(raw(c)), found);
        EXPECT_FALSE(found.empty());
      }
    });
  for (auto& t : threads) t.join();
}

// X509_NAME_cmp folds case and blanks and the string type; whatever it calls equal has to have one hash.
TEST(name_hash, is_equal_where_names_are) {
  const auto name_of = [](int type, const char* o, const char* cn) {
    ossl::x509_name_ptr name(X509_NAME_new());
    const auto add = [&](const char* field, const char* text) {
      X509_NAME_add_entry_by_txt(name.get(), field, type, reinterpret_cast<const unsigned char*>(text), -1, -1, 0);
    };
    add("O", o);
    add("CN", cn);
    return name;
  };
  const auto reference = name_of(V_ASN1_UTF8STRING, "Example Corp", "Root 1");
  for (const auto& [type, o, cn] : {std::tuple{V_ASN1_PRINTABLESTRING, "EXAMPLE  corp", "root 1"},
                                    {V_ASN1_UTF8STRING, " example corp ", "ROOT 1"},
                                    {V_ASN1_T61STRING, "Example Corp", "Root   1"}}) {
    const auto other = name_of(type, o, cn);
    ASSERT_EQ(X509_NAME_cmp(reference.get(), other.get()), 0) << o;
    EXPECT_EQ(name_hash(reference.get()), name_hash(other.get())) << o;
  }
  // The same in 16-bit characters: MBSTRING_ASC asks for BMPString through the mask.
  ossl::x509_name_ptr wide(X509_NAME_new());
  for (const auto& [field, text] : {std::pair{"O", std::string("\0E\0x\0a\0m\0p\0l\0e\0 \0C\0o\0r\0p", 24)},
                                    {"CN", std::string("\0R\0o\0o\0t\0 \0001", 12)}})
    X509_NAME_add_entry_by_txt(wide.get(), field, V_ASN1_BMPSTRING, reinterpret_cast<const unsigned char*>(text.data()),
                               static_cast<int>(text.size()), -1, 0);
  ASSERT_EQ(X509_NAME_cmp(reference.get(), wide.get()), 0);
  EXPECT_EQ(name_hash(reference.get()), name_hash(wide.get()));
  EXPECT_NE(name_hash(reference.get()), name_hash(name_of(V_ASN1_UTF8STRING, "Example Corp", "Root 2").get()));
}

TEST(dns_entry, matches_as_rfc_9525_says) {
  for (const auto& [entry, name, wanted] : {
           std::tuple{"example.org", "example.org", true},
           {"EXAMPLE.org", "example.org", true},
           {"example.org.", "example.org", true},
           {"example.org", "www.example.org", false},
           {"*.example.org", "www.example.org", true},
           {"*.example.org", "a.b.example.org", false},
           {"*.example.org", "example.org", false},
           {"*.example.org", ".example.org", false},
           {"w*.example.org", "www.example.org", false},
           {"*w.example.org", "www.example.org", false},
           {"www.*.org", "www.example.org", false},
           {"*.*.org", "www.example.org", false},
           {"*", "org", false},
           {"*.org", "example.org", false},
           {"*.co.uk", "example.co.uk", false},
           {"*.CO.uk", "example.co.uk", false},
           {"*.localdomain", "a.localdomain", false},
           {"*.xn--lwe-sna.test", "www.xn--lwe-sna.test", true},
           {"", "example.org", false},
           {".", "example.org", false},
           {"..", "example.org", false},
           {"*.", "example.org", false},
           {" example.org", "example.org", false},
       })
    EXPECT_EQ(dns_entry_matches(entry, name), wanted) << entry << " " << name;
  EXPECT_FALSE(dns_entry_matches(std::string_view("example.org\0.evil.test", 22), "example.org"));
  EXPECT_FALSE(dns_entry_matches(std::string_view("example.org\0", 12), "example.org"));
}

}  // namespace
}  // namespace signet
