// XMPP's stream before TLS (RFC 6120 sections 4 and 5), read by a scanner of tags: what XMPP allows of XML, and no
// more.
#include <optional>
#include <utility>
#include <vector>

#include "net/starttls/conversation.hpp"

namespace signet::net {
namespace {

constexpr std::string_view of_streams = "http://etherx.jabber.org/streams";
constexpr std::string_view of_tls = "urn:ietf:params:xml:ns:xmpp-tls";
constexpr std::size_t deepest = 32;

using prefixes = std::vector<std::pair<std::string, std::string>>;

constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
void skip_blanks(std::string_view& text) noexcept {
  while (!text.empty() && is_blank(text[0])) text.remove_prefix(1);
}

// A name as far as the characters that would end it; no check of the letters.
std::string_view take_name(std::string_view& text) noexcept {
  const auto end = std::min(text.find_first_of(" \t\r\n=/<>'\"&"), text.size());
  const auto name = text.substr(0, end);
  text.remove_prefix(end);
  return name;
}

// Inside <...> a '>' that stands in quotes does not end the tag.
bool ends_in_quotes(std::string_view tag) noexcept {
  char open = '\0';
  for (const char c : tag) {
    if (open == c) {
      open = '\0';
    } else if (open == '\0' && (c == '\'' || c == '"')) {
      open = c;
    }
  }
  return open != '\0';
}

struct element {
  enum class part : unsigned char { start, end };
  part which = part::start;
  std::string space = {};
  std::string local = {};
  // How many elements it stands in.
  std::size_t depth = 0;

  [[nodiscard]] bool starts(std::string_view in_space, std::string_view name) const noexcept {
    return which == part::start && space == in_space && local == name;
  }
};

class tag_reader {
 public:
  explicit tag_reader(conversation& with) : with_(&with) {}

  // An empty element comes as its start, and then its end.
  result<element> next(std::string_view awaited) {
    if (pending_end_) {
      pending_end_ = false;
      return close();
    }
    for (;;) {
      auto tag = read_tag(awaited);
      if (!tag) return std::move(tag).error();
      // An XML declaration says nothing that XMPP leaves open.
      if (tag->starts_with("<?") && tag->ends_with("?>") && open_.empty()) continue;
      auto read = tag->starts_with("</") ? end_tag(*tag) : start_tag(*tag);
      if (!read) return with_->unexpected(awaited, *tag);
      return *std::move(read);
    }
  }
  // What is left of the element that began last.
  result<void> finish(const element& begun, std::string_view awaited) {
    for (;;) {
      auto part = next(awaited);
      if (!part) return std::move(part).error();
      if (part->which == element::part::end && part->depth == begun.depth) return {};
    }
  }

 private:
  // "<...>", without the text before it. What is outside of the stream may be blank only.
  result<std::string> read_tag(std::string_view awaited) {
    std::string tag;
    do {
      auto piece = with_->until(">", awaited);
      if (!piece) return piece;
      with_->heard(*piece);
      if (tag.empty()) {
        const auto begin = piece->find('<');
        std::string_view text = std::string_view(*piece).substr(0, begin);
        skip_blanks(text);
        if (!text.empty() && open_.empty()) return with_->unexpected(awaited, *piece);
        if (begin == std::string::npos) continue;
        piece->erase(0, begin);
      }
      tag += *piece;
      if (tag.size() > conversation::longest_line)
        return with_->failed("a tag longer than " + std::to_string(conversation::longest_line) + " bytes");
    } while (tag.empty() || ends_in_quotes(tag));
    return tag;
  }

  std::optional<element> start_tag(std::string_view tag) {
    tag.remove_prefix(1);
    const auto name = take_name(tag);
    if (name.empty() || open_.size() >= deepest) return {};
    prefixes declared;
    bool empty = false;
    for (;;) {
      skip_blanks(tag);
      if (tag == ">") break;
      if (tag == "/>") {
        empty = true;
        break;
      }
      const auto attribute = take_name(tag);
      skip_blanks(tag);
      if (attribute.empty() || !tag.starts_with('=')) return {};
      tag.remove_prefix(1);
      skip_blanks(tag);
      if (tag.empty() || (tag[0] != '\'' && tag[0] != '"')) return {};
      const auto end = tag.find(tag[0], 1);
      if (end == std::string_view::npos) return {};
      const auto value = tag.substr(1, end - 1);
      tag.remove_prefix(end + 1);
      if (attribute == "xmlns") declared.emplace_back("", value);
      if (attribute.starts_with("xmlns:")) declared.emplace_back(attribute.substr(6), value);
    }
    open_.push_back({std::string(name), std::move(declared)});
    pending_end_ = empty;
    return named(element::part::start);
  }

