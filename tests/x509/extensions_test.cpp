#include <signet/x509/extensions.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>
#include <string>

#include "base/printable.hpp"
#include "support/crafted.hpp"
#include "support/pki.hpp"
#include "support/run_program.hpp"
#include "x509/text.hpp"

namespace signet {
namespace {

using test::crafted;
using test::element;
using test::pki;
using enum general_name_kind;
using namespace std::string_literals;
using strings = std::vector<std::string>;

class extensions_test : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0UL) << "OpenSSL's queue was left filled"; }
};

certificate load_one(const std::string& name) {
  return load_certificates(pki(name)).value().at(0);
}

certificate with_extension(const std::string& oid, const std::string& der) {
  return crafted([&](X509* x) { test::add_extension(x, oid, der); });
}

strings oids(const std::vector<object_id>& ids) {
  strings out;
  for (const auto& id : ids) out.push_back(id.oid);
  return out;
}

std::string octets(const std::string& hex) {
  const auto bytes = x509::from_hex(hex).value();
  return std::string(byte_view(bytes).text());
}

TEST_F(extensions_test, each_field_that_openssl_has_written_is_read) {
  const auto c = load_one("every-field.pem");
  EXPECT_TRUE(c.broken_extensions().empty());
  EXPECT_EQ(c.basic_constraints(), (basic_constraints{.is_ca = true, .path_length = 3}));
  EXPECT_EQ(c.key_usage(), (std::vector{key_usage::digital_signature, key_usage::non_repudiation,
                                        key_usage::key_cert_sign, key_usage::crl_sign, key_usage::decipher_only}));
  EXPECT_EQ(c.extended_key_usage(), (std::vector<object_id>{{"1.3.6.1.5.5.7.3.1", "serverAuth"}, {"1.2.3.4.7", ""}}));
  EXPECT_EQ(to_hex(c.subject_key_id()), "00112233445566778899");
  const auto ca = load_one("ca.pem");
  const auto authority = c.authority_key_id().value();
  EXPECT_EQ(authority.key_id, ca.subject_key_id());
  EXPECT_EQ(authority.issuer, (std::vector<general_name>{{directory_name, "CN=signet test root,O=signet tests"}}));
  EXPECT_EQ(authority.serial_number, ca.serial_number());
  EXPECT_TRUE(c.must_staple());
}

TEST_F(extensions_test, names_of_each_kind_are_read) {
  const auto c = load_one("every-field.pem");
  const std::string user = "who@fields.test";
  EXPECT_EQ(c.alternative_names(), (std::vector<general_name>{
                                       {other_name, "1.3.6.1.4.1.311.20.2.3=" + to_hex(element(0x0c, user))},
                                       {email, user},
                                       {dns, "fields.test"},
                                       {dns, "*.fields.test"},
                                       {directory_name, "CN=small name,C=DE"},
                                       {uri, "https://fields.test/a,b?c=d"},
                                       {ip_address, "192.0.2.1"},
                                       {ip_address, "2001:db8::1"},
                                       {registered_id, "1.2.3.4.6"},
                                   }));
  EXPECT_EQ(c.dns_names(), (strings{"fields.test", "*.fields.test"}));
  EXPECT_EQ(c.ip_addresses(), (strings{"192.0.2.1", "2001:db8::1"}));
  const auto party = element(0xa5, element(0xa1, element(0x0c, "party")));
  EXPECT_EQ(load_one("nobodys-names.pem").alternative_names(),
            (std::vector<general_name>{{edi_party_name, to_hex(party)}, {x400_address, "a3023000"}}));
}

TEST_F(extensions_test, urls_are_those_a_client_can_fetch) {
  const auto c = load_one("every-field.pem");
  EXPECT_EQ(c.ocsp_urls(), strings{"http://ocsp.test/"});
  EXPECT_EQ(c.ca_issuer_urls(), strings{"https://ca.test/ca.der"});
  EXPECT_EQ(c.crl_urls(), (strings{"http://crl.test/ca.crl", "HTTPS://crl.test/ca.crl"}));
  const auto access = c.authority_access();
  ASSERT_EQ(access.size(), 5U);
  EXPECT_EQ(access[0], (authority_access{{"1.3.6.1.5.5.7.48.1", "OCSP"}, {uri, "http://ocsp.test/"}}));
  EXPECT_EQ(std::count_if(access.begin(), access.end(), [](const auto& a) { return a.method.name == "OCSP"; }), 3);
  EXPECT_EQ(access[4], (authority_access{{"1.2.3.4.9", ""}, {registered_id, "1.2.3.4.10"}}));
}

