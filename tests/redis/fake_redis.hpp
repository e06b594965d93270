// A server that answers as it is told to, where a real Redis would behave.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>

#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "redis/reply.hpp"
#include "support/net_peers.hpp"

namespace signet::test {

class fake_redis {
 public:
  // What to answer to a command, as it goes on the wire; nothing to hang up.
  using answers = std::function<std::optional<std::string>(const redis::command&)>;

  explicit fake_redis(answers what)
      : what_(std::move(what)), end_(::eventfd(0, EFD_CLOEXEC)), thread_([this] { serve(); }) {}
  fake_redis(const fake_redis&) = delete;
  fake_redis& operator=(const fake_redis&) = delete;
  ~fake_redis() {
    ::eventfd_write(end_.get(), 1);
    thread_.join();
  }

  [[nodiscard]] std::string url() const { return "redis://127.0.0.1:" + std::to_string(door_.port()); }

 private:
  struct client {
    tcp_socket socket;
    redis::reply_reader reader = {};
  };

  void serve() {
    std::vector<client> clients;
    for (;;) {
      std::vector<pollfd> all = {{end_.get(), POLLIN, 0}, {door_.socket.get(), POLLIN, 0}};
      for (const auto& c : clients) all.push_back({c.socket.native_handle(), POLLIN, 0});
      if (::poll(all.data(), all.size(), -1) < 0) continue;
      if (all[0].revents != 0) return;
      for (std::size_t i = clients.size(); i-- > 0;)
        if (all[i + 2].revents != 0 && !answer(clients[i])) clients.erase(clients.begin() + static_cast<long>(i));
      if (all[1].revents != 0) clients.push_back({door_.accept()});
    }
  }

  // False when the connection is over.
  bool answer(client& c) {
    std::string buffer(4096, '\0');
    const auto got = c.socket.read_some(buffer, patience);
    if (!got || *got == 0) return false;
    c.reader.feed(std::string_view(buffer).substr(0, *got));
    for (;;) {
      auto asked = c.reader.next();
      if (!asked) return false;
      if (!*asked) return true;
      redis::command words;
      for (const auto& word : (*asked)->elements) words.push_back(word.text);
      const auto said = what_(words);
      if (!said || !c.socket.write_all(*said, patience)) return false;
    }
  }

  answers what_;
  plain_door door_ = open_door();
  base::descriptor end_;
  std::thread thread_;
};

// "$5\r\nhello\r\n"
inline std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

}  // namespace signet::test
