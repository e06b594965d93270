#include "base/host_name.hpp"

#include <arpa/inet.h>
#include <idn2.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/ascii.hpp"
#include "base/printable.hpp"

namespace signet::base {
namespace {

constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_name = 253;
// More than the 253 octets of a name ever come from: a U-label takes up to four octets a character.
constexpr std::size_t longest_input = 1024;

struct idn2_freed {
  void operator()(void* p) const noexcept { idn2_free(p); }
};

error refused(std::string_view text, std::string_view why, std::string hint = {}) {
  return error(errc::invalid_name, base::quoted(text) + " is not a host name or address: " + std::string(why),
               std::move(hint));
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Four decimal numbers without leading zeros, which some systems read as octal.
bool is_ipv4_form(std::string_view text) {
  for (std::size_t start = 0; start <= text.size();) {
    const auto part = text.substr(start, text.find('.', start) - start);
    if (part.size() > 1 && part[0] == '0') return false;
    start += part.size() + 1;
  }
  return true;
}

std::optional<host_name> parse_address(std::string_view text) {
  host_name out;
  const std::string terminated(text);
  if (inet_pton(AF_INET, terminated.c_str(), out.address.data()) == 1 && is_ipv4_form(text)) {
    out.address_size = 4;
  } else if (inet_pton(AF_INET6, terminated.c_str(), out.address.data()) == 1) {
    out.address_size = 16;
  } else {
    return std::nullopt;
  }
  out.ascii = address_text(out.address.data(), out.address_size);
  return out;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// What is wrong with characters that no name can hold, in the words of the mistake that puts them there.
std::optional<error> refuse_characters(std::string_view text) {
  for (const char c : text) {
    if (c == '\0') return refused(text, "it holds a NUL");
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') return refused(text, "it holds a blank");
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return refused(text, "it holds a control character");
  }
  if (text.find("://") != text.npos)
    return refused(text, "it holds a scheme", "give the host alone, without scheme and path");
  if (text.find('/') != text.npos) return refused(text, "it holds a slash", "give the host alone, without a path");
  if (text.find('@') != text.npos) return refused(text, "it holds a user name", "give the host alone");
  if (text.find('*') != text.npos) return refused(text, "a wildcard names no one server");
  return std::nullopt;
}

result<host_name> parse_ipv6(std::string_view text) {
  auto inner = text;
  if (text.front() == '[') {
    const auto end = text.find(']');
    if (end == text.npos) return refused(text, "the bracket is not closed");
    if (end + 1 != text.size()) return refused(text, "something follows the bracket", "give the port separately");
    inner = text.substr(1, end - 1);
  }
  if (inner.find('%') != inner.npos) return refused(text, "zones have a meaning on one machine only");
  if (inner.find(':') != inner.npos)
    if (auto address = parse_address(inner)) return *std::move(address);
  const auto colon = inner.find(':');
  if (inner == text && colon == inner.rfind(':') && all_digits(inner.substr(colon + 1)))
    return refused(text, "it holds a port", "give the port separately");
  return refused(text, "it is not an IPv6 address");
}

// Whoever resolves such a name takes it for an address in one of the old notations ("127.1", "0x7f000001").
bool ends_in_number(std::string_view name) {
  const auto last = name.substr(name.rfind('.') + 1);
  if (all_digits(last)) return true;
  return last.size() >= 2 && last[0] == '0' && last[1] == 'x' &&
         std::all_of(last.begin() + 2, last.end(), is_hex_digit);
}

std::string_view label_problem(std::string_view label) {
  if (label.empty()) return "it has an empty label";
  if (label.size() > longest_label) return "a label is longer than 63 octets";
  if (label.front() == '-' || label.back() == '-') return "a label begins or ends with a hyphen";
  for (const char c : label)
    if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-' && c != '_') return "it holds a character no host name has";
  return {};
}

// A-labels, in lower case.
result<std::string> to_ascii(const std::string& name) {
  std::uint8_t* converted = nullptr;
  const int code = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(name.c_str()), &converted,
                                  IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<std::uint8_t, idn2_freed> owned(converted);
  if (code == IDN2_MALLOC) return error(errc::out_of_memory, "no memory left to convert a host name");
  if (code != IDN2_OK) return refused(name, idn2_strerror(code));
  return lower(std::string_view(reinterpret_cast<const char*>(converted)));
}

}  // namespace

std::string address_text(const std::uint8_t* octets, std::size_t size) {
  if (size != 4 && size != 16) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_ntop(size == 4 ? AF_INET : AF_INET6, octets, text.data(), static_cast<socklen_t>(text.size())) == nullptr)
    return {};
  return text.data();
}

bool is_zone(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; });
}

std::string without_zone(std::string_view host) {
  const auto zone = host.find('%');
  const bool has_one = host.find(':') != host.npos && zone != host.npos && is_zone(host.substr(zone + 1));
  return std::string(host.substr(0, has_one ? zone : host.npos));
}

std::string unicode_of(const std::string& ascii) {
  if (ascii.find("xn--") == ascii.npos) return ascii;
  char* converted = nullptr;
  if (idn2_to_unicode_8z8z(ascii.c_str(), &converted, 0) != IDN2_OK) return ascii;
  const std::unique_ptr<char, idn2_freed> owned(converted);
  // What does not lead back is another name.
  const auto back = to_ascii(converted);
  return back && *back == ascii ? printable(converted) : ascii;
}

result<host_name> parse_host_name(std::string_view text, a_labels how) {
  if (text.empty()) return error(errc::invalid_name, "the host name is empty");
  if (text.size() > longest_input) return refused(text, "it is longer than 253 octets");
  if (auto problem = refuse_characters(text)) return *std::move(problem);
  if (text.front() == '[' || text.find(':') != text.npos) return parse_ipv6(text);
  if (auto address = parse_address(text)) return *std::move(address);

  host_name out;
  out.ascii = lower(text);
  if (!is_ascii(text) || (how == a_labels::judged && out.ascii.find("xn--") != out.ascii.npos)) {
    auto converted = to_ascii(std::string(text));
    if (!converted) return std::move(converted).error();
    out.ascii = *std::move(converted);
  }
  if (out.ascii.ends_with('.')) out.ascii.pop_back();
  if (out.ascii.size() > longest_name) return refused(text, "it is longer than 253 octets");
  const std::string_view name = out.ascii;
  for (std::size_t start = 0; start <= name.size();) {
    const auto label = name.substr(start, name.find('.', start) - start);
    if (const auto problem = label_problem(label); !problem.empty()) return refused(text, problem);
    start += label.size() + 1;
  }
  if (ends_in_number(name)) return refused(text, "it looks like an address and is none");
  return out;
}

}  // namespace signet::base
