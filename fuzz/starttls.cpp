// The dialogues before TLS: whatever a server says, the outcome is the same however it is cut, what follows the
// go-ahead is not touched, and an error can be printed. The first byte picks the protocol.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "check.hpp"
#include "net/channel/gathered_reader.hpp"
#include "net/starttls/conversation.hpp"

namespace {

using namespace signet;

class memory_stream final : public net::plain_stream {
  static std::string whom() { return "peer"; }
  auto step() {
    return [this](byte_span buffer) -> result<std::size_t> {
      const auto n = std::min({buffer.size(), rest_.size(), piece_});
      std::memcpy(buffer.data(), rest_.data(), n);
      rest_.remove_prefix(n);
      return n;
    };
  }

 public:
  memory_stream(std::string_view said, std::size_t piece) : rest_(said), piece_(piece) {}

  result<std::string> read_until(std::string_view delimiter, read_limit limit) override {
    return held_.read_until(delimiter, limit, step(), whom);
  }
  result<void> read_exactly(byte_span buffer) override { return held_.read_exactly(buffer, step(), whom); }
  result<void> write_all(byte_view) override { return {}; }

  [[nodiscard]] std::size_t left() const { return rest_.size() + held_.buffered(); }

 private:
  std::string_view rest_;
  std::size_t piece_;
  net::gathered_reader held_;
};

struct outcome {
  bool agreed = false;
  std::string message = {};
  std::size_t left = 0;

  friend bool operator==(const outcome&, const outcome&) = default;
};

outcome hold(starttls::protocol which, std::string_view said, std::size_t piece) {
  const net::dialogue_names names{"client.test", "client.test", "server.test", "server.test:443"};
  memory_stream stream(said, piece);
  net::conversation with(stream, which, "peer",
                         [](starttls::direction, std::string_view line) { fuzz::check_printable(line); });
  const auto agreed = net::hold_dialogue(with, which, names);
  if (agreed) return {true, {}, stream.left()};
  fuzz::check_error(agreed.error());
  const auto code = agreed.error().code();
  fuzz::check(code == errc::starttls_refused || code == errc::dialogue_failed || code == errc::closed,
              "a peer's words lead to one of three errors");
  return {false, agreed.error().message(), 0};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr auto protocols = static_cast<unsigned>(starttls::protocol::http_upgrade) + 1;
  const auto which = static_cast<starttls::protocol>(data[0] % protocols);
  const std::string_view said(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto at_once = hold(which, said, std::max<std::size_t>(said.size(), 1));
  fuzz::check(hold(which, said, 1) == at_once, "how the bytes are cut changes nothing");
  if (at_once.agreed) {
    auto longer = at_once;
    longer.left += 3;
    fuzz::check(hold(which, std::string(said) + "x\n>", 4096) == longer, "what follows the go-ahead stays");
  }
  return 0;
}
