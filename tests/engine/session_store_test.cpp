#include <signet/tls/session_store.hpp>

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <functional>
#include <future>
#include <sstream>
#include <thread>
#include <vector>

#include "base/descriptor.hpp"
#include "support/pki.hpp"
#include "tls/session_records.hpp"
#include "verify/current_folder.hpp"

namespace signet {
namespace {

using namespace std::chrono_literals;
using base::descriptor;
using path = std::filesystem::path;
using strings = std::vector<std::string>;
using store = std::shared_ptr<session_store>;

std::chrono::sys_seconds in(std::chrono::seconds from_now) {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + from_now;
}

store opened(const path& file) {
  return session_file(file).value();
}

void add(const store& to, const std::string& key, const std::string& value) {
  to->add(key, value, in(1h));
}

// All that is there of a key, the newest first. It is gone then.
strings take_all(const store& from, const std::string& key) {
  strings out;
  while (auto value = from->take(key)) out.push_back(*std::move(value));
  return out;
}

mode_t mode_of(const path& file) {
  struct stat is {};
  return ::stat(file.c_str(), &is) == 0 ? is.st_mode & 07777U : 0;
}

void write(const path& file, std::string_view content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

// Of a child process, which writes its lines to what it is given.
class child {
 public:
  template <class Work>
  explicit child(Work work) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      std::ostringstream out;
      work(out);
      const auto text = out.str();
      ::close(ends[0]);
      for (std::size_t done = 0; done < text.size();) {
        const auto written = ::write(ends[1], text.data() + done, text.size() - done);
        if (written <= 0) ::_exit(1);
        done += static_cast<std::size_t>(written);
      }
      ::_exit(0);
    }
    ::close(ends[1]);
    out_ = descriptor(ends[0]);
  }

  strings lines() {
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t got = 0; (got = ::read(out_.get(), part.data(), part.size())) > 0;)
      text.append(part.data(), static_cast<std::size_t>(got));
    int status = -1;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    EXPECT_EQ(status, 0);
    strings out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }

 private:
  pid_t pid_ = -1;
  descriptor out_;
};

// Files may not grow beyond this for a while.
class room_for {
 public:
  explicit room_for(rlim_t octets) {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    auto tight = before_;
    tight.rlim_cur = octets;
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  }
  ~room_for() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, on_excess_);
  }
  room_for(const room_for&) = delete;
  room_for& operator=(const room_for&) = delete;

 private:
  rlimit before_{};
  void (*on_excess_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

std::string with_digest(const std::string& text) {
  std::string digest(32, '\0');
  EXPECT_EQ(EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, EVP_sha256(),
                       nullptr),
            1);
  return text + digest;
}

TEST(session_store, gives_the_newest_value_back_until_it_is_taken) {
  const test::temporary_folder folder;
  const auto file = folder / "sessions";
  const auto first = opened(file);
  EXPECT_FALSE(first->find("peer"));
  EXPECT_FALSE(first->take("peer"));
  first->remove("peer");
  EXPECT_FALSE(std::filesystem::exists(file)) << "nothing was kept";
  add(first, "peer", "old");
  add(first, "peer", "new");
  add(first, "other", "its own");
  // As another process would.
  const auto second = opened(file);
  EXPECT_EQ(second->find("peer"), "new");
  EXPECT_EQ(second->find("peer"), "new");
  EXPECT_EQ(second->take("peer"), "new");
  EXPECT_EQ(first->find("peer"), "old");
  EXPECT_EQ(first->take("peer"), "old");
  EXPECT_FALSE(second->take("peer"));
  EXPECT_FALSE(second->find("pee"));
  EXPECT_EQ(second->find("other"), "its own");
}

TEST(session_store, removes_all_values_of_one_key) {
  const test::temporary_folder folder;
  const auto sessions = opened(folder / "sessions");
  for (const auto* value : {"1", "2", "3"}) add(sessions, "peer", value);
  add(sessions, "peer 2", "stays");
  sessions->remove("peer");
  EXPECT_FALSE(sessions->find("peer"));
  EXPECT_EQ(sessions->find("peer 2"), "stays");
}

