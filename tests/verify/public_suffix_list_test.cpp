#include <signet/verify/public_suffix_list.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "support/pki.hpp"
#include "support/vectors.hpp"

namespace signet {
namespace {

std::string or_dash(const std::optional<std::string>& text) {
  return text.value_or("-");
}

TEST(public_suffix_list, answers_as_icann_has_it) {
  const auto list = public_suffix_list::system();
  for (const auto& [name, suffix] : {
           std::pair{"COM", "com"},
           {"example.COM", "com"},
           {"WwW.example.COM", "com"},
           {"foo.123bar.com", "com"},
           {"a.b.domain.biz", "biz"},
           {"test.ac", "ac"},
           {"c.bd", "c.bd"},
           {"a.b.c.bd", "c.bd"},
           {"www.test.jp", "jp"},
           {"www.test.ac.jp", "ac.jp"},
           {"kyoto.jp", "kyoto.jp"},
           {"ayabe.kyoto.jp", "ayabe.kyoto.jp"},
           {"www.test.kobe.jp", "test.kobe.jp"},
           {"city.kobe.jp", "kobe.jp"},
           {"www.city.kobe.jp", "kobe.jp"},
           {"a.b.test.ck", "test.ck"},
           {"www.www.ck", "ck"},
           {"www.test.k12.ak.us", "k12.ak.us"},
           {"test.\xe6\x95\x8e\xe8\x82\xb2.hk", "xn--lcvr32d.hk"},
           {"\xe0\xa8\xad\xe0\xa8\xbe\xe0\xa8\xb0\xe0\xa8\xa4.\xe0\xa8\xad\xe0\xa8\xbe\xe0\xa8\xb0\xe0\xa8\xa4",
            "xn--s9brj9c"},
           {"www.example.com.", "com"},
           // What no rule covers ends in a suffix of one label.
           {"example", "example"},
           {"a.b.example", "example"},
           // The private half does not count.
           {"foo.github.io", "io"},
           {"foo.uk.com", "com"},
           {"s3.amazonaws.com", "com"},
       })
    EXPECT_EQ(or_dash(list.public_suffix(name, suffix_section::icann)), suffix) << name;
  EXPECT_EQ(or_dash(list.public_suffix("foo.github.io", suffix_section::all)), "github.io");
}

TEST(public_suffix_list, a_registrable_domain_is_a_suffix_and_one_label) {
  const auto list = public_suffix_list::parse("uk\nco.uk\n").value();
  for (const auto& [name, domain] : {
           std::pair{"com", "-"},
           {"bar.com", "bar.com"},
           {"www.foo.bar.com", "bar.com"},
           {"uk", "-"},
           {"co.uk", "-"},
           {"www.co.uk", "www.co.uk"},
           {"www.foo.bar.co.uk", "bar.co.uk"},
           {"www.foo.bar.bl.uk", "bl.uk"},
       })
    EXPECT_EQ(or_dash(list.registrable_domain(name)), domain) << name;
}

TEST(public_suffix_list, what_is_no_name_has_no_suffix) {
  const auto list = public_suffix_list::system();
  for (const auto* name : {"", ".", "..", ".com", "a..com", "127.0.0.1", "::1", "[::1]", "a b.com", "https://a.com"}) {
    EXPECT_FALSE(list.public_suffix(name)) << name;
    EXPECT_FALSE(list.registrable_domain(name)) << name;
  }
  EXPECT_FALSE(public_suffix_list::none().public_suffix("example.com"));
  EXPECT_FALSE(public_suffix_list::none().is_public_suffix("com", suffix_section::all));
}

TEST(public_suffix_list, knows_wildcards_and_exceptions_of_a_list_in_memory) {
  const auto list =
      public_suffix_list::parse("// comment\n\ncom\n*.ck\n!www.ck  // said so\n\xe5\x85\xac\xe5\x8f\xb8.cn\n").value();
  EXPECT_EQ(or_dash(list.public_suffix("a.b.ck")), "b.ck");
  EXPECT_EQ(or_dash(list.public_suffix("www.ck")), "ck");
  EXPECT_EQ(or_dash(list.registrable_domain("a.www.ck")), "www.ck");
  EXPECT_EQ(or_dash(list.public_suffix("a.xn--55qx5d.cn")), "xn--55qx5d.cn");
}

TEST(public_suffix_list, of_all_rules_that_match_the_longest_counts) {
  const auto list = public_suffix_list::parse("c\n*.a.b.c\n!x.a.b.c\nq.p.a.b.c\n*.y.c\nn.y.c\n").value();
  for (const auto& [name, suffix] : {
           std::pair{"c", "c"},
           {"b.c", "c"},
           // In the middle of a rule, and no rule.
           {"a.y.b.c", "c"},
           // Right above a wildcard, where libpsl sees one as well.
           {"a.b.c", "a.b.c"},
           {"w.a.b.c", "w.a.b.c"},
           {"v.w.a.b.c", "w.a.b.c"},
           // An exception takes one label off, for what is below it as well.
           {"x.a.b.c", "a.b.c"},
           {"m.x.a.b.c", "a.b.c"},
           // Longer than the wildcard, and beside it.
           {"q.p.a.b.c", "q.p.a.b.c"},
           {"m.q.p.a.b.c", "q.p.a.b.c"},
           {"r.p.a.b.c", "p.a.b.c"},
           // As long as the wildcard.
           {"m.n.y.c", "n.y.c"},
           {"m.o.y.c", "o.y.c"},
       })
    EXPECT_EQ(or_dash(list.public_suffix(name)), suffix) << name;
}

TEST(public_suffix_list, a_file_says_the_same_as_its_text) {
  const test::temporary_folder folder;
  const auto file = folder.file("list.dat",
                                "// ===BEGIN ICANN DOMAINS===\nuk\nco.uk\n// ===END ICANN DOMAINS===\n"
                                "// ===BEGIN PRIVATE DOMAINS===\nhosting.example\n// ===END PRIVATE DOMAINS===\n");
  const auto loaded = public_suffix_list::load(file);
  ASSERT_TRUE(loaded) << loaded.error().message();
  const auto parsed = public_suffix_list::parse(test::contents_of(file)).value();
  for (const auto& list : {*loaded, parsed}) {
    EXPECT_EQ(or_dash(list.registrable_domain("www.shop.co.uk")), "shop.co.uk");
    EXPECT_EQ(or_dash(list.public_suffix("a.hosting.example")), "hosting.example");
    EXPECT_EQ(or_dash(list.public_suffix("a.hosting.example", suffix_section::icann)), "example");
  }
}

TEST(public_suffix_list, what_is_no_list_is_refused) {
  using namespace std::string_literals;
  for (const auto& text : {""s, "\n\n"s, "// nothing but words\n"s, "com\0uk\n"s, ".DAFSA@PSL_0   \nrest"s}) {
    const auto made = public_suffix_list::parse(text);
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().code(), errc::file_malformed) << text;
  }
  EXPECT_EQ(public_suffix_list::parse(std::string((16 << 20) + 1, 'a')).error().code(), errc::file_too_large);
  EXPECT_EQ(public_suffix_list::load("/nowhere/list").error().code(), errc::file_not_readable);
  const test::temporary_folder folder;
  const auto file = folder / "list.dat";
  std::ofstream(file) << "// empty\n";
  const auto loaded = public_suffix_list::load(file);
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message().find("list.dat"), std::string::npos);
}

