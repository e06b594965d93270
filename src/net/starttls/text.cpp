// The protocols of lines: mail, news and files.
#include <charconv>
#include <optional>
#include <vector>

#include "net/starttls/conversation.hpp"

namespace signet::net {
namespace {

constexpr std::string_view greeting = "a greeting";
constexpr std::string_view go_ahead = "the answer to STARTTLS";

bool begins_with_word(std::string_view line, std::string_view word) noexcept {
  return same_ignoring_case(take_word(line), word);
}

// Three digits and what they are followed by (RFC 5321 section 4.2, RFC 959 section 4.2).
struct numbered_line {
  int code = 0;
  bool last = true;
  std::string_view text = {};
};

std::optional<numbered_line> read_number(std::string_view line) noexcept {
  if (line.size() < 3 || line[0] < '1' || line[0] > '5') return {};
  numbered_line out;
  const auto [end, why] = std::from_chars(line.data(), line.data() + 3, out.code);
  if (why != std::errc() || end != line.data() + 3) return {};
  if (line.size() == 3) return out;
  if (line[3] != ' ' && line[3] != '-') return {};
  out.last = line[3] == ' ';
  out.text = line.substr(4);
  return out;
}

// What stands between the first and the last line of an answer.
enum class middle_lines : unsigned char { numbered, free };

struct numbered_answer {
  int code = 0;
  std::vector<std::string> texts = {};

