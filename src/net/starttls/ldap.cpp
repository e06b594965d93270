// StartTLS of LDAP: one request in BER and its answer (RFC 4511 sections 4.12 and 4.14).
#include <array>
#include <optional>
#include <utility>

#include "base/printable.hpp"
#include "net/starttls/conversation.hpp"

namespace signet::net {
namespace {

constexpr std::string_view awaited = "the answer to StartTLS";
constexpr std::string_view oid = "1.3.6.1.4.1.1466.20037";

// LDAPMessage { messageID 1, ExtendedRequest { requestName [0] } }
constexpr std::string_view request_head{"\x30\x1d\x02\x01\x01\x77\x18\x80\x16", 9};

enum tag : unsigned char {
  integer = 0x02,
  octet_string = 0x04,
  enumerated = 0x0a,
  sequence = 0x30,
  extended_response = 0x78,
  controls = 0xa0,
  referral = 0xa3,
  response_name = 0x8a,
  response_value = 0x8b,
};

// The length after a tag. LDAP allows definite lengths only (section 5.1); they need not be the shortest, and servers
// write four octets where one would do.
constexpr std::size_t most_length_octets = 4;

class ber_reader {
 public:
  explicit ber_reader(std::string_view bytes) noexcept : rest_(bytes) {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] bool next_is(tag expected) const noexcept {
    return !rest_.empty() && static_cast<unsigned char>(rest_[0]) == expected;
  }
  // The content of the next element, if it is this one.
  std::optional<std::string_view> take(tag expected) noexcept {
    if (!next_is(expected) || rest_.size() < 2) return {};
    const auto first = static_cast<unsigned char>(rest_[1]);
    std::size_t head = 2;
    std::size_t length = first;
    if (first >= 0x80) {
      const std::size_t octets = first & 0x7fU;
      if (octets == 0 || octets > most_length_octets || rest_.size() < head + octets) return {};
      length = 0;
      for (; head < 2 + octets; ++head) length = length << 8 | static_cast<unsigned char>(rest_[head]);
    }
    if (length > rest_.size() - head) return {};
    const auto content = rest_.substr(head, length);
    rest_.remove_prefix(head + length);
    return content;
  }
  // INTEGER and ENUMERATED as far as LDAP uses them: 0 to 2^31 - 1.
  std::optional<std::uint32_t> take_number(tag expected) noexcept {
    const auto content = take(expected);
    if (!content || content->empty() || content->size() > 4 || static_cast<unsigned char>((*content)[0]) >= 0x80)
      return {};
    std::uint32_t value = 0;
    for (const char octet : *content) value = value << 8 | static_cast<unsigned char>(octet);
    return value;
  }

 private:
  std::string_view rest_;
};

struct response {
  std::uint32_t message_id = 0;
  std::uint32_t result_code = 0;
  std::string_view diagnostic = {};
};

std::optional<response> parse_response(std::string_view message) noexcept {
  response out;
  ber_reader outer(message);
  const auto id = outer.take_number(integer);
  const auto operation = outer.take(extended_response);
  if (!id || !operation) return {};
  if (outer.next_is(controls) && !outer.take(controls)) return {};
  ber_reader inner(*operation);
  const auto code = inner.take_number(enumerated);
  const auto matched_dn = inner.take(octet_string);
  const auto diagnostic = inner.take(octet_string);
  if (!code || !matched_dn || !diagnostic) return {};
  for (const auto optional : {referral, response_name, response_value})
    if (inner.next_is(optional) && !inner.take(optional)) return {};
  if (!inner.at_end() || !outer.at_end()) return {};
  out.message_id = *id;
  out.result_code = *code;
  out.diagnostic = *diagnostic;
  return out;
}

// Appendix A.2, the codes section 4.14.1 speaks of and those met in practice.
std::string result_name(std::uint32_t code) {
  constexpr std::array<std::pair<std::uint32_t, std::string_view>, 8> names{{{0, "success"},
                                                                             {1, "operationsError"},
                                                                             {2, "protocolError"},
                                                                             {10, "referral"},
                                                                             {13, "confidentialityRequired"},
                                                                             {51, "busy"},
                                                                             {52, "unavailable"},
                                                                             {53, "unwillingToPerform"}}};
  for (const auto& [number, name] : names)
    if (number == code) return std::string(name);
  return "result " + std::to_string(code);
}

// A whole LDAPMessage, the octets after its SEQUENCE header.
result<std::string> read_message(conversation& with) {
  auto head = with.exactly(2, awaited);
  if (!head) return head;
  if (static_cast<unsigned char>((*head)[0]) != sequence) return with.unexpected(awaited, *head);
  const auto first = static_cast<unsigned char>((*head)[1]);
  std::size_t length = first;
  if (first >= 0x80) {
    const std::size_t octets = first & 0x7fU;
    if (octets == 0 || octets > most_length_octets) return with.unexpected(awaited, *head);
    auto more = with.exactly(octets, awaited);
    if (!more) return more;
    length = 0;
    for (const char octet : *more) length = length << 8 | static_cast<unsigned char>(octet);
  }
  return with.exactly(length, awaited);
}

}  // namespace

result<void> ldap_dialogue(conversation& with) {
  const auto request = std::string(request_head) + std::string(oid);
  if (auto sent = with.send(request, "ExtendedRequest StartTLS"); !sent) return sent;
  auto message = read_message(with);
  if (!message) return std::move(message).error();
  const auto answer = parse_response(*message);
  // Of the messages the server may send by itself there is one, and it says goodbye (section 4.4.1).
  if (!answer || answer->message_id > 1) return with.unexpected(awaited, *message);
  auto words = result_name(answer->result_code);
  if (!answer->diagnostic.empty()) words += ": " + std::string(answer->diagnostic);
  with.heard("ExtendedResponse " + words);
  if (answer->message_id == 1 && answer->result_code == 0) return {};
  return with.refused(words);
}

}  // namespace signet::net
