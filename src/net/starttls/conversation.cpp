#include "net/starttls/conversation.hpp"

#include <algorithm>
#include <array>

#include "base/printable.hpp"
#include "base/sentence.hpp"
#include "net/failure.hpp"
#include "tls/first_octets.hpp"

namespace signet::net {
namespace {

constexpr std::size_t longest_quotation = 300;
constexpr std::string_view not_this_port = "is this the right port, and the right protocol?";

// Who speaks like this, where somebody else was expected.
struct speaker {
  std::string_view opening;
  std::string_view what;
};
constexpr std::array speakers{
    speaker{"HTTP", "that is a web server's answer"},           speaker{"SSH-", "that is an SSH server"},
    speaker{"* OK", "that is how an IMAP server greets"},       speaker{"+OK", "that is how a POP3 server greets"},
    speaker{"220", "that is how an SMTP or FTP server greets"},
};

}  // namespace

std::string_view take_word(std::string_view& text) noexcept {
  const auto end = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

error conversation::made(errc code, const std::string& why, std::string hint) const {
  const auto phase = "starttls " + std::string(starttls::name(which_));
  return base::sentence{.whom = whom_, .phase = phase, .why = why, .hint = std::move(hint)}.as(code);
}

error conversation::refused(std::string_view words, std::string hint) const {
  return made(errc::starttls_refused, "the server refused: " + base::quoted(words, longest_quotation), std::move(hint));
}

error conversation::not_offered(std::string_view what) const {
  return made(errc::starttls_refused, "the server does not offer " + std::string(what),
              "it has no TLS here, or somebody on the way hides the offer; a port where TLS is spoken from the start "
              "leaves nothing to hide");
}

error conversation::failed(const std::string& why, std::string hint) const {
  return made(errc::dialogue_failed, why, std::move(hint));
}

error conversation::unexpected(std::string_view awaited, std::string_view came) const {
  if (!came.empty() && may_be_tls(came))
    return failed("the server speaks TLS already instead of sending " + std::string(awaited),
                  "TLS is spoken on this port from the start: connect without STARTTLS");
  auto why = "instead of " + std::string(awaited) + " came " + base::quoted(came);
  for (const auto& one : speakers) {
    if (came.starts_with(one.opening) && !speaks_http())
      return failed(why + ": " + std::string(one.what), std::string(not_this_port));
  }
  return failed(why, std::string(not_this_port));
}

bool conversation::speaks_http() const noexcept {
  return which_ == starttls::protocol::http_connect || which_ == starttls::protocol::http_upgrade;
}

error conversation::closed(std::string_view awaited) const {
  return made(errc::closed, "the server closed the connection instead of sending " + std::string(awaited),
              bytes_ == 0 ? "it may not want to talk to us, or expect TLS from the start, without STARTTLS" : "");
}

error conversation::reading_failed(const error& e, std::string_view awaited) const {
  switch (e.code()) {
    case errc::end_of_stream:
      return closed(awaited);
    case errc::limit_exceeded:
      return failed("a line longer than " + std::to_string(longest_line) + " bytes instead of " + std::string(awaited),
                    std::string(not_this_port));
    case errc::timed_out: {
      auto parts =
          timed_out(whom_, "starttls " + std::string(starttls::name(which_)), deadline::clock::now() - began_).parts();
      parts.message += " without " + std::string(awaited);
      parts.hint = bytes_ == 0 ? "the server has said nothing: it may expect TLS from the start, without STARTTLS, or "
                                 "speak another protocol"
                               : "";
      return error(std::move(parts));
    }
    default:
      return e;
  }
}

result<void> conversation::count(std::size_t bytes, std::size_t pieces) {
  bytes_ += bytes;
  lines_ += pieces;
  if (lines_ > most_lines) return failed("an answer of more than " + std::to_string(most_lines) + " lines");
  if (bytes_ > most_bytes) return failed("more than " + std::to_string(most_bytes) + " bytes before TLS");
  return {};
}

result<std::string> conversation::until(std::string_view delimiter, std::string_view awaited) {
  auto got = stream_->read_until(delimiter, {longest_line});
  if (!got) return reading_failed(got.error(), awaited);
  if (!got->ends_with(delimiter)) {
    // The end came first. What there was may tell who it was.
    bytes_ += got->size();
    return may_be_tls(*got) || (!speaks_http() && got->starts_with("HTTP")) ? unexpected(awaited, *got)
                                                                            : closed(awaited);
  }
  if (auto within = count(got->size(), 1); !within) return std::move(within).error();
  return got;
}

result<std::string> conversation::line(std::string_view awaited) {
  auto got = until("\n", awaited);
  if (!got) return got;
  got->pop_back();
  if (got->ends_with('\r')) got->pop_back();
  heard(*got);
  return got;
}

result<std::string> conversation::exactly(std::size_t size, std::string_view awaited) {
  if (size > longest_line)
    return failed(std::to_string(size) + " bytes announced for " + std::string(awaited), std::string(not_this_port));
  std::string got(size, '\0');
  if (auto read = stream_->read_exactly(got); !read) return reading_failed(read.error(), awaited);
  if (auto within = count(size, 0); !within) return std::move(within).error();
  return got;
}

result<void> conversation::say(std::string_view lines) {
  for (auto rest = lines; tell_ && !rest.empty();) {
    const auto end = std::min(rest.find("\r\n"), rest.size());
    tell_(starttls::direction::sent, base::printable(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return deliver(std::string(lines) + "\r\n");
}

result<void> conversation::send(byte_view bytes, std::string_view description) {
  if (tell_) tell_(starttls::direction::sent, base::printable(description));
  return deliver(bytes);
}

result<void> conversation::deliver(byte_view bytes) {
  lines_ = 0;
  return stream_->write_all(bytes);
}

void conversation::heard(std::string_view description) const {
  if (tell_) tell_(starttls::direction::received, base::printable(description));
}

}  // namespace signet::net