TEST(session_store, values_are_any_octets_and_keys_are_short_lines) {
  const test::temporary_folder folder;
  const auto sessions = opened(folder / "sessions");
  std::string every;
  for (int i = 0; i < 512; ++i) every += static_cast<char>(i);
  const std::string largest(session_records::longest_value, '\xff'), key(session_records::longest_key, '~');
  for (const auto& value : {every, std::string(), largest}) {
    add(sessions, key, value);
    EXPECT_EQ(sessions->take(key), value);
  }
  const auto before = test::contents_of(folder / "sessions");
  add(sessions, "peer", largest + 'x');
  for (const auto& wrong : {std::string(), key + '~', std::string("a\nb"), std::string("a\0b", 3), std::string("\x7f"),
                            std::string("b\xc3\xbc")})
    add(sessions, wrong, "value");
  EXPECT_EQ(test::contents_of(folder / "sessions"), before);
}

TEST(session_store, what_has_expired_is_not_there_and_leaves_with_the_next_change) {
  const test::temporary_folder folder;
  const auto file = folder / "sessions";
  const auto sessions = opened(file);
  sessions->add("peer", "late", in(0s));
  sessions->add("peer", "late", std::chrono::sys_seconds::min());
  EXPECT_FALSE(std::filesystem::exists(file));
  session_records records;
  ASSERT_TRUE(records.add({"peer", "lasting", std::chrono::sys_seconds::max()}));
  ASSERT_TRUE(records.add({"peer", "over", in(-1s)}));
  ASSERT_TRUE(records.add({"gone", "over", std::chrono::sys_seconds(0s)}));
  write(file, records.text());
  EXPECT_EQ(sessions->find("peer"), "lasting");
  EXPECT_FALSE(sessions->find("gone"));
  EXPECT_FALSE(sessions->take("gone"));
  EXPECT_NE(test::contents_of(file).find("over"), std::string::npos);
  add(sessions, "other", "value");
  EXPECT_EQ(test::contents_of(file).find("over"), std::string::npos);
  EXPECT_EQ(take_all(sessions, "peer"), strings{"lasting"});
}

TEST(session_store, keeps_eight_of_a_key_and_a_thousand_in_all) {
  const test::temporary_folder folder;
  const auto sessions = opened(folder / "sessions");
  add(sessions, "first of all", "value");
  for (int i = 0; i < 10; ++i) add(sessions, "peer", std::to_string(i));
  EXPECT_EQ(sessions->find("first of all"), "value");
  EXPECT_EQ(take_all(sessions, "peer"), (strings{"9", "8", "7", "6", "5", "4", "3", "2"}));
  for (int i = 0; i < 999; ++i) add(sessions, "peer " + std::to_string(i), "value");
  EXPECT_TRUE(sessions->find("first of all"));
  add(sessions, "last", "value");
  EXPECT_FALSE(sessions->find("first of all"));
  for (const auto* there : {"peer 0", "peer 998", "last"}) EXPECT_TRUE(sessions->find(there)) << there;
}

TEST(session_store, its_file_stays_within_four_mebibytes) {
  const test::temporary_folder folder;
  const auto file = folder / "sessions";
  const auto sessions = opened(file);
  const std::string value(session_records::longest_value, 'x');
  for (int i = 0; i < 65; ++i) add(sessions, "peer " + std::to_string(i), value);
  EXPECT_LE(std::filesystem::file_size(file), session_records::most_octets);
  EXPECT_GT(std::filesystem::file_size(file), session_records::most_octets - 2 * value.size());
  EXPECT_FALSE(sessions->find("peer 0"));
  EXPECT_EQ(sessions->find("peer 64"), value);
  EXPECT_EQ(sessions->find("peer 2"), value);
}

TEST(session_store, a_damaged_file_is_empty_and_is_replaced) {
  const test::temporary_folder folder;
  const auto file = folder / "sessions";
  const auto sessions = opened(file);
  add(sessions, "peer", "first");
  add(sessions, "peer", "second");
  const auto sound = test::contents_of(file);
  const auto expect_empty = [&](const std::string& content) {
    write(file, content);
    EXPECT_FALSE(sessions->find("peer"));
    EXPECT_FALSE(sessions->take("peer"));
    add(sessions, "peer", "third");
    EXPECT_EQ(take_all(sessions, "peer"), strings{"third"});
  };
  for (std::size_t at = 0; at < sound.size(); ++at) {
    SCOPED_TRACE(at);
    auto altered = sound;
    altered[at] = static_cast<char>(altered[at] ^ 0x01);
    expect_empty(altered);
    expect_empty(sound.substr(0, at));
  }
  expect_empty(sound + '\n');
  expect_empty(sound + sound);
  expect_empty(std::string(1'000'000, '\0'));
  write(file, sound);
  EXPECT_EQ(take_all(sessions, "peer"), (strings{"second", "first"}));
}