TEST_F(extensions_test, urls_that_are_absent_are_an_empty_list) {
  const auto c = load_one("server.pem");
  EXPECT_EQ(c.ocsp_urls(), strings{});
  EXPECT_EQ(c.ca_issuer_urls(), strings{});
  EXPECT_EQ(c.crl_urls(), strings{});
}

TEST_F(extensions_test, distribution_points_of_each_form_are_read) {
  const auto points = load_one("every-field.pem").crl_distribution_points();
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0], (distribution_point{.names = {{uri, "http://crl.test/ca.crl"},
                                                     {uri, "ldap:///cn=ca?certificateRevocationList"},
                                                     {uri, "HTTPS://crl.test/ca.crl"}}}));
  EXPECT_EQ(points[1], (distribution_point{.relative_name = "UID=x+CN=list 7",
                                           .crl_issuer = {{directory_name, "CN=small name,C=DE"}},
                                           .reasons = {"keyCompromise", "cACompromise", "aACompromise"}}));
}

TEST_F(extensions_test, policies_are_read_with_what_they_say) {
  EXPECT_EQ(load_one("every-field.pem").policies(), (std::vector<certificate_policy>{
                                                        {.policy = {"2.23.140.1.2.1", ""}},
                                                        {.policy = {"1.2.3.4.8", ""},
                                                         .statement_urls = {"http://policy.test/statement"},
                                                         .notices = {"Fields 01, 02: Grüße", "just text"}},
                                                    }));
}

TEST_F(extensions_test, name_constraints_are_subnets_and_domains) {
  const auto constraints = load_one("every-field.pem").name_constraints().value();
  EXPECT_EQ(constraints.permitted, (std::vector<general_name>{{dns, ".fields.test"},
                                                              {ip_address, "10.0.0.0/8"},
                                                              {email, "fields.test"},
                                                              {uri, ".fields.test"},
                                                              {directory_name, "CN=small name,C=DE"}}));
  EXPECT_EQ(constraints.excluded,
            (std::vector<general_name>{
                {ip_address, "2001:db8::/48"}, {ip_address, "192.0.2.0/255.255.0.255"}, {dns, "evil.fields.test"}}));
}

TEST_F(extensions_test, signed_timestamps_are_read_and_versions_to_come_skipped) {
  const auto all = load_one("every-field.pem").signed_timestamps();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(to_hex(all[0].log_id), "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  EXPECT_EQ(all[0].time, std::chrono::sys_days(std::chrono::year(2020) / 1 / 1));
  EXPECT_EQ(all[0].hash_algorithm, "sha256");
  EXPECT_EQ(all[0].signature_algorithm, "ecdsa");
  EXPECT_EQ(to_hex(all[0].signature), "0a0b0c");
  EXPECT_EQ(all[1].time.time_since_epoch().count(), 1);
  EXPECT_EQ(all[1].signature_algorithm, "rsa");
}

TEST_F(extensions_test, a_timestamp_list_is_read_whole_or_not_at_all) {
  const std::string oid = "1.3.6.1.4.1.11129.2.4.2";
  const std::string log(32, 'L');
  const auto counted = [](const std::string& s) { return "\0"s + static_cast<char>(s.size()) + s; };
  const auto sct = "\0"s + log + "\0\0\0\0\0\0\0\1"s + counted("") + "\xee\x09"s + counted("sig");
  const auto read = [&](const std::string& list) { return with_extension(oid, element(0x04, list)); };
  const auto good = counted(counted(sct));
  const auto c = read(good);
  ASSERT_EQ(c.signed_timestamps().size(), 1U);
  EXPECT_EQ(c.signed_timestamps()[0].hash_algorithm, "unknown");
  EXPECT_EQ(c.signed_timestamps()[0].signature_algorithm, "unknown");
  EXPECT_TRUE(c.broken_extensions().empty());
  const auto is_broken = [&](const std::string& list) {
    const auto spoilt = read(list);
    EXPECT_TRUE(spoilt.signed_timestamps().empty());
    return oids(spoilt.broken_extensions()) == strings{oid};
  };
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_TRUE(is_broken(good.substr(0, size))) << size;
  for (std::size_t size = 0; size < sct.size(); ++size)
    EXPECT_TRUE(is_broken(counted(counted(sct.substr(0, size))))) << size;
  EXPECT_TRUE(is_broken(good + '\0'));
  EXPECT_TRUE(is_broken(counted("")));
  EXPECT_TRUE(is_broken(counted(counted(sct + '\0'))));
  // A time no clock of 64 bits with a sign can tell.
  EXPECT_TRUE(is_broken(counted(counted("\0"s + log + "\x80\0\0\0\0\0\0\1"s + counted("") + "\4\3"s + counted("s")))));
}

TEST_F(extensions_test, extensions_are_listed_known_or_not) {
  const auto c = load_one("every-field.pem");
  const auto all = c.extensions();
  const auto unknown = std::find_if(all.begin(), all.end(), [](const extension& e) { return e.id.oid == "1.2.3.4.5"; });
  ASSERT_NE(unknown, all.end());
  EXPECT_EQ(unknown->id.name, "");
  EXPECT_TRUE(unknown->is_critical);
  EXPECT_EQ(byte_view(unknown->value).text(), element(0x0c, "nobody knows this"));
  EXPECT_EQ(printed(*unknown), to_hex(unknown->value));
  EXPECT_EQ(all.size(), 15U);
  EXPECT_EQ(all[0].id, (object_id{"2.5.29.19", "basicConstraints"}));
}

TEST_F(extensions_test, they_are_printed_as_openssl_prints_them) {
  const auto c = load_one("every-field.pem");
  for (const auto& e : c.extensions()) {
    if (e.id.name.empty()) continue;
    SCOPED_TRACE(e.id.name);
    auto asked =
        test::run_program({"openssl", "x509", "-in", pki("every-field.pem").string(), "-noout", "-ext", e.id.name});
    ASSERT_EQ(asked.status, 0) << asked.output;
    // Behind a line with the extension's title; OpenSSL's blanks at the ends of lines stay.
    auto text = asked.output.substr(asked.output.find('\n') + 1);
    std::string without_indent;
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find('\n', at), text.size());
      auto line = text.substr(at, end - at);
      if (line.starts_with("    ")) line.erase(0, 4);
      without_indent += line + '\n';
      at = end + 1;
    }
    while (without_indent.ends_with('\n')) without_indent.pop_back();
    EXPECT_EQ(printed(e), without_indent);
  }
}

