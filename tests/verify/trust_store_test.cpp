#include <signet/verify/trust_store.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <map>
#include <thread>

#include "current_folder.hpp"
#include "issued.hpp"
#include "support/pki.hpp"
#include "support/run_program.hpp"
#include "verify/anchors.hpp"
#include "verify/refreshed_anchors.hpp"
#include "verify/trust_store_impl.hpp"
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
  EXPECT_NE(broken.error().message().find("certificate 3 of 5"), std::string::npos) << broken.error().message();
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
  EXPECT_EQ(&inside(trust_store::system()), &inside(trust_store::system()));
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

// In a process of its own: the system's store is found once.
void exit_with_zero_when_both_folders_are_trusted() {
  bool both = false;
  {
    const test::temporary_folder one, two;
    one.file("ca.pem", contents_of(pki("ca.pem")));
    two.file("ca.pem", contents_of(pki("other-ca.pem")));
    ::unsetenv("SSL_CERT_FILE");
    ::setenv("SSL_CERT_DIR", (':' + (one / "").string() + "::" + (two / "").string() + ':').c_str(), 1);
    const auto store = trust_store::system();
    both = store.size() == 2 && store.description() == "system (" + (one / "").string() + ", 1 certificate + " +
                                                           (two / "").string() + ", 1 certificate)";
  }
  std::exit(both ? 0 : 1);
}

TEST(trust_store, of_the_system_is_all_the_folders_that_the_environment_names) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(exit_with_zero_when_both_folders_are_trusted(), testing::ExitedWithCode(0), "");
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

TEST(indexed_bundle, holds_of_any_prefix_of_itself_what_is_whole) {
  const auto text = contents_of(pki("chain.pem"));
  const auto all = parse_certificates(text).value();
  ASSERT_EQ(all.size(), 2U);
  const auto count = [](const std::string& in, std::string_view marker) {
    std::size_t found = 0;
    for (auto at = in.find(marker); at != in.npos; at = in.find(marker, at + 1)) ++found;
    return found;
  };
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const auto part = text.substr(0, n);
    const auto whole = count(part, "-----END ");
    const indexed_bundle bundle(part);
    ASSERT_EQ(bundle.all(), std::vector(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(whole))) << n;
    ASSERT_EQ(bundle.size(), whole) << n;
    ASSERT_EQ(bundle.skipped(), count(part, "-----BEGIN ") - whole) << n;
  }
}