  // The refusal as the server put it, lines joined.
  [[nodiscard]] std::string words() const {
    auto out = std::to_string(code);
    for (const auto& one : texts) out += (&one == &texts.front() ? " " : " / ") + one;
    return out;
  }
};

result<numbered_answer> read_answer(conversation& with, std::string_view awaited, middle_lines middle) {
  numbered_answer out;
  for (;;) {
    auto line = with.line(awaited);
    if (!line) return std::move(line).error();
    const auto parsed = read_number(*line);
    const bool first = out.code == 0;
    const bool fits = parsed && (first || parsed->code == out.code);
    if (!fits && (first || middle == middle_lines::numbered)) return with.unexpected(awaited, *line);
    if (first) out.code = parsed->code;
    out.texts.emplace_back(fits ? parsed->text : std::string_view(*line));
    if (fits && parsed->last) return out;
  }
}

// The answer with this code. Any other that means "no" is the server's refusal.
result<numbered_answer> expect(conversation& with, std::string_view awaited, int code, middle_lines middle) {
  auto answer = read_answer(with, awaited, middle);
  if (!answer || answer->code == code) return answer;
  if (answer->code >= 400) return with.refused(answer->words());
  return with.unexpected(awaited, answer->words());
}

// A list that a line with nothing but a dot ends: whether it holds the word.
result<bool> dotted_list_has(conversation& with, std::string_view awaited, std::string_view word) {
  for (bool found = false;;) {
    auto line = with.line(awaited);
    if (!line) return std::move(line).error();
    if (*line == ".") return found;
    found = found || begins_with_word(*line, word);
  }
}

}  // namespace

result<void> smtp_dialogue(conversation& with, std::string_view hello, std::string_view own_name) {
  constexpr auto style = middle_lines::numbered;
  if (auto met = expect(with, greeting, 220, style); !met) return std::move(met).error();
  const auto hello_line = std::string(hello) + ' ' + std::string(own_name);
  if (auto sent = with.say(hello_line); !sent) return sent;
  auto offers = expect(with, "the answer to " + std::string(hello), 250, style);
  if (!offers) return std::move(offers).error();
  // The first line names the server.
  bool offered = false;
  for (std::size_t i = 1; i < offers->texts.size(); ++i)
    offered = offered || begins_with_word(offers->texts[i], "STARTTLS");
  if (!offered) return with.not_offered("STARTTLS");
  if (auto sent = with.say("STARTTLS"); !sent) return sent;
  if (auto agreed = expect(with, go_ahead, 220, style); !agreed) return std::move(agreed).error();
  return {};
}

result<void> ftp_dialogue(conversation& with) {
  for (;;) {
    auto met = read_answer(with, greeting, middle_lines::free);
    if (!met) return std::move(met).error();
    if (met->code == 220) break;
    if (met->code >= 400) return with.refused(met->words());
    // 120: ready in so many minutes. The deadline is ours.
    if (met->code != 120) return with.unexpected(greeting, met->words());
  }
  if (auto sent = with.say("AUTH TLS"); !sent) return sent;
  auto agreed = expect(with, "the answer to AUTH TLS", 234, middle_lines::free);
  if (!agreed) return std::move(agreed).error();
  return {};
}

namespace {

// Up to the answer that carries our tag; `word` is looked for in untagged CAPABILITY lines.
result<bool> imap_command(conversation& with, std::string_view tag, std::string_view command, std::string_view word) {
  const auto awaited = "the answer to " + std::string(command);
  if (auto sent = with.say(std::string(tag) + ' ' + std::string(command)); !sent) return std::move(sent).error();
  for (bool found = false;;) {
    auto line = with.line(awaited);
    if (!line) return std::move(line).error();
    std::string_view rest = *line;
    const auto first = take_word(rest);
    const auto second = take_word(rest);
    if (first == "*") {
      if (same_ignoring_case(second, "BYE")) return with.refused(*line);
      if (same_ignoring_case(second, "CAPABILITY")) {
        while (!rest.empty()) found = same_ignoring_case(take_word(rest), word) || found;
      }
    } else if (first == tag && same_ignoring_case(second, "OK")) {
      return found;
    } else if (first == tag && (same_ignoring_case(second, "NO") || same_ignoring_case(second, "BAD"))) {
      return with.refused(*line);
    } else {
      return with.unexpected(awaited, *line);
    }
  }
}

}  // namespace

result<void> imap_dialogue(conversation& with) {
  auto met = with.line(greeting);
  if (!met) return std::move(met).error();
  std::string_view rest = *met;
  const bool untagged = take_word(rest) == "*";
  const auto state = take_word(rest);
  if (untagged && same_ignoring_case(state, "BYE")) return with.refused(*met);
  if (untagged && same_ignoring_case(state, "PREAUTH"))
    return with.refused(*met,
                        "this greeting rules STARTTLS out (RFC 9051 section 11.2), so that somebody on the way "
                        "may have put it there; a port where TLS is spoken from the start leaves no room for it");
  if (!untagged || !same_ignoring_case(state, "OK")) return with.unexpected(greeting, *met);
  auto offered = imap_command(with, "s1", "CAPABILITY", "STARTTLS");
  if (!offered) return std::move(offered).error();
  if (!*offered) return with.not_offered("STARTTLS");
  auto agreed = imap_command(with, "s2", "STARTTLS", {});
  if (!agreed) return std::move(agreed).error();
  return {};
}

namespace {

// True for +OK; a refusal is told apart, for CAPA came later than the rest (RFC 2449).
struct pop3_status {
  bool ok = false;
  std::string line = {};
};
result<pop3_status> read_pop3(conversation& with, std::string_view awaited) {
  auto line = with.line(awaited);
  if (!line) return std::move(line).error();
  const bool ok = begins_with_word(*line, "+OK");
  if (!ok && !begins_with_word(*line, "-ERR")) return with.unexpected(awaited, *line);
  return pop3_status{ok, *std::move(line)};
}

}  // namespace

result<void> pop3_dialogue(conversation& with) {
  auto met = read_pop3(with, greeting);
  if (!met) return std::move(met).error();
  if (!met->ok) return with.refused(met->line);
  if (auto sent = with.say("CAPA"); !sent) return sent;
  constexpr std::string_view capabilities = "the answer to CAPA";
  auto known = read_pop3(with, capabilities);
  if (!known) return std::move(known).error();
  if (known->ok) {
    auto offered = dotted_list_has(with, capabilities, "STLS");
    if (!offered) return std::move(offered).error();
    if (!*offered) return with.not_offered("STLS");
  }
  if (auto sent = with.say("STLS"); !sent) return sent;
  auto agreed = read_pop3(with, "the answer to STLS");
  if (!agreed) return std::move(agreed).error();
  if (!agreed->ok) return with.refused(agreed->line);
  return {};
}

result<void> nntp_dialogue(conversation& with) {
  // Answers have one line; lists follow some codes.
  constexpr auto style = middle_lines::numbered;
  auto met = read_answer(with, greeting, style);
  if (!met) return std::move(met).error();
  if (met->code >= 400) return with.refused(met->words());
  if (met->code != 200 && met->code != 201) return with.unexpected(greeting, met->words());
  if (auto sent = with.say("CAPABILITIES"); !sent) return sent;
  constexpr std::string_view capabilities = "the answer to CAPABILITIES";
  auto known = read_answer(with, capabilities, style);
  if (!known) return std::move(known).error();
  if (known->code == 101) {
    auto offered = dotted_list_has(with, capabilities, "STARTTLS");
    if (!offered) return std::move(offered).error();
    if (!*offered) return with.not_offered("STARTTLS");
  } else if (known->code != 500) {
    // 500: a server older than RFC 3977 does not know the command.
    return known->code >= 400 ? with.refused(known->words()) : with.unexpected(capabilities, known->words());
  }
  if (auto sent = with.say("STARTTLS"); !sent) return sent;
  auto agreed = expect(with, go_ahead, 382, style);
  if (!agreed) return std::move(agreed).error();
  return {};
}

namespace {

// A line in which literals ("{5}" at its end, and then five bytes) stand as quoted strings would.
result<std::string> sieve_line(conversation& with, std::string_view awaited) {
  std::string whole;
  for (;;) {
    auto line = with.line(awaited);
    if (!line) return line;
    const auto brace = line->ends_with('}') ? line->rfind('{') : std::string::npos;
    if (whole.size() + line->size() > conversation::longest_line) return with.unexpected(awaited, whole);
    if (brace == std::string::npos) return whole + *line;
    std::size_t size = 0;
    const char* const last = line->data() + line->size() - (line->ends_with("+}") ? 2 : 1);
    const auto [end, why] = std::from_chars(line->data() + brace + 1, last, size);
    if (why != std::errc() || end != last) return with.unexpected(awaited, *line);
    auto literal = with.exactly(size, awaited);
    if (!literal) return literal;
    whole += line->substr(0, brace) + '"' + *literal + '"';
  }
}

// Up to the line that ends an answer: whether one before it began with the word in quotes.
result<bool> sieve_answer(conversation& with, std::string_view awaited, std::string_view word) {
  for (bool found = false;;) {
    auto line = sieve_line(with, awaited);
    if (!line) return std::move(line).error();
    if (line->starts_with('"')) {
      found = found || same_ignoring_case(std::string_view(*line).substr(1, line->find('"', 1) - 1), word);
      continue;
    }
    // "NO (TRYLATER) ..." has its blank; "OK" may stand alone.
    std::string_view rest = *line;
    const auto status = take_word(rest);
    if (same_ignoring_case(status, "OK")) return found;
    if (same_ignoring_case(status, "NO") || same_ignoring_case(status, "BYE")) return with.refused(*line);
    return with.unexpected(awaited, *line);
  }
}

}  // namespace

result<void> sieve_dialogue(conversation& with) {
  auto offered = sieve_answer(with, greeting, "STARTTLS");
  if (!offered) return std::move(offered).error();
  if (!*offered) return with.not_offered("STARTTLS");
  if (auto sent = with.say("STARTTLS"); !sent) return sent;
  auto agreed = sieve_answer(with, go_ahead, {});
  if (!agreed) return std::move(agreed).error();
  return {};
}

}  // namespace signet::net
