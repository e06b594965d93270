// One dialogue before TLS: reads within bounds, and turns what goes wrong into sentences. It knows no protocol; those
// are below and know no socket, so that they can be fed from memory.
#pragma once

#include <signet/net/starttls.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "base/ascii.hpp"

namespace signet::net {

// Where a dialogue's bytes come from and go to. As tcp_socket's functions of the same names: what follows the delimiter
// stays for the next reader.
class plain_stream {
 public:
  plain_stream() = default;
  plain_stream(const plain_stream&) = delete;
  plain_stream& operator=(const plain_stream&) = delete;
  virtual ~plain_stream() = default;
  virtual result<std::string> read_until(std::string_view delimiter, read_limit limit) = 0;
  virtual result<void> read_exactly(byte_span buffer) = 0;
  virtual result<void> write_all(byte_view bytes) = 0;
};

class conversation {
 public:
  static constexpr std::size_t longest_line = std::size_t{8} << 10;
  static constexpr std::size_t most_lines = 200;
  static constexpr std::size_t most_bytes = std::size_t{256} << 10;

  using trace = decltype(starttls::options::trace);

  conversation(plain_stream& stream, starttls::protocol which, std::string whom, trace tell)
      : stream_(&stream), which_(which), whom_(std::move(whom)), tell_(std::move(tell)) {}

  // The next line without its end; `awaited` says in errors what it should have been: "the answer to EHLO".
  result<std::string> line(std::string_view awaited);
  // Up to and including the delimiter.
  result<std::string> until(std::string_view delimiter, std::string_view awaited);
  // `count` bytes, at most longest_line.
  result<std::string> exactly(std::size_t count, std::string_view awaited);

  // A line, or several with CR LF between them; CR LF is added. The lines of the answer are counted from here.
  result<void> say(std::string_view lines);
  result<void> send(byte_view bytes, std::string_view description);
  // For binary messages, which no line shows.
  void heard(std::string_view description) const;

  // starttls_refused, with the peer's own words where it had any.
  [[nodiscard]] error refused(std::string_view words, std::string hint = {}) const;
  // starttls_refused: the peer never offered it.
  [[nodiscard]] error not_offered(std::string_view what) const;
  // dialogue_failed.
  [[nodiscard]] error failed(const std::string& why, std::string hint = {}) const;
  // dialogue_failed: what came instead of what was awaited, and who may be speaking.
  [[nodiscard]] error unexpected(std::string_view awaited, std::string_view came) const;

 private:
  [[nodiscard]] error made(errc code, const std::string& why, std::string hint) const;
  [[nodiscard]] error reading_failed(const error& e, std::string_view awaited) const;
  [[nodiscard]] bool speaks_http() const noexcept;
  [[nodiscard]] error closed(std::string_view awaited) const;
  result<void> deliver(byte_view bytes);
  // Another piece of an answer came.
  result<void> count(std::size_t bytes, std::size_t pieces);

  plain_stream* stream_;
  starttls::protocol which_;
  std::string whom_;
  trace tell_;
  deadline::clock::time_point began_ = deadline::clock::now();
  std::size_t bytes_ = 0;
  std::size_t lines_ = 0;
};

// Case does not count in the commands and keywords of these protocols.
using base::same_ignoring_case;
// The text up to the next blank, which is taken away with it.
std::string_view take_word(std::string_view& text) noexcept;

// What a dialogue says of us and of the peer. Clean: nothing in them ends a line or a quotation.
struct dialogue_names {
  std::string own = {};
  // With own_name empty there is no `from`.
  std::string from = {};
  // "example.org" in Unicode, for XMPP.
  std::string domain = {};
  // "example.org:443" in A-labels, for HTTP.
  std::string authority = {};
};

result<void> smtp_dialogue(conversation& with, std::string_view hello, std::string_view own_name);
result<void> ftp_dialogue(conversation& with);
result<void> imap_dialogue(conversation& with);
result<void> pop3_dialogue(conversation& with);
result<void> nntp_dialogue(conversation& with);
result<void> sieve_dialogue(conversation& with);
result<void> ldap_dialogue(conversation& with);
result<void> xmpp_dialogue(conversation& with, std::string_view content, std::string_view to, std::string_view from);
result<void> postgres_dialogue(conversation& with);
result<void> mysql_dialogue(conversation& with);
result<void> connect_dialogue(conversation& with, std::string_view authority);
result<void> upgrade_dialogue(conversation& with, std::string_view authority);

// The one of `which`.
result<void> hold_dialogue(conversation& with, starttls::protocol which, const dialogue_names& names);

}  // namespace signet::net