TEST(public_suffix_list, passes_the_lists_own_tests) {
  if (test::are_vectors_renounced()) GTEST_SKIP() << "SIGNET_VECTORS=none: those of the public suffix list are not run";
  const auto table = test::vectors("psl/official.tsv");
  const auto packed = test::vectors("psl/public_suffix_list-2026.dat.xz");
  for (const auto& file : {table, packed})
    ASSERT_TRUE(std::filesystem::exists(file))
        << "THE TEST VECTORS ARE ABSENT: " << file << " (SIGNET_VECTORS names their folder, or says none)";
  const test::temporary_folder folder;
  const auto file = folder / "list.dat";
  ASSERT_EQ(std::system(("xz -dc '" + packed.string() + "' > '" + file.string() + "'").c_str()), 0);
  const auto list = public_suffix_list::load(file).value();
  std::ifstream in(table);
  std::string line;
  int rows = 0;
  std::getline(in, line);
  while (std::getline(in, line)) {
    const auto tab = line.find('\t');
    const auto input = line.substr(0, tab);
    const auto wanted = line.substr(tab + 1);
    // Names in Unicode come back as A-labels, so that both forms of a row have one answer.
    const auto want_suffix = wanted == "null" ? std::string("-") : or_dash(list.registrable_domain(wanted));
    if (input != "null") {
      EXPECT_EQ(or_dash(list.registrable_domain(input)), want_suffix) << line;
    }
    ++rows;
  }
  EXPECT_GT(rows, 70);
}

}  // namespace
}  // namespace signet