TEST_F(extensions_test, those_that_cannot_be_read_give_nothing_and_are_told) {
  const auto c = load_one("broken-extensions.pem");
  EXPECT_FALSE(c.basic_constraints().has_value());
  EXPECT_FALSE(c.key_usage().has_value());
  EXPECT_TRUE(c.extended_key_usage().empty());
  EXPECT_TRUE(c.subject_key_id().empty());
  EXPECT_FALSE(c.authority_key_id().has_value());
  EXPECT_TRUE(c.alternative_names().empty());
  EXPECT_FALSE(c.name_constraints().has_value());
  EXPECT_TRUE(c.policies().empty());
  EXPECT_TRUE(c.crl_distribution_points().empty());
  EXPECT_TRUE(c.authority_access().empty());
  EXPECT_FALSE(c.must_staple());
  EXPECT_TRUE(c.signed_timestamps().empty());
  EXPECT_EQ(oids(c.broken_extensions()),
            (strings{"2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.14", "2.5.29.35", "2.5.29.17", "2.5.29.30",
                     "2.5.29.32", "2.5.29.31", "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.24", "1.3.6.1.4.1.11129.2.4.2"}));
  for (const auto& e : c.extensions()) {
    auto text = printed(e);
    std::replace(text.begin(), text.end(), '\n', ' ');
    EXPECT_EQ(text, base::printable(text)) << e.id.name;
  }
}

TEST_F(extensions_test, a_path_length_is_what_fits_into_32_bits) {
  const auto length = [](const std::string& der) {
    return with_extension("2.5.29.19", octets("30") + static_cast<char>(der.size() + 3) + octets("0101ff") + der);
  };
  EXPECT_EQ(length(octets("020100")).basic_constraints(), (basic_constraints{true, 0}));
  EXPECT_EQ(length(octets("020500ffffffff")).basic_constraints(), (basic_constraints{true, 0xffffffff}));
  const auto is_broken = [&](const certificate& c) {
    EXPECT_FALSE(c.basic_constraints().has_value());
    return oids(c.broken_extensions()) == strings{"2.5.29.19"};
  };
  EXPECT_TRUE(is_broken(length(octets("0201ff"))));
  EXPECT_TRUE(is_broken(length(octets("02050100000000"))));
  EXPECT_TRUE(is_broken(length(element(0x02, std::string(64, '\x7f')))));
  EXPECT_TRUE(is_broken(load_one("huge-path-length.pem")));
}