  std::optional<element> end_tag(std::string_view tag) {
    tag.remove_prefix(2);
    const auto name = take_name(tag);
    skip_blanks(tag);
    if (tag != ">" || open_.empty() || open_.back().name != name) return {};
    return close();
  }

  element close() {
    auto out = named(element::part::end);
    open_.pop_back();
    return out;
  }

  // The innermost open element, its prefix resolved.
  [[nodiscard]] element named(element::part which) const {
    const std::string_view name = open_.back().name;
    const auto colon = name.find(':');
    const auto prefix = colon == std::string_view::npos ? std::string_view() : name.substr(0, colon);
    element out{
        which, {}, std::string(colon == std::string_view::npos ? name : name.substr(colon + 1)), open_.size() - 1};
    // NOLINTNEXTLINE(modernize-loop-convert): clang 14 has no use for std::views::reverse
    for (auto level = open_.rbegin(); level != open_.rend(); ++level) {
      for (const auto& [declared, space] : level->declared) {
        if (declared != prefix) continue;
        out.space = space;
        return out;
      }
    }
    return out;
  }

  struct open_element {
    std::string name;
    prefixes declared;
  };

  conversation* with_;
  std::vector<open_element> open_;
  bool pending_end_ = false;
};

// A stream error's or a failure's first child says what is the matter: "host-unknown" (section 4.9.3).
result<element> condition_in(tag_reader& tags, const element& problem, std::string_view awaited) {
  auto inside = tags.next(awaited);
  if (inside && inside->which == element::part::end) return problem;
  return inside;
}

result<void> refusal(conversation& with, tag_reader& tags, const element& problem, std::string_view awaited) {
  auto condition = condition_in(tags, problem, awaited);
  if (!condition) return std::move(condition).error();
  return with.refused(condition->local, condition->local == "host-unknown"
                                            ? "the server does not serve this domain: XMPP asks by the domain of an "
                                              "address, which need not be the server's own name"
                                            : "");
}

}  // namespace

result<void> xmpp_dialogue(conversation& with, std::string_view content, std::string_view to, std::string_view from) {
  constexpr std::string_view header = "the head of the server's stream";
  constexpr std::string_view features = "the stream's features";
  constexpr std::string_view go_ahead = "the answer to starttls";
  auto opening = "<?xml version='1.0'?><stream:stream to='" + std::string(to) + "' version='1.0' xmlns='" +
                 std::string(content) + "' xmlns:stream='" + std::string(of_streams) + '\'';
  if (!from.empty()) opening += " from='" + std::string(from) + '\'';
  opening += '>';
  if (auto sent = with.send(opening, opening); !sent) return sent;

  tag_reader tags(with);
  auto stream = tags.next(header);
  if (!stream) return std::move(stream).error();
  if (!stream->starts(of_streams, "stream")) return with.unexpected(header, '<' + stream->local + '>');
  auto list = tags.next(features);
  if (!list) return std::move(list).error();
  if (list->starts(of_streams, "error")) return refusal(with, tags, *list, features);
  if (!list->starts(of_streams, "features")) return with.unexpected(features, '<' + list->local + '>');
  for (bool offered = false;;) {
    auto one = tags.next(features);
    if (!one) return std::move(one).error();
    offered = offered || (one->starts(of_tls, "starttls") && one->depth == list->depth + 1);
    if (one->which == element::part::start || one->depth != list->depth) continue;
    if (!offered) return with.not_offered("STARTTLS");
    break;
  }

  const auto request = "<starttls xmlns='" + std::string(of_tls) + "'/>";
  if (auto sent = with.send(request, request); !sent) return sent;
  auto answer = tags.next(go_ahead);
  if (!answer) return std::move(answer).error();
  if (answer->starts(of_tls, "proceed")) return tags.finish(*answer, go_ahead);
  if (answer->starts(of_tls, "failure") || answer->starts(of_streams, "error"))
    return refusal(with, tags, *answer, go_ahead);
  return with.unexpected(go_ahead, '<' + answer->local + '>');
}

}  // namespace signet::net