TEST(session_store, a_file_whose_lengths_do_not_add_up_is_empty) {
  const test::temporary_folder folder;
  const auto file = folder / "sessions";
  const auto sessions = opened(file);
  add(sessions, "peer", "value");
  auto sound = test::contents_of(file);
  sound.resize(sound.size() - 32);
  ASSERT_EQ(with_digest(sound), test::contents_of(file));
  const auto first_record = sound.find('\n') + 1;
  for (const std::string& content :
       {// Of another version.
        "signet sessions 2\n" + sound.substr(first_record),
        // The key's length, the value's, and both.
        sound.substr(0, first_record) + std::string(4, '\xff') + sound.substr(first_record + 4),
        sound.substr(0, first_record + 4) + std::string(4, '\xff') + sound.substr(first_record + 8),
        sound.substr(0, first_record) + std::string(8, '\xff') + sound.substr(first_record + 8),
        // What is left over is no record.
        sound + "x", sound + std::string(15, '\0')}) {
    write(file, with_digest(content));
    EXPECT_FALSE(sessions->find("peer"));
    add(sessions, "peer", "new");
    EXPECT_EQ(take_all(sessions, "peer"), strings{"new"});
  }
}

TEST(session_store, a_huge_file_is_not_read_and_is_replaced) {
  const test::temporary_folder folder;
  const auto file = folder.file("sessions", "");
  for (const std::uintmax_t size : {session_records::most_octets + 1, std::size_t{1} << 33}) {
    std::filesystem::resize_file(file, size);
    const auto sessions = opened(file);
    EXPECT_FALSE(sessions->find("peer"));
    add(sessions, "peer", "value");
    EXPECT_EQ(sessions->take("peer"), "value");
    EXPECT_LT(std::filesystem::file_size(file), 1000U);
  }
}

TEST(session_store, its_file_is_for_its_owner_only) {
  const test::temporary_folder folder;
  const auto file = folder / "sessions";
  const auto umask_before = ::umask(0);
  add(opened(file), "peer", "value");
  ::umask(umask_before);
  EXPECT_EQ(mode_of(file), 0600U);

  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  const auto sessions = opened(file);
  EXPECT_EQ(mode_of(file), 0600U) << "before anything is written";
  // Somebody who had it open when anybody could read it.
  ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
  const descriptor other(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  add(sessions, "peer", "a secret");
  EXPECT_EQ(mode_of(file), 0600U);
  std::string seen(4096, '\0');
  const auto got = ::pread(other.get(), seen.data(), seen.size(), 0);
  ASSERT_GT(got, 0);
  EXPECT_NE(seen.find("value"), std::string::npos);
  EXPECT_EQ(seen.find("a secret"), std::string::npos);
  EXPECT_EQ(take_all(sessions, "peer"), (strings{"a secret", "value"}));

  ASSERT_EQ(::chmod(file.c_str(), 04777), 0);
  EXPECT_FALSE(sessions->find("peer"));
  EXPECT_EQ(mode_of(file), 0600U);
}

TEST(session_store, what_is_no_file_of_ones_own_is_refused_at_once) {
  const test::temporary_folder folder;
  std::filesystem::create_directory(folder / "folder");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  const descriptor bound(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  (folder / "socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(bound.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  for (const auto* kind : {"folder", "pipe", "socket"})
    std::filesystem::create_symlink(kind, folder / ("link to " + std::string(kind)));
  std::filesystem::create_symlink("/dev/null", folder / "link to device");
  std::filesystem::create_symlink("round", folder / "round");
  path strangers = "/etc/passwd";
  if (::geteuid() == 0) {
    strangers = folder.file("strangers", "");
    ASSERT_EQ(::chown(strangers.c_str(), 65534, 65534), 0);
  }
  for (const path& named :
       {folder / "folder", folder / "folder/", folder / "pipe", folder / "socket", folder / "link to folder",
        folder / "link to pipe", folder / "link to socket", folder / "link to device", folder / "round",
        path("/dev/null"), path("/dev/full"), path("/dev/zero"), strangers, path(), path(std::string("a\0b", 3)),
        folder / std::string(5000, 'x')}) {
    SCOPED_TRACE(named.string().substr(0, 200));
    const auto made = session_file(named);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), errc::file_not_readable) << made.error().message();
  }
  EXPECT_EQ(mode_of(folder / "pipe"), 0600U);
  EXPECT_NE(session_file(strangers).error().message().find("it belongs to somebody else"), std::string::npos);
}

TEST(session_store, a_folder_that_is_not_there_is_told) {
  const test::temporary_folder folder;
  const auto made = session_file(folder / "absent" / "sessions");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), errc::file_io_failed);
  EXPECT_NE(made.error().hint().find("folder"), std::string::npos);
}