TEST_F(extensions_test, one_that_stands_there_twice_is_broken) {
  const auto c = crafted([](X509* x) {
    for (int i = 0; i < 2; ++i) {
      test::add_extension(x, "2.5.29.17", element(0x30, element(0x82, "a.test")));
      test::add_extension(x, "1.2.3.4.5", "whatever");
      test::add_extension(x, "2.5.29.14", element(0x04, "id"));
      test::add_extension(x, "1.3.6.1.4.1.11129.2.4.2", "x");
    }
    test::add_extension(x, "2.5.29.19", octets("3000"));
  });
  EXPECT_TRUE(c.dns_names().empty());
  EXPECT_TRUE(c.subject_key_id().empty());
  EXPECT_EQ(c.basic_constraints(), basic_constraints{});
  EXPECT_EQ(c.extensions().size(), 9U);
  EXPECT_EQ(oids(c.broken_extensions()), (strings{"2.5.29.17", "1.2.3.4.5", "2.5.29.14", "1.3.6.1.4.1.11129.2.4.2"}));
}

// A policy with one notice of this text.
std::string notice(const std::string& text) {
  const auto c = with_extension(
      "2.5.29.32",
      element(0x30, element(0x30, octets("06032a0304") + element(0x30, element(0x30, octets("06082b06010505070202") +
                                                                                         element(0x30, text))))));
  const auto policies = c.policies();
  return policies.size() == 1 && policies[0].notices.size() == 1 ? policies[0].notices[0] : "(unreadable)";
}

TEST_F(extensions_test, text_of_any_string_type_is_safe_to_print) {
  EXPECT_EQ(notice(element(0x0c, "Grüße")), "Grüße");
  EXPECT_EQ(notice(element(0x1e, "\0G\0r\0\xfc"s)), "Grü");
  EXPECT_EQ(notice(element(0x1a, "plain")), "plain");
  EXPECT_EQ(notice(element(0x16, "a\nb\x1b[31m\0c"s)), "a\\0Ab\\1B[31m\\00c");
  EXPECT_EQ(notice(element(0x0c, "left\xe2\x80\xaeright")), "left\\E2\\80\\AEright");
  EXPECT_EQ(notice(element(0x1e, "\x20\x2e\0a"s)), "\\E2\\80\\AEa");
  EXPECT_EQ(notice(element(0x0c, "\xff\xfe")), "\\FF\\FE");
  EXPECT_EQ(notice(element(0x1a, "\x9b\x31m")), "\\C2\\9B1m");
  // A lone half of a surrogate pair.
  EXPECT_EQ(notice(element(0x1e, "\xd8\x01"s)), "\\D8\\01");
}

TEST_F(extensions_test, what_is_printed_is_harmless_line_by_line) {
  const extension comment{.id = {"2.16.840.1.113730.1.13", "nsComment"}, .value = [] {
                            const auto der = element(0x16, "one\ntwo\x1b[31m\r\xc2\x9b");
                            const byte_view bytes(der);
                            return std::vector<std::byte>(bytes.begin(), bytes.end());
                          }()};
  EXPECT_EQ(printed(comment), "one\ntwo\\1B[31m\\0D\\C2\\9B");
  EXPECT_EQ(printed(extension{}), "");
  EXPECT_EQ(printed(extension{.id = {"not an oid", ""}, .value = {std::byte{1}}}), "01");
  EXPECT_EQ(printed(extension{.id = {"2.5.29.19", ""}, .value = {std::byte{1}}}), "01");
}

TEST_F(extensions_test, addresses_of_odd_length_are_told_as_malformed) {
  const auto address = [](const std::string& value) {
    return with_extension("2.5.29.17", element(0x30, element(0x87, value))).alternative_names().at(0);
  };
  EXPECT_EQ(address(""), (general_name{ip_address, "malformed:"}));
  EXPECT_EQ(address("\x7f\0\0"s), (general_name{ip_address, "malformed:7f0000"}));
  const auto subnet = [](const std::string& value) {
    return with_extension("2.5.29.30", element(0x30, element(0xa0, element(0x30, element(0x87, value)))))
        .name_constraints()
        .value()
        .permitted.at(0)
        .value;
  };
  EXPECT_EQ(subnet(""), "malformed:");
  EXPECT_EQ(subnet("abcd"), "malformed:61626364");
  EXPECT_EQ(subnet("abcdefghi"), "malformed:616263646566676869");
  EXPECT_EQ(subnet(octets("0a000000ff000000")), "10.0.0.0/8");
  EXPECT_EQ(subnet(octets("0000000000000000")), "0.0.0.0/0");
  EXPECT_EQ(subnet(octets("0a00000000ff0000")), "10.0.0.0/0.255.0.0");
}

TEST(key_usage, has_the_words_of_rfc_5280) {
  EXPECT_EQ(name(key_usage::digital_signature), "digitalSignature");
  EXPECT_EQ(name(key_usage::crl_sign), "cRLSign");
  EXPECT_EQ(name(key_usage::decipher_only), "decipherOnly");
}

}  // namespace
}  // namespace signet
