#include "http1/response.hpp"

#include "http1/characters.hpp"
#include "http1/violation.hpp"

namespace signet::http1 {
namespace {

constexpr std::string_view reading = "reading the HTTP response";

}  // namespace

result<status_line> status_line::parse(std::string_view line) {
  if (line.size() < 12 || !line.starts_with("HTTP/") || line.substr(6, 1) != "." || !is_digit(line[5]) ||
      !is_digit(line[7]) || line[8] != ' ' || !is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11]) ||
      (line.size() > 12 && line[12] != ' '))
    return violation(reading, "it does not begin with a status line but with " + quoted(line),
                     "HTTP/1.1 and a status of three digits", quoted(line));
  if (line[5] != '1')
    return violation(reading, "its version is not HTTP/1.x but " + std::string(line.substr(0, 8)), "HTTP/1.x",
                     std::string(line.substr(0, 8)));

  status_line out;
  out.code = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  out.minor_version = line[7] == '0' ? 0 : 1;
  out.words = line.substr(9);
  if (out.code < 100)
    return violation(reading, quoted(line.substr(9, 3)) + " is no status", "a status from 100 to 999",
                     quoted(line.substr(9, 3)));
  return out;
}

result<response> parse_response(std::string_view text, std::string_view method) {
  auto head = message_head::parse(text, line_ends::crlf_or_lf);
  if (!head) return std::move(head).error();
  const auto first = status_line::parse(head->start_line);
  if (!first) return first.error();

  response out;
  out.status = first->code;
  out.minor_version = first->minor_version;
  out.reason = first->words.size() > 4 ? first->words.substr(4) : std::string();
  out.fields = std::move(head->fields);
  if (out.status == 101) return violation(reading, "it changes the protocol, which nobody asked for");

  auto length = content_length(out.fields);
  if (!length) return std::move(length).error();
  const auto* coding = out.fields.find("Transfer-Encoding");
  if (coding != nullptr && *length)
    return violation(reading, "the length of its body is given in two ways", "Content-Length or Transfer-Encoding",
                     "both");
  if (out.is_interim() || out.status == 204 || out.status == 304 || method == "HEAD") return out;
  if (coding != nullptr) {
    if (out.minor_version == 0) return violation(reading, "HTTP/1.0 has no transfer codings", "", quoted(*coding));
    if (out.fields.count("Transfer-Encoding") != 1 || !same_ignoring_case(*coding, "chunked"))
      return violation(reading, "its transfer coding is " + quoted(*coding) + "; the only one we know is chunked",
                       "chunked", quoted(*coding));
    out.body = body_decoder::chunked();
  } else {
    out.body = *length ? body_decoder::sized(**length) : body_decoder::until_end();
  }
  return out;
}

}  // namespace signet::http1
