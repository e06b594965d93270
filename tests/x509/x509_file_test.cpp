#include <signet/verify/trust_store.hpp>
#include <signet/x509/pkcs7.hpp>
#include <signet/x509/x509_file.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/pki.hpp"
#include "support/run_program.hpp"

namespace signet {
namespace {

using test::contents_of;
using test::pki;
using test::run_program;

class x509_file_test : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0UL) << "OpenSSL's queue was left filled"; }
  const test::temporary_folder folder_{};

  // A request and a revocation list, in PEM or DER.
  std::string request(const std::string& form = "PEM") const {
    const auto out = (folder_ / "request").string();
    const auto made = run_program({"openssl", "req", "-new", "-key", pki("server.key").string(), "-subj",
                                   "/CN=asked.test", "-outform", form, "-out", out});
    EXPECT_EQ(made.status, 0) << made.output;
    return contents_of(out);
  }
};

struct counted {
  int asked = 0;
  std::optional<std::string> answer = "bluebell";
  password_callback callback() {
    return [this] {
      ++asked;
      return answer;
    };
  }
};

std::string pem(const std::string& name) {
  return contents_of(pki(name));
}

TEST_F(x509_file_test, everything_in_a_pem_text_is_read_in_its_order) {
  const auto trusted = run_program({"openssl", "x509", "-in", pki("wildcard.pem").string(), "-trustout"});
  ASSERT_NE(trusted.output.find("TRUSTED CERTIFICATE"), std::string::npos);
  auto old_request = request();
  for (std::size_t at = 0; (at = old_request.find("CERTIFICATE REQUEST", at)) != std::string::npos; at += 20)
    old_request.insert(at, "NEW ");
  const auto text = "text before\n" + pem("server.key") + pem("chain.pem") + request() + pem("public.pem") +
                    trusted.output + pem("crl-v2.pem") + pem("server-rsa-traditional.key") + old_request + "text after";
  const auto all = parse_x509(text).value();
  EXPECT_EQ(all.format, file_format::pem);
  EXPECT_EQ(name(all.format), "PEM");
  ASSERT_EQ(all.certificates.size(), 3U);
  EXPECT_EQ(all.certificates[1].last_common_name(), "signet test intermediate");
  EXPECT_EQ(all.certificates[2].last_common_name(), "*.wild.test");
  ASSERT_EQ(all.keys.size(), 2U);
  EXPECT_EQ(all.keys[0].type(), "EC P-256");
  EXPECT_EQ(all.keys[1].type(), "RSA 2048");
  ASSERT_EQ(all.requests.size(), 2U);
  EXPECT_EQ(all.requests[0].subject(), "CN=asked.test");
  EXPECT_EQ(all.requests[1].subject(), "CN=asked.test");
  ASSERT_EQ(all.crls.size(), 1U);
}

TEST_F(x509_file_test, der_of_each_kind_is_told_by_its_structure) {
  const auto certificate_in = parse_x509(pem("server.der")).value();
  EXPECT_EQ(certificate_in.format, file_format::der);
  EXPECT_EQ(name(certificate_in.format), "DER");
  EXPECT_EQ(certificate_in.certificates.at(0).last_common_name(), "server.test");
  EXPECT_EQ(parse_x509(request("DER")).value().requests.at(0).subject(), "CN=asked.test");
  EXPECT_EQ(parse_x509(pem("crl-v2.der")).value().crls.size(), 1U);
  for (const std::string key : {"server-key.der", "ed25519-key.der", "server-rsa-key.der", "server-traditional-key.der",
                                "server-rsa-traditional-key.der", "server-enc-key.der"}) {
    counted password;
    const auto read = parse_x509(pem(key), password.callback());
    ASSERT_TRUE(read.has_value()) << key << ": " << read.error().message();
    EXPECT_EQ(read->format, file_format::der);
    EXPECT_EQ(read->keys.size(), 1U) << key;
    EXPECT_EQ(password.asked, key == "server-enc-key.der" ? 1 : 0);
  }
  // Version 1 of each has other fields first.
  EXPECT_EQ(parse_x509(load_certificates(pki("ca-v1.pem")).value().at(0).der()).value().certificates.size(), 1U);
  const auto v1_list = run_program({"openssl", "crl", "-in", pki("crl-v1.pem").string(), "-outform", "DER"});
  ASSERT_EQ(v1_list.status, 0) << v1_list.output;
  EXPECT_EQ(parse_x509(v1_list.output).value().crls.size(), 1U);
}

TEST_F(x509_file_test, pkcs12_is_one_of_the_formats) {
  counted password;
  const auto read = load_x509(pki("chain.p12"), password.callback()).value();
  EXPECT_EQ(read.format, file_format::pkcs12);
  EXPECT_EQ(name(read.format), "PKCS#12");
  EXPECT_EQ(password.asked, 1);
  EXPECT_EQ(read.keys.size(), 1U);
  ASSERT_EQ(read.certificates.size(), 3U);
  EXPECT_EQ(read.certificates[1].last_common_name(), "signet test intermediate");
}