TEST(session_store, what_takes_the_place_of_its_file_later_holds_nobody_up) {
  const test::temporary_folder folder;
  const auto file = folder / "sessions";
  const auto sessions = opened(file);
  add(sessions, "peer", "value");
  const auto expect_nothing = [&] {
    auto tried = std::async(std::launch::async, [&] {
      add(sessions, "peer", "value");
      sessions->remove("other");
      return sessions->find("peer") || sessions->take("peer");
    });
    ASSERT_EQ(tried.wait_for(20s), std::future_status::ready);
    EXPECT_FALSE(tried.get());
  };
  std::filesystem::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0644), 0);
  expect_nothing();
  EXPECT_EQ(mode_of(file), 0644U);
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  expect_nothing();
  std::filesystem::remove(file);
  std::filesystem::create_symlink("/dev/full", file);
  expect_nothing();
  std::filesystem::remove(file);
  add(sessions, "peer", "value");
  EXPECT_EQ(sessions->take("peer"), "value");
}

TEST(session_store, a_link_to_its_file_stays_one) {
  const test::temporary_folder folder, elsewhere;
  const auto link = folder / "sessions";
  // What it leads to does not have to be there.
  std::filesystem::create_symlink(elsewhere / "kept", link);
  const auto sessions = opened(link);
  add(sessions, "peer", "first");
  add(sessions, "peer", "second");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(opened(elsewhere / "kept")->take("peer"), "second");
  EXPECT_EQ(sessions->take("peer"), "first");
}

TEST(session_store, its_file_stays_the_same_one_when_the_current_folder_changes) {
  const test::temporary_folder here, there;
  const test::current_folder in_here(here / "");
  const auto sessions = opened("sessions");
  const test::current_folder in_there(there / "");
  add(sessions, "peer", "value");
  EXPECT_TRUE(std::filesystem::exists(here / "sessions"));
  EXPECT_FALSE(std::filesystem::exists(there / "sessions"));
}

TEST(session_store, leaves_nothing_beside_its_file) {
  const test::temporary_folder folder;
  const auto sessions = opened(folder / "sessions");
  for (int i = 0; i < 5; ++i) add(sessions, "peer", "value");
  {
    const room_for none(10);
    add(sessions, "peer", "another");
  }
  EXPECT_EQ(take_all(sessions, "peer").size(), 5U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / ""), {}), 1);
}

TEST(session_store, on_a_full_disk_nothing_is_kept_and_nothing_is_given_away) {
  const test::temporary_folder folder;
  const auto file = folder / "sessions";
  const auto sessions = opened(file);
  add(sessions, "peer", "first");
  const auto before = test::contents_of(file);
  {
    const room_for half_a_value(before.size() + 10);
    add(sessions, "peer", std::string(100, 'x'));
    EXPECT_EQ(sessions->find("peer"), "first");
  }
  {
    const room_for none(10);
    // What cannot be removed would be there for the next one, too.
    EXPECT_FALSE(sessions->take("peer"));
    sessions->remove("peer");
    EXPECT_EQ(sessions->find("peer"), "first");
  }
  EXPECT_EQ(test::contents_of(file), before);
  EXPECT_EQ(take_all(sessions, "peer"), strings{"first"});
}

TEST(session_store, in_a_read_only_folder_nothing_is_kept_and_nothing_is_given_away) {
  const test::temporary_folder folder;
  const auto inside = folder / "inside";
  std::filesystem::create_directory(inside);
  const bool is_root = ::geteuid() == 0;
  if (is_root) {
    ASSERT_EQ(::chmod((folder / "").c_str(), 0755), 0);
    ASSERT_EQ(::chown(inside.c_str(), 65534, 65534), 0);
  }
  child other([&](std::ostream& out) {
    // Modes do not hold root back.
    if (is_root && ::setresuid(65534, 65534, 65534) != 0) return;
    const auto sessions = opened(inside / "sessions");
    add(sessions, "peer", "first");
    ::chmod(inside.c_str(), 0555);
    add(sessions, "peer", "second");
    out << "taken: " << sessions->take("peer").value_or("nothing") << '\n';
    out << "found: " << sessions->find("peer").value_or("nothing") << '\n';
    for (const auto* named : {"sessions", "new"}) out << name(session_file(inside / named).error().code()) << '\n';
    ::chmod(inside.c_str(), 0755);
    out << "taken: " << sessions->take("peer").value_or("nothing") << '\n';
    ::chmod((inside / "sessions").c_str(), 0);
    add(sessions, "peer", "third");
    out << "found: " << sessions->find("peer").value_or("nothing") << '\n';
    out << name(session_file(inside / "sessions").error().code()) << '\n';
  });
  EXPECT_EQ(other.lines(), (strings{"taken: nothing", "found: first", "file_io_failed", "file_io_failed",
                                    "taken: first", "found: nothing", "file_not_readable"}));
}

