#include "http/static_site.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>

namespace {

using tool::byte_range;
using tool::range_outcome;
namespace fs = std::filesystem;

class static_site : public testing::Test {
 protected:
  static_site() {
    std::string name = (fs::temp_directory_path() / ("signet-site-" + std::string(6, 'X'))).string();
    root_ = ::mkdtemp(name.data());
    fs::create_directories(root_ / "www" / "sub");
    fs::create_directories(root_ / "www" / ".well-known");
    fs::create_directories(root_ / "www" / ".git");
    fs::create_directories(root_ / "www" / "bare");
    put("secret.txt", "outside");
    put("www/index.html", "<p>home</p>");
    put("www/sub/index.html", "<p>sub</p>");
    put("www/sub/a b.txt", "blank");
    put("www/.well-known/thing", "known");
    put("www/.git/config", "hidden");
    put("www/.hidden", "hidden");
    fs::create_symlink("index.html", root_ / "www" / "inside.html");
    fs::create_symlink("../index.html", root_ / "www" / "sub" / "up.html");
    fs::create_symlink("../secret.txt", root_ / "www" / "leak.txt");
    fs::create_symlink(root_ / "secret.txt", root_ / "www" / "leak2.txt");
    fs::create_symlink("..", root_ / "www" / "out");
    fs::create_symlink("/", root_ / "www" / "rootdir");
    ::mkfifo((root_ / "www" / "pipe").c_str(), 0600);
  }
  ~static_site() override { fs::remove_all(root_); }

  void put(const std::string& name, const std::string& text) const { std::ofstream(root_ / name) << text; }

