#include <signet/net/stream.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <ios>
#include <streambuf>
#include <string>
#include <utility>

#include "net/failure.hpp"

namespace signet {

class stream::buffer final : public std::streambuf {
 public:
  buffer(any_socket on, std::ios& owner) noexcept : owner_(&owner), socket_(std::move(on)) {}

  void belongs_to(std::ios& owner) noexcept { owner_ = &owner; }
  any_socket& socket() noexcept { return socket_; }
  [[nodiscard]] const std::optional<signet::error>& failure() const noexcept { return failure_; }

  [[nodiscard]] std::size_t unread() const noexcept { return static_cast<std::size_t>(egptr() - gptr()); }
  [[nodiscard]] std::size_t unsent() const noexcept { return static_cast<std::size_t>(pptr() - pbase()); }

  // Sends what is held. What a failed write has taken is not known, so that it is never repeated.
  result<void> send_held() {
    if (write_failure_) return *write_failure_;
    if (unsent() == 0) return {};
    auto sent = send({pbase(), unsent()});
    if (sent) setp(pbase(), epptr());
    return sent;
  }

  result<void> close() {
    auto sent = send_held();
    result<void> closed;
    if (auto* tls = std::get_if<tls_socket>(&socket_))
      closed = tls->close();
    else
      std::get<tcp_socket>(socket_).close();
    return sent ? closed : sent;
  }

 protected:
  int_type underflow() override {
    if (gptr() != egptr()) return traits_type::to_int_type(*gptr());
    if (!in_) in_ = std::make_unique<std::array<char, kept + room>>();
    // What comes takes the place of what was read.
    std::array<char, kept> last{};
    const auto keep = std::min<std::size_t>(kept, static_cast<std::size_t>(gptr() - eback()));
    if (keep != 0) std::memcpy(last.data(), gptr() - keep, keep);
    const auto n = receive({in_->data() + kept, room});
    if (n == 0) return traits_type::eof();
    std::memcpy(in_->data() + kept - keep, last.data(), keep);
    give(keep, n);
    return traits_type::to_int_type(*gptr());
  }

  std::streamsize xsgetn(char* to, std::streamsize wanted) override {
    const auto size = static_cast<std::size_t>(std::max<std::streamsize>(wanted, 0));
    std::size_t have = 0;
    while (have < size) {
      if (gptr() == egptr() && underflow() == traits_type::eof()) break;
      const auto n = std::min(size - have, unread());
      std::memcpy(to + have, gptr(), n);
      gbump(static_cast<int>(n));
      have += n;
    }
    return static_cast<std::streamsize>(have);
  }

  std::streamsize showmanyc() override {
    if (const auto* tls = std::get_if<tls_socket>(&socket_)) return static_cast<std::streamsize>(tls->pending());
    return static_cast<std::streamsize>(std::get<tcp_socket>(socket_).buffered());
  }

  int_type pbackfail(int_type c) override {
    if (gptr() == eback()) return traits_type::eof();
    gbump(-1);
    if (!traits_type::eq_int_type(c, traits_type::eof())) *gptr() = traits_type::to_char_type(c);
    return traits_type::not_eof(c);
  }

  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    if (!make_room()) return traits_type::eof();
    *pptr() = traits_type::to_char_type(c);
    pbump(1);
    return c;
  }

  std::streamsize xsputn(const char* from, std::streamsize count) override {
    const auto size = static_cast<std::size_t>(std::max<std::streamsize>(count, 0));
    std::size_t taken = 0;
    while (taken < size) {
      const auto left = size - taken;
      // What is more than a record need not be held; what was held goes first.
      if (left > room) {
        if (!told(send_held()) || !told(send({from + taken, left}))) break;
        return count;
      }
      if (!make_room()) break;
      const auto n = std::min(left, static_cast<std::size_t>(epptr() - pptr()));
      std::memcpy(pptr(), from + taken, n);
      pbump(static_cast<int>(n));
      taken += n;
    }
    return static_cast<std::streamsize>(taken);
  }

  int sync() override { return told(send_held()) ? 0 : -1; }

 private:
  // One TLS record.
  static constexpr std::size_t room = 16384;
  // What may be put back at least, once so much was read.
  static constexpr std::size_t kept = 8;