TEST_F(x509_file_test, of_der_and_pkcs12_nothing_may_be_left_over_or_missing) {
  for (const std::string& content :
       {pem("server.der"), request("DER"), pem("crl-v2.der"), pem("server-key.der"), pem("server-enc-key.der"),
        pem("server-rsa-traditional-key.der"), pem("server-traditional-key.der"), pem("chain.p12")}) {
    counted password;
    EXPECT_EQ(parse_x509(content + '\0', password.callback()).error().code(), errc::file_malformed);
    EXPECT_EQ(parse_x509(content + content, password.callback()).error().code(), errc::file_malformed);
    for (std::size_t size = 0; size < content.size(); ++size) {
      const auto e = parse_x509(content.substr(0, size), password.callback()).error();
      ASSERT_EQ(e.code(), errc::file_malformed) << size << ' ' << e.message();
    }
    EXPECT_EQ(password.asked, 0);
  }
}

TEST_F(x509_file_test, the_password_is_asked_for_once_a_file) {
  const auto two =
      pem("server-enc-pkcs8.key") + pem("server-enc-traditional.key") + pem("server-rsa-enc-traditional.key");
  counted password;
  EXPECT_EQ(parse_x509(two, password.callback()).value().keys.size(), 3U);
  EXPECT_EQ(password.asked, 1);
  password.answer = std::nullopt;
  EXPECT_EQ(parse_x509(two, password.callback()).error().code(), errc::password_required);
  EXPECT_EQ(password.asked, 2);
  password.answer = "foxglove";
  const auto e = parse_x509(pem("server.key") + two, password.callback()).error();
  EXPECT_EQ(e.code(), errc::wrong_password);
  EXPECT_NE(e.message().find("private key 2 (line 6)"), std::string::npos) << e.message();
  EXPECT_EQ(password.asked, 3);
}

TEST_F(x509_file_test, keys_that_nobody_wants_are_not_opened) {
  counted password;
  const auto ask = password.callback();
  const auto read = parse_x509(pem("server-enc-pkcs8.key") + pem("server.pem"), ask, private_keys::skip).value();
  EXPECT_TRUE(read.keys.empty());
  EXPECT_EQ(read.certificates.size(), 1U);
  EXPECT_TRUE(parse_x509(pem("server-enc-key.der"), ask, private_keys::skip).value().keys.empty());
  const auto out = (folder_ / "open.p12").string();
  const auto made =
      run_program({"openssl", "pkcs12", "-export", "-inkey", pki("server.key").string(), "-in",
                   pki("server.pem").string(), "-certpbe", "NONE", "-passout", "pass:bluebell", "-out", out});
  ASSERT_EQ(made.status, 0) << made.output;
  const auto open = load_x509(out, ask, private_keys::skip).value();
  EXPECT_EQ(open.certificates.size(), 1U);
  EXPECT_TRUE(open.keys.empty());
  EXPECT_EQ(password.asked, 0);
  EXPECT_EQ(load_x509(pki("chain.p12"), ask, private_keys::skip).value().certificates.size(), 3U);
  EXPECT_EQ(password.asked, 1) << "the certificates are encrypted";
}

TEST_F(x509_file_test, a_broken_block_is_named_with_its_place) {
  const auto broken = [](std::string text) { return text.erase(text.find('\n') + 1, 65); };
  const auto says = [](const std::string& text, const std::string& what) {
    const auto e = parse_x509(text).error();
    EXPECT_NE(e.message().find(what), std::string::npos) << e.message();
    EXPECT_EQ(e.code(), errc::file_malformed);
  };
  says(pem("server.pem") + broken(pem("ca.pem")), "certificate 2 of 2 (line ");
  says(pem("server.key") + broken(pem("server.key")), "private key 2 (line 6)");
  says(request() + broken(request()), "request 2 (line 8)");
  says(pem("crl-v2.pem") + broken(pem("crl-v2.pem")), "2");
  says(pem("server.key") + pem("truncated.pem"), "line 6 has no end");
  auto forged = request();
  const auto at = forged.find("\n-----END") - 8;
  forged[at] = forged[at] == 'A' ? 'B' : 'A';
  EXPECT_EQ(parse_x509(forged).error().code(), errc::bad_signature);
}

