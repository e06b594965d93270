// PostgreSQL and MySQL: a message that asks for TLS before anybody logs in.
#include <cstdint>

#include "net/starttls/conversation.hpp"

namespace signet::net {
namespace {

std::size_t big_endian(std::string_view octets) noexcept {
  std::size_t value = 0;
  for (const char octet : octets) value = value << 8 | static_cast<unsigned char>(octet);
  return value;
}
std::size_t little_endian(std::string_view octets) noexcept {
  return big_endian(std::string(octets.rbegin(), octets.rend()));
}

// The message in an ErrorResponse: fields of a letter and a text that NUL ends, M for people.
std::string_view message_of(std::string_view fields) noexcept {
  while (!fields.empty() && fields[0] != '\0') {
    const auto end = fields.find('\0', 1);
    if (end == std::string_view::npos) break;
    if (fields[0] == 'M') return fields.substr(1, end - 1);
    fields.remove_prefix(end + 1);
  }
  return {};
}

// Capabilities of MySQL's protocol (Capabilities Flags).
constexpr std::uint32_t long_password = 0x1;
constexpr std::uint32_t protocol_41 = 0x200;
constexpr std::uint32_t ssl = 0x800;
constexpr std::uint32_t secure_connection = 0x8000;
constexpr std::uint32_t plugin_auth = 0x80000;

}  // namespace

result<void> postgres_dialogue(conversation& with) {
  constexpr std::string_view awaited = "the answer to SSLRequest";
  // Length 8, and the code 80877103 where a version would stand.
  constexpr std::string_view request{"\0\0\0\x08\x04\xd2\x16\x2f", 8};
  if (auto sent = with.send(request, "SSLRequest"); !sent) return sent;
  // One byte and no more: what comes after it would be an injection (CVE-2021-23222).
  auto answer = with.exactly(1, awaited);
  if (!answer) return std::move(answer).error();
  switch ((*answer)[0]) {
    case 'S':
      with.heard("S");
      return {};
    case 'N':
      with.heard("N");
      return with.refused("N",
                          "the server has no TLS switched on (ssl = on in postgresql.conf), or somebody on the "
                          "way answered for it");
    case 'E': {
      auto length = with.exactly(4, awaited);
      if (!length) return std::move(length).error();
      // Before protocol 3 there was no length but a text that NUL ends. No message of today is so long.
      if ((*length)[0] != '\0') {
        constexpr std::string_view nul{"\0", 1};
        auto words = *length;
        if (words.find('\0') == words.npos) {
          auto rest = with.until(nul, awaited);
          if (!rest) return std::move(rest).error();
          words += *rest;
        }
        words.resize(words.find('\0'));
        while (words.ends_with('\n')) words.pop_back();
        with.heard("E " + words);
        return with.refused(words);
      }
      if (big_endian(*length) < 4) return with.unexpected(awaited, *answer + *length);
      auto fields = with.exactly(big_endian(*length) - 4, awaited);
      if (!fields) return std::move(fields).error();
      const auto words = message_of(*fields);
      with.heard("ErrorResponse " + std::string(words));
      return with.refused(words.empty() ? "E" : words);
    }
    default:
      return with.unexpected(awaited, *answer);
  }
}

result<void> mysql_dialogue(conversation& with) {
  constexpr std::string_view greeting = "a greeting";
  // Three octets of length, and the sequence number.
  auto head = with.exactly(4, greeting);
  if (!head) return std::move(head).error();
  const auto length = little_endian(std::string_view(*head).substr(0, 3));
  if ((*head)[3] != 0 || length == 0 || length > conversation::longest_line) return with.unexpected(greeting, *head);
  auto packet = with.exactly(length, greeting);
  if (!packet) return std::move(packet).error();
  const std::string_view payload = *packet;
  const auto version = static_cast<unsigned char>(payload[0]);
  if (version == 0xff) {
    // A number, and words: "Too many connections". There is no SQL state this early.
    const auto words = payload.substr(payload.size() < 3 ? payload.size() : 3);
    with.heard("error " + std::string(words));
    return with.refused(words);
  }
  if (version != 10) return with.unexpected(greeting, *packet);
  const auto end_of_name = payload.find('\0', 1);
  // After the name: connection id 4, scramble 8, filler 1, capabilities 2.
  if (end_of_name == std::string_view::npos || payload.size() < end_of_name + 1 + 15)
    return with.unexpected(greeting, *packet);
  with.heard("handshake of " + std::string(payload.substr(1, end_of_name - 1)));
  const auto offered = little_endian(payload.substr(end_of_name + 1 + 13, 2));
  if ((offered & protocol_41) == 0) return with.failed("the server is older than MySQL 4.1");
  if ((offered & ssl) == 0) return with.not_offered("TLS");

  std::string request{"\x20\0\0\x01", 4};
  const auto add = [&request](std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) request += static_cast<char>(value >> shift & 0xff);
  };
  constexpr std::uint32_t largest_packet = 1U << 24;
  constexpr char utf8mb4 = 45;
  add(long_password | protocol_41 | ssl | secure_connection | plugin_auth);
  add(largest_packet);
  request += utf8mb4;
  request.append(23, '\0');
  // No answer: the handshake is next.
  return with.send(request, "SSLRequest");
}

}  // namespace signet::net