  tool::http_answer ask(const std::string& target, const std::string& fields = "",
                        const std::string& method = "GET") const {
    auto parsed = signet::http1::parse_request(method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    EXPECT_TRUE(std::holds_alternative<signet::http1::request>(parsed)) << target;
    return tool::static_site::open(root_ / "www").value().answer(std::get<signet::http1::request>(parsed));
  }
  static std::string content(const tool::http_answer& answer) {
    std::string text(answer.length, '\0');
    const auto n = ::pread(answer.file.get(), text.data(), text.size(), static_cast<off_t>(answer.offset));
    text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return text;
  }
  static std::string field(const tool::http_answer& answer, const char* name) {
    const auto* value = answer.fields.find(name);
    return value == nullptr ? "" : *value;
  }

  fs::path root_;
};

TEST_F(static_site, serves_files_with_their_types) {
  const auto home = ask("/");
  EXPECT_EQ(home.status, 200);
  EXPECT_EQ(content(home), "<p>home</p>");
  EXPECT_EQ(field(home, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(content(ask("/sub/a%20b.txt?query")), "blank");
  EXPECT_EQ(content(ask("/.well-known/thing")), "known");
  EXPECT_EQ(content(ask("/inside.html")), "<p>home</p>");
  EXPECT_EQ(content(ask("/sub/up.html")), "<p>home</p>");
}

TEST_F(static_site, sends_a_folder_without_its_slash_to_the_one_with) {
  const auto moved = ask("/sub?q=1");
  EXPECT_EQ(moved.status, 301);
  EXPECT_EQ(field(moved, "Location"), "/sub/?q=1");
  EXPECT_EQ(content(ask("/sub/")), "<p>sub</p>");
  EXPECT_EQ(ask("/bare/").status, 404);
}

TEST_F(static_site, has_no_way_out) {
  for (const char* target : {"/../secret.txt",
                             "/%2e%2e/secret.txt",
                             "/.%2e/secret.txt",
                             "/sub/../../secret.txt",
                             "/sub/%2e%2e/%2e%2e/secret.txt",
                             "/..%2fsecret.txt",
                             "/%2e%2e%2fsecret.txt",
                             "/..\\secret.txt",
                             "/..%5csecret.txt",
                             "//etc/passwd",
                             "/%2fetc/passwd",
                             "/./index.html",
                             "/index.html%00.txt",
                             "/index.html/",
                             "/index.html/x",
                             "/leak.txt",
                             "/leak2.txt",
                             "/out/secret.txt",
                             "/rootdir/etc/passwd",
                             "/.git/config",
                             "/.hidden",
                             "/sub/.well-known/x",
                             "/pipe",
                             "/%",
                             "/%4",
                             "/%zz",
                             "/%250",
                             "*",
                             "/nothing",
                             "/sub//a%20b.txt",
                             "/%0d%0aX:y"}) {
    const auto answer = ask(target);
    EXPECT_EQ(answer.status, 404) << target;
    EXPECT_FALSE(answer.file) << target;
  }
}

TEST_F(static_site, knows_only_get_and_head) {
  const auto refused = ask("/", "", "PUT");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(field(refused, "Allow"), "GET, HEAD");
  EXPECT_EQ(ask("/", "", "HEAD").body_size(), 11U);
}

TEST_F(static_site, answers_ranges) {
  const auto part = ask("/", "Range: bytes=3-6\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(content(part), "home");
  EXPECT_EQ(field(part, "Content-Range"), "bytes 3-6/11");
  const auto beyond = ask("/", "Range: bytes=11-\r\n");
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(field(beyond, "Content-Range"), "bytes */11");
  EXPECT_EQ(ask("/", "Range: bytes=3-6\r\nIf-Range: \"other\"\r\n").status, 200);
  EXPECT_EQ(ask("/", "Range: bytes=3-6\r\nIf-Range: " + field(part, "ETag") + "\r\n").status, 206);
}

TEST_F(static_site, spares_what_has_not_changed) {
  const auto first = ask("/");
  EXPECT_EQ(ask("/", "If-None-Match: " + field(first, "ETag") + "\r\n").status, 304);
  EXPECT_EQ(ask("/", "If-None-Match: \"x\", W/" + field(first, "ETag") + "\r\n").status, 304);
  EXPECT_EQ(ask("/", "If-None-Match: \"x\"\r\n").status, 200);
  EXPECT_EQ(ask("/", "If-Modified-Since: " + field(first, "Last-Modified") + "\r\n").status, 304);
  EXPECT_EQ(ask("/", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n").status, 200);
  EXPECT_EQ(ask("/", "If-Modified-Since: yesterday\r\n").status, 200);
}

TEST_F(static_site, out_of_descriptors_is_503_and_not_a_missing_file) {
  const auto site = tool::static_site::open(root_ / "www").value();
  const auto asked = signet::http1::parse_request("GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n");
  const int next = ::dup(STDERR_FILENO);
  ASSERT_GE(next, 0);
  ::close(next);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit full = before;
  full.rlim_cur = static_cast<rlim_t>(next);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &full), 0);
  const auto refused = site.answer(std::get<signet::http1::request>(asked));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(site.answer(std::get<signet::http1::request>(asked)).status, 200);
}

TEST(range, is_read) {
  struct line {
    const char* value;
    std::uint64_t size;
    range_outcome outcome;
    std::uint64_t offset, length;
  };
  for (const auto& [value, size, outcome, offset, length] :
       {line{"bytes=0-0", 10, range_outcome::part, 0, 1},
        line{"bytes=0-", 10, range_outcome::part, 0, 10},
        line{"bytes=9-", 10, range_outcome::part, 9, 1},
        line{"bytes=5-99", 10, range_outcome::part, 5, 5},
        line{"bytes=-3", 10, range_outcome::part, 7, 3},
        line{"bytes=-30", 10, range_outcome::part, 0, 10},
        line{"Bytes= 2-3 ", 10, range_outcome::part, 2, 2},
        line{"bytes=10-", 10, range_outcome::unsatisfiable, 0, 0},
        line{"bytes=-0", 10, range_outcome::unsatisfiable, 0, 0},
        line{"bytes=0-", 0, range_outcome::unsatisfiable, 0, 0},
        line{"bytes=-1", 0, range_outcome::unsatisfiable, 0, 0},
        line{"bytes=99999999999999999999999-", 10, range_outcome::unsatisfiable, 0, 0},
        line{"bytes=1-99999999999999999999999", 10, range_outcome::part, 1, 9},
        line{"bytes=3-2", 10, range_outcome::whole, 0, 0},
        line{"bytes=0-1,3-4", 10, range_outcome::whole, 0, 0},
        line{"bytes=", 10, range_outcome::whole, 0, 0},
        line{"bytes=-", 10, range_outcome::whole, 0, 0},
        line{"bytes=a-b", 10, range_outcome::whole, 0, 0},
        line{"bytes=+1-2", 10, range_outcome::whole, 0, 0},
        line{"lines=1-2", 10, range_outcome::whole, 0, 0},
        line{"", 10, range_outcome::whole, 0, 0}}) {
    byte_range range;
    ASSERT_EQ(tool::parse_range(value, size, range), outcome) << value;
    if (outcome == range_outcome::part) {
      EXPECT_EQ(range.offset, offset) << value;
      EXPECT_EQ(range.length, length) << value;
    }
  }
}

}  // namespace