TEST(indexed_bundle, gives_the_same_to_many_threads) {
  const indexed_bundle bundle(contents_of("/etc/ssl/certs/ca-certificates.crt"));
  const auto wanted = parse_certificates(contents_of("/etc/ssl/certs/ca-certificates.crt")).value();
  // Some names have several certificates.
  std::map<std::string, std::vector<certificate>> by_name;
  for (const auto& c : wanted) by_name[c.subject()].push_back(c);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (const auto& [name, of_that_name] : by_name) {
        std::vector<certificate> found;
        bundle.find(X509_get_subject_name(raw(of_that_name.front())), found);
        EXPECT_TRUE(std::ranges::is_permutation(found, of_that_name)) << name;
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(bundle.all(), wanted);
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

// Some certificates, known by a name.
result<std::shared_ptr<const anchors>> named(const std::string& name) {
  auto made = std::make_shared<parsed_anchors>(load_certificates(pki("ca.pem")).value());
  made->origin = name;
  return std::shared_ptr<const anchors>(std::move(made));
}

TEST(refreshed_anchors, are_read_again_when_their_file_has_changed_and_not_before) {
  const test::temporary_folder folder;
  const auto file = folder.file("bundle.pem", "one");
  int reads = 0;
  auto now = std::chrono::steady_clock::time_point();
  const auto count = [&](const auto&) { return named(std::to_string(++reads)); };
  const auto made = refreshed_anchors::make(file, count, count, [&] { return now; }).value();
  EXPECT_EQ(made->description(), "1");
  now += refreshed_anchors::interval;
  EXPECT_EQ(made->description(), "1");
  EXPECT_EQ(made->generation(), 0U);
  folder.file("bundle.pem", "another");
  // Not looked at again so soon.
  EXPECT_EQ(made->description(), "1");
  now += refreshed_anchors::interval;
  EXPECT_EQ(made->description(), "2");
  EXPECT_EQ(made->generation(), 1U);
  now += refreshed_anchors::interval;
  EXPECT_EQ(made->description(), "2");
}

TEST(refreshed_anchors, a_file_replaced_while_it_is_read_is_read_again) {
  const test::temporary_folder folder;
  const auto file = folder.file("bundle.pem", "old");
  auto now = std::chrono::steady_clock::time_point();
  const auto read = [&](const auto& at) {
    auto content = contents_of(at);
    if (content == "old") folder.file("bundle.pem", "newer");
    if (content == "newer") std::filesystem::rename(folder.file("next.pem", "newest"), at);
    return named(content);
  };
  const auto made = refreshed_anchors::make(file, read, read, [&] { return now; }).value();
  for (const auto* content : {"old", "newer", "newest", "newest"}) {
    EXPECT_EQ(made->description(), content);
    now += refreshed_anchors::interval;
  }
}

TEST(refreshed_anchors, nobody_waits_for_a_slow_reader_and_what_was_looked_at_last_counts) {
  const test::temporary_folder folder;
  const auto file = folder.file("bundle.pem", "first");
  auto now = std::chrono::steady_clock::time_point();
  std::promise<void> begun, go_on;
  const auto read = [&](const auto& at) {
    const auto content = contents_of(at);
    if (content == "slow") {
      begun.set_value();
      go_on.get_future().wait();
    }
    return named(content);
  };
  const auto made = refreshed_anchors::make(file, read, read, [&] { return now; }).value();
  folder.file("bundle.pem", "slow");
  now += refreshed_anchors::interval;
  std::thread slow([&] { (void)made->generation(); });
  begun.get_future().wait();
  EXPECT_EQ(made->description(), "first");
  folder.file("bundle.pem", "third one");
  now += refreshed_anchors::interval;
  EXPECT_EQ(made->description(), "third one");
  go_on.set_value();
  slow.join();
  EXPECT_EQ(made->description(), "third one");
  EXPECT_EQ(made->generation(), 1U);
}

TEST(refreshed_anchors, what_was_read_counts_while_the_new_cannot_be) {
  const test::temporary_folder folder;
  const auto file = folder.file("bundle.pem", "one");
  auto now = std::chrono::steady_clock::time_point();
  bool works = true;
  const auto read = [&](const auto& at) {
    return works ? named(contents_of(at)) : error(errc::file_malformed, "half a file");
  };
  const auto made = refreshed_anchors::make(file, read, read, [&] { return now; }).value();
  works = false;
  std::filesystem::remove(file);
  now += refreshed_anchors::interval;
  EXPECT_EQ(made->description(), "one (cannot be read again: half a file)");
  folder.file("bundle.pem", "half an upd");
  now += refreshed_anchors::interval;
  EXPECT_EQ(made->size(), 1U);
  works = true;
  now += refreshed_anchors::interval;
  EXPECT_EQ(made->description(), "half an upd");
  // What cannot be read the first time is an error.
  works = false;
  EXPECT_EQ(refreshed_anchors::make(file, read, read).error().message(), "half a file");
}

TEST(refreshed_anchors, a_folder_has_changed_when_a_file_in_it_has) {
  const test::temporary_folder folder;
  folder.file("a.pem", "one");
  int reads = 0;
  auto now = std::chrono::steady_clock::time_point();
  const auto count = [&](const auto&) { return named(std::to_string(++reads)); };
  const auto made = refreshed_anchors::make(folder / ".", count, count, [&] { return now; }).value();
  folder.file("b.pem", "two");
  now += refreshed_anchors::interval;
  EXPECT_EQ(made->description(), "2");
  folder.file("a.pem", "one more");
  now += refreshed_anchors::interval;
  EXPECT_EQ(made->description(), "3");
}

TEST(refreshed_anchors, what_cannot_be_read_for_long_trusts_nobody) {
  const test::temporary_folder folder;
  const auto file = folder.file("bundle.pem", "one");
  auto now = std::chrono::steady_clock::time_point();
  bool works = true;
  const auto read = [&](const auto& at) {
    return works ? named(contents_of(at)) : error(errc::file_not_readable, "no descriptor");
  };
  const auto made = refreshed_anchors::make(file, read, read, [&] { return now; }).value();
  works = false;
  folder.file("bundle.pem", "another");
  now += refreshed_anchors::interval;
  EXPECT_EQ(made->generation(), 0U);
  now += refreshed_anchors::patience;
  EXPECT_EQ(made->generation(), 1U);
  EXPECT_EQ(made->size(), 0U);
  now += refreshed_anchors::interval;
  EXPECT_EQ(made->generation(), 1U);
  works = true;
  now += refreshed_anchors::interval;
  EXPECT_EQ(made->description(), "another");
}

// Looks for as long as it takes to see a change.
bool comes_to_trust(const trust_store& store, const identity& server) {
  const auto until = std::chrono::steady_clock::now() + refreshed_anchors::interval * 5;
  bool trusted = false;
  while (!trusted && std::chrono::steady_clock::now() < until)
    trusted = test::judge({server.leaf()}, store, "server.test").trusted();
  return trusted;
}

TEST(trust_store, trusts_whom_its_file_names_now) {
  const test::temporary_folder folder;
  const auto first = test::root("First"), second = test::root("Second");
  const auto store = trust_store::pem_file(folder.file("ca.pem", first.leaf().pem())).value();
  const auto server = test::leaf("server.test", second);
  EXPECT_FALSE(test::judge({server.leaf()}, store, "server.test").trusted());
  folder.file("ca.pem", second.leaf().pem());
  EXPECT_TRUE(comes_to_trust(store, server));
}

TEST(trust_store, trusts_nobody_once_its_file_is_gone_or_empty) {
  const auto root = test::root("Root");
  const auto server = test::leaf("server.test", root);
  const auto comes_to_refuse = [&](const trust_store& store) {
    const auto until = std::chrono::steady_clock::now() + refreshed_anchors::interval * 5;
    bool refused = false;
    while (!refused && std::chrono::steady_clock::now() < until)
      refused = !test::judge({server.leaf()}, store, "server.test").trusted();
    return refused;
  };
  const test::temporary_folder of_emptied, of_removed, of_folder, of_gone;
  const auto pem = root.leaf().pem();
  const std::vector<trust_store> stores = {
      trust_store::pem_file(of_emptied.file("ca.pem", pem)).value(),
      trust_store::pem_file(of_removed.file("ca.pem", pem)).value(),
      (of_folder.file("ca.pem", pem), trust_store::directory(of_folder / "").value()),
      (of_gone.file("ca.pem", pem), trust_store::directory(of_gone / "").value()),
  };
  for (const auto& store : stores) EXPECT_TRUE(test::judge({server.leaf()}, store, "server.test").trusted());
  of_emptied.file("ca.pem", "");
  std::filesystem::remove(of_removed / "ca.pem");
  std::filesystem::remove(of_folder / "ca.pem");
  std::filesystem::remove_all(of_gone / "");
  for (const auto& store : stores) EXPECT_TRUE(comes_to_refuse(store)) << store.description();
}

TEST(trust_store, a_change_is_seen_without_a_free_descriptor) {
#ifdef SIGNET_UNDER_ADDRESS_SANITIZER
  GTEST_SKIP() << "UBSan looks at memory through descriptors of its own; the release build of .ci/run runs this";
#endif
  const test::temporary_folder folder;
  const auto first = test::root("First"), second = test::root("Second");
  const auto store = trust_store::pem_file(folder.file("ca.pem", first.leaf().pem())).value();
  std::filesystem::rename(folder.file("new", second.leaf().pem()), folder / "ca.pem");
  // As a peer that connects often enough has it.
  std::vector<int> all;
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit few = before;
  few.rlim_cur = 64;
  ::setrlimit(RLIMIT_NOFILE, &few);
  for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) all.push_back(fd);
  const bool trusted = comes_to_trust(store, test::leaf("server.test", second));
  for (const int fd : all) ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(trusted) << store.description();
}

TEST(trust_store, a_digest_is_of_the_certificates_wherever_they_are_read) {
  const test::temporary_folder folder;
  const auto first = test::root("First"), second = test::root("Second");
  const auto a = inside(trust_store::of({first.leaf(), second.leaf()})).digest();
  folder.file("a.pem", second.leaf().pem());
  folder.file("b.pem", first.leaf().pem());
  EXPECT_EQ(a, inside(trust_store::directory(folder / "").value()).digest());
  EXPECT_NE(a, inside(trust_store::of({first.leaf()})).digest());
  EXPECT_NE(a, inside(trust_store::none()).digest());
}

TEST(trust_store, a_relative_path_stays_the_same_one_when_the_current_folder_changes) {
  const test::temporary_folder here, there;
  const auto first = test::root("First"), second = test::root("Second"), stranger = test::root("Stranger");
  here.file("ca.pem", first.leaf().pem());
  there.file("ca.pem", stranger.leaf().pem());
  const test::current_folder in_here(here / "");
  const auto file = trust_store::pem_file("ca.pem").value();
  const auto folder = trust_store::directory(".").value();
  EXPECT_EQ(file.description(), "ca.pem, 1 certificate");
  const test::current_folder in_there(there / "");
  std::filesystem::rename(here.file("new", second.leaf().pem()), here / "ca.pem");
  for (const auto& store : {file, folder}) {
    EXPECT_TRUE(comes_to_trust(store, test::leaf("server.test", second))) << store.description();
    EXPECT_FALSE(test::judge({test::leaf("server.test", stranger).leaf()}, store, "server.test").trusted());
  }
  EXPECT_EQ(file.description(), "ca.pem, 1 certificate");
}

}  // namespace
}  // namespace signet
