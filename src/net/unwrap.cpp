// The way back from encrypted to plain on one connection.
#include <cstring>
#include <utility>

#include "net/tls_socket_impl.hpp"

namespace signet {
namespace {

constexpr std::string_view phase = "leaving TLS";

error unread(const std::string& whom, std::size_t bytes) {
  return {errc::unread_data,
          whom + ": " + std::string(phase) + ": the peer has sent " + std::to_string(bytes) +
              (bytes == 1 ? " byte" : " bytes") + " that nobody has read",
          "read them and call again, or say how many may be discarded"};
}

// Ends TLS both ways; what came after the peer's close_notify is plain.
result<std::string> end_both_ways(tls_socket::impl& s, std::size_t discard) {
  auto unread_now = s.held.buffered() + s.tls->pending();
  if (unread_now > discard) return unread(s.wire.whom().describe(), unread_now);
  discard -= s.held.buffered();
  s.held.discard();
  // A peer that has ended and is gone keeps nobody from what it sent; half a record in its way would.
  if (auto ended = s.end_writing(); !ended && !(s.peer_ended && ended.error().code() == errc::connection_reset))
    return std::move(ended).error();
  while (!s.peer_ended) {
    std::byte piece[4096];
    auto got = s.read_step(byte_span(piece, sizeof piece));
    if (!got) return std::move(got).error();
    if (*got > discard) {
      s.held.append(byte_view(std::span<const std::byte>(piece, *got)));
      return unread(s.wire.whom().describe(), *got);
    }
    discard -= *got;
  }
  return s.tls->take_leftover();
}

// The connection after our close_notify: what is written is plain, what is read still passes through the engine until
// the peer's close_notify has come.
class parting_channel final : public net::channel {
 public:
  explicit parting_channel(std::unique_ptr<tls_socket::impl> ending)
      : channel(ending->wire.whom()), below_(std::move(ending->own)), ending_(std::move(ending)) {}

  void begin(std::string_view of, deadline until, net::waiting may_wait) noexcept override {
    channel::begin(of, until, may_wait);
    below_->begin(of, until, may_wait);
  }

  net::waiting allow(net::waiting may_wait) noexcept override {
    below_->allow(may_wait);
    return channel::allow(may_wait);
  }

  result<io_status> read(byte_span buffer) override {
    while (ending_) {
      std::byte piece[512];
      auto got = ending_->tls->read(byte_span(piece, sizeof piece));
      if (!got) return net::about(whom(), ending_->named, std::move(got).error());
      if (got->bytes != 0) {
        ending_->held.append(byte_view(std::span<const std::byte>(piece, got->bytes)));
        return unread(whom().describe(), ending_->held.buffered());
      }
      if (got->end) {
        plain_ = ending_->tls->take_leftover();
        ending_.reset();
      } else if (!patient()) {
        return io_status{0, got->next};
      } else if (auto ok = below_->in_time(); !ok) {
        return std::move(ok).error();
      }
    }
    if (plain_.empty()) {
      auto got = below_->read(buffer);
      moved();
      return got;
    }
    const auto n = std::min(buffer.size(), plain_.size());
    std::memcpy(buffer.data(), plain_.data(), n);
    plain_.erase(0, n);
    return io_status{n};
  }
  result<io_status> write(byte_view bytes) override {
    auto taken = below_->write(bytes);
    moved();
    return taken;
  }

  [[nodiscard]] bool is_open() const noexcept override { return below_->is_open(); }
  [[nodiscard]] int read_handle() const noexcept override { return below_->read_handle(); }
  [[nodiscard]] int write_handle() const noexcept override { return below_->write_handle(); }
  void last_words() noexcept override { below_->last_words(); }
  result<void> end_writing() override { return below_->end_writing(); }
  void part() noexcept override { below_->part(); }
  void close() noexcept override { below_->close(); }
  void end() noexcept override { below_->end(); }

 private:
  [[nodiscard]] bool polled_by_descriptor() const noexcept override { return below_->pollable().has_value(); }

  std::unique_ptr<net::channel> below_;
  // Its engine reads from there.
  std::unique_ptr<tls_socket::impl> ending_;
  std::string plain_;
};

}  // namespace

result<tcp_socket> tls_socket::unwrap(unwrap_options options) && {
  std::string plain;
  {
    const net::tls_call call(impl_.get(), phase, net::deadline_of(options));
    if (!call) return call.refusal();
    auto ended = end_both_ways(*impl_, options.discard);
    if (!ended) return std::move(ended).error();
    plain = *std::move(ended);
  }
  auto made = std::make_unique<tcp_socket::impl>(std::move(impl_->own));
  made->held.append(byte_view(plain));
  made->timeout = impl_->timeout;
  made->whole = impl_->whole;
  impl_.reset();
  return tcp_socket(std::move(made));
}

result<tcp_socket> tls_socket::unwrap_early(deadline until) && {
  {
    const net::tls_call call(impl_.get(), phase, until);
    if (!call) return call.refusal();
    if (const auto bytes = impl_->held.buffered() + impl_->tls->pending(); bytes != 0)
      return unread(impl_->wire.whom().describe(), bytes);
    if (auto ended = impl_->end_writing(); !ended) return std::move(ended).error();
  }
  const auto timeout = impl_->timeout;
  const auto whole = impl_->whole;
  auto made = std::make_unique<tcp_socket::impl>(std::make_unique<parting_channel>(std::move(impl_)));
  made->timeout = timeout;
  made->whole = whole;
  return tcp_socket(std::move(made));
}

}  // namespace signet