TEST(session_store, a_lock_that_somebody_else_keeps_is_not_waited_for_without_end) {
  const test::temporary_folder folder;
  const auto file = folder / "sessions";
  const auto sessions = opened(file);
  add(sessions, "peer", "first");
  const descriptor other(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(other.get(), LOCK_SH), 0);
  auto tried = std::async(std::launch::async, [&] {
    add(sessions, "peer", "second");
    sessions->remove("peer");
    return sessions->take("peer");
  });
  ASSERT_EQ(tried.wait_for(60s), std::future_status::ready);
  EXPECT_FALSE(tried.get());
  // Reading needs none.
  EXPECT_EQ(sessions->find("peer"), "first");
  ASSERT_EQ(::flock(other.get(), LOCK_UN), 0);
  EXPECT_EQ(take_all(sessions, "peer"), strings{"first"});
}

TEST(session_store, two_processes_lose_nothing_and_get_nothing_twice) {
  const test::temporary_folder folder;
  const auto file = folder / "sessions";
  constexpr int each = 200;
  const auto key = [](int of, int number) { return "peer " + std::to_string(of) + '.' + std::to_string(number); };
  const auto work = [&](int own) {
    return [&, own](std::ostream& taken) {
      const auto sessions = opened(file);
      for (int i = 0; i < each; ++i) {
        add(sessions, key(own, i), "value of " + key(own, i));
        // Its own every third time, and what the other has added or is about to.
        if (i % 3 == 0)
          if (const auto value = sessions->take(key(own, i))) taken << *value << '\n';
        if (const auto value = sessions->take(key(1 - own, i))) taken << *value << '\n';
      }
    };
  };
  child one(work(0)), other(work(1));
  auto all = one.lines();
  const auto by_other = other.lines();
  all.insert(all.end(), by_other.begin(), by_other.end());
  EXPECT_GE(all.size(), 2U * (each / 3));
  strings expected;
  const auto sessions = opened(file);
  for (int of = 0; of < 2; ++of)
    for (int i = 0; i < each; ++i) {
      expected.push_back("value of " + key(of, i));
      const auto left = take_all(sessions, key(of, i));
      all.insert(all.end(), left.begin(), left.end());
    }
  std::sort(all.begin(), all.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(all, expected);
}

TEST(session_store, processes_that_want_the_same_values_share_them_out) {
  const test::temporary_folder folder;
  const auto file = folder / "sessions";
  constexpr int keys = 25, of_key = 8;
  strings expected;
  session_records filled;
  for (int k = 0; k < keys; ++k)
    for (int i = 0; i < of_key; ++i) {
      expected.push_back(std::to_string(k) + '.' + std::to_string(i));
      ASSERT_TRUE(filled.add({std::to_string(k), expected.back(), in(1h)}));
    }
  write(file, filled.text());
  const auto work = [&](std::ostream& taken) {
    const auto sessions = opened(file);
    for (int k = 0; k < keys; ++k)
      for (const auto& value : take_all(sessions, std::to_string(k))) taken << value << '\n';
  };
  child one(work), other(work);
  auto all = one.lines();
  const auto by_other = other.lines();
  all.insert(all.end(), by_other.begin(), by_other.end());
  std::sort(all.begin(), all.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(all, expected);
}

TEST(session_store, threads_share_it) {
  const test::temporary_folder folder;
  const auto sessions = opened(folder / "sessions");
  constexpr int each = 40;
  std::array<strings, 4> taken;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < taken.size(); ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        add(sessions, "peer " + std::to_string(i), std::to_string(i) + '.' + std::to_string(t));
        if (auto value = sessions->take("peer " + std::to_string(i))) taken[t].push_back(*std::move(value));
      }
    });
  for (auto& thread : threads) thread.join();
  strings all;
  for (const auto& some : taken) all.insert(all.end(), some.begin(), some.end());
  for (int i = 0; i < each; ++i)
    for (const auto& value : take_all(sessions, "peer " + std::to_string(i))) all.push_back(value);
  EXPECT_EQ(all.size(), each * taken.size());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end()) << "one came twice";
}

}  // namespace
}  // namespace signet