TEST_F(x509_file_test, pkcs7_gives_its_certificates_and_lists) {
  const auto chain = load_certificates(pki("chain.pem")).value();
  for (const std::string form : {"PEM", "DER"}) {
    const auto file = run_program({"openssl", "crl2pkcs7", "-in", pki("crl-numbered.pem").string(), "-certfile",
                                   pki("chain.pem").string(), "-outform", form})
                          .output;
    const auto all = parse_x509(file);
    ASSERT_TRUE(all) << all.error().message();
    EXPECT_EQ(all->format, form == "PEM" ? file_format::pem : file_format::pkcs7);
    EXPECT_EQ(all->certificates.size(), chain.size());
    for (const auto& c : chain) EXPECT_NE(std::ranges::find(all->certificates, c), all->certificates.end());
    EXPECT_EQ(all->crls.size(), 1U);
    EXPECT_EQ(load_certificates(folder_.file("chain.p7b", file)).value().size(), chain.size());
    EXPECT_EQ(trust_store::pem_file(folder_.file("chain.p7c", file)).value().size(), chain.size());
    // Cut, and altered.
    for (const std::size_t cut : {std::size_t{1}, file.size() / 2, file.size() - 20})
      EXPECT_EQ(parse_x509(file.substr(0, cut)).error().code(), errc::file_malformed) << cut;
  }
}

TEST_F(x509_file_test, pkcs7_that_was_made_here_is_read_by_others) {
  const auto chain = load_certificates(pki("chain.pem")).value();
  const auto lists = load_crls(pki("crl-numbered.pem")).value();
  const auto made = make_pkcs7({chain, lists}).value();
  const auto file = folder_.file("made.p7b", std::string(byte_view(made).text()));
  const auto read = run_program({"openssl", "pkcs7", "-inform", "DER", "-in", file.string(), "-print_certs"}).output;
  for (const auto& c : chain) EXPECT_NE(read.find(c.pem()), std::string::npos);
  EXPECT_EQ(parse_pkcs7(made).value().crls.size(), 1U);
  EXPECT_EQ(make_pkcs7({}).error().code(), errc::invalid_argument);
}

// Programs write labels that are not true of what follows.
TEST_F(x509_file_test, a_key_is_what_it_is_whatever_its_label) {
  const auto relabelled = [](std::string pem, const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = pem.find(from, at)) != pem.npos; at += to.size()) pem.replace(at, from.size(), to);
    return pem;
  };
  const auto wanted = private_key::load(pki("server-rsa-traditional.key")).value();
  const auto pkcs1 = relabelled(contents_of(pki("server-rsa-traditional.key")), "RSA PRIVATE KEY", "PRIVATE KEY");
  EXPECT_TRUE(private_key::from_pem(pkcs1).value().pem() == wanted.pem());
  const auto sealed = relabelled(wanted.encrypted_pem("secret").value(), "ENCRYPTED PRIVATE KEY", "PRIVATE KEY");
  EXPECT_EQ(private_key::from_pem(sealed).error().code(), errc::password_required);
  EXPECT_TRUE(private_key::from_pem(sealed, [] { return std::optional<std::string>("secret"); }).value().pem() ==
              wanted.pem());
  const auto pkcs8 = relabelled(wanted.pem(), "PRIVATE KEY", "RSA PRIVATE KEY");
  EXPECT_TRUE(private_key::from_pem(pkcs8).value().pem() == wanted.pem());
}

TEST_F(x509_file_test, what_holds_none_of_them_is_said_what_it_holds) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"empty.pem", "empty.pem: holds nothing"},
      {"garbage.pem", "garbage.pem: holds text that is not PEM, not a certificate, private key, request"},
      {"binary.bin", "binary.bin: holds binary data"},
      {"public.pem", "public.pem: holds a PEM block \"PUBLIC KEY\""},
  };
  for (const auto& [file, says] : table) {
    const auto e = load_x509(pki(file)).error();
    EXPECT_EQ(e.code(), errc::file_malformed);
    EXPECT_NE(e.message().find(says), std::string::npos) << e.message();
  }
  EXPECT_EQ(load_x509(pki("missing.pem")).error().code(), errc::file_not_readable);
  EXPECT_EQ(load_x509({}).error().code(), errc::file_not_readable);
  const auto huge = folder_.file("huge", "");
  ASSERT_EQ(::truncate(huge.c_str(), (off_t{64} << 20) + 1), 0);
  EXPECT_EQ(load_x509(huge).error().code(), errc::file_too_large);
}

TEST_F(x509_file_test, text_that_begins_like_der_and_der_that_holds_text_are_told_apart) {
  EXPECT_EQ(parse_x509("0 s:CN = server.test\n" + pem("server.pem")).value().format, file_format::pem);
  const auto made =
      run_program({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
                   "-keyout", (folder_ / "key").string(), "-subj", "/CN=-----BEGIN CERTIFICATE-----", "-outform", "DER",
                   "-out", (folder_ / "cert").string()});
  ASSERT_EQ(made.status, 0) << made.output;
  EXPECT_EQ(load_x509(folder_ / "cert").value().format, file_format::der);
}

}  // namespace
}  // namespace signet