  void give(std::size_t kept_now, std::size_t n) {
    auto* const first = in_->data() + kept;
    setg(first - kept_now, first, first + n);
  }

  // Some bytes; 0 at the end, and for a failure that has been told.
  std::size_t receive(byte_span to) {
    // A peer may wait for what is held before it answers. When it takes no more it may still have said why.
    if (!write_failure_ && !told(send_held())) return 0;
    auto got = std::visit([&](auto& on) { return on.read_some(to); }, socket_);
    if (got) return *got;
    tell(std::move(got).error());
    return 0;
  }

  result<void> send(std::string_view bytes) {
    auto sent = std::visit([&](auto& on) { return on.write_all(bytes); }, socket_);
    if (!sent) write_failure_ = sent.error();
    return sent;
  }

  bool make_room() {
    if (pptr() != epptr()) return true;
    if (!out_) {
      out_ = std::make_unique<std::array<char, room>>();
      setp(out_->data(), out_->data() + room);
      return true;
    }
    return told(send_held());
  }

  bool told(result<void> outcome) {
    if (outcome) return true;
    tell(std::move(outcome).error());
    return false;
  }

  // An underflow() alone can only say "the end": its owner has to be told the rest.
  void tell(signet::error e) {
    failure_ = std::move(e);
    try {
      owner_->setstate(std::ios_base::badbit);
    } catch (const std::ios_base::failure&) {
      throw std::ios_base::failure(failure_->message());
    }
  }

  std::ios* owner_;
  any_socket socket_;
  std::unique_ptr<std::array<char, kept + room>> in_ = {};
  std::unique_ptr<std::array<char, room>> out_ = {};
  std::optional<signet::error> failure_ = {};
  std::optional<signet::error> write_failure_ = {};
};

stream::stream(any_socket on) : std::iostream(nullptr), buffer_(std::make_unique<buffer>(std::move(on), *this)) {
  rdbuf(buffer_.get());
}
stream::stream(tls_socket on) : stream(any_socket(std::move(on))) {}
stream::stream(tcp_socket on) : stream(any_socket(std::move(on))) {}

stream::stream(stream&& other) noexcept
    : std::iostream(static_cast<std::iostream&&>(other)), buffer_(std::move(other.buffer_)) {
  take_over(other);
}

stream& stream::operator=(stream&& other) noexcept {
  if (this == &other) return *this;
  std::iostream::operator=(static_cast<std::iostream&&>(other));  // exchanges all but the buffers
  buffer_ = std::move(other.buffer_);
  take_over(other);
  return *this;
}

stream::~stream() = default;

void stream::take_over(stream& other) noexcept {
  set_rdbuf(buffer_.get());
  if (buffer_) buffer_->belongs_to(*this);
  // Without a buffer there is nothing that could be read or written: bad(), and nobody is thrown at.
  other.exceptions(goodbit);
  other.rdbuf(nullptr);
}

std::optional<error> stream::error() const {
  return buffer_ && bad() ? buffer_->failure() : std::nullopt;
}

void stream::set_timeout(std::chrono::milliseconds each_call) {
  if (buffer_) std::visit([each_call](auto& on) { on.set_timeout(each_call); }, buffer_->socket());
}

result<void> stream::close() {
  return buffer_ ? buffer_->close() : result<void>();
}

stream::any_socket& stream::socket() {
  return buffer_->socket();
}

result<stream::any_socket> stream::release() {
  if (!buffer_ || !std::visit([](auto& on) { return on.is_open(); }, buffer_->socket()))
    return net::not_open("releasing");
  const auto refused = [](std::size_t count, std::string_view what, std::string_view hint) {
    return signet::error(
        errc::unread_data,
        "releasing: " + std::to_string(count) + " bytes that were " + std::string(what) + " would be lost",
        std::string(hint));
  };
  if (const auto held = buffer_->unread(); held != 0) return refused(held, "read ahead", "read them first");
  if (const auto held = buffer_->unsent(); held != 0) return refused(held, "not sent yet", "flush() sends them");
  return std::move(buffer_->socket());
}

}  // namespace signet
