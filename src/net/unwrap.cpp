// The way back from encrypted to plain on one connection.
#include <cstring>
#include <utility>

#include "base/sentence.hpp"
#include "net/tls_socket_impl.hpp"

namespace signet {
namespace {

constexpr std::string_view phase = "leaving TLS";

error unread(const net::tls_connection& c, std::size_t bytes) {
  return base::sentence{
      .whom = c.wire().describe(),
      .phase = phase,
      .why = "the peer has sent " + std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes") + " that nobody has read",
      .hint = "read them and call again, or say how many may be discarded"}
      .as(errc::unread_data);
}

// Ends TLS both ways; what came after the peer's close_notify is plain.
result<std::string> end_both_ways(tls_socket_impl& s, std::size_t discard) {
  auto& c = s.connection;
  if (const auto unread_now = c.pending(); unread_now > discard) return unread(c, unread_now);
  discard -= c.held().buffered();
  c.held().discard();
  // A peer that has ended and is gone keeps nobody from what it sent; half a record in its way would.
  if (auto ended = s.end_writing(); !ended && !(c.peer_ended() && ended.error().code() == errc::connection_reset))
    return std::move(ended).error();
  while (!c.peer_ended()) {
    std::byte piece[4096];
    auto got = s.read_step(byte_span(piece, sizeof piece));
    if (!got) return std::move(got).error();
    if (*got > discard) {
      c.held().append(byte_view(std::span<const std::byte>(piece, *got)));
      return unread(c, *got);
    }
    discard -= *got;
  }
  return c.tls().take_leftover();
}

// The connection after our close_notify: what is written is plain, what is read still passes through the engine until
// the peer's close_notify has come.
class parting_channel final : public net::channel {
 public:
  explicit parting_channel(std::unique_ptr<tls_socket_impl> ending)
      : channel(ending->wire().whom()), below_(ending->connection.release()), ending_(std::move(ending)) {}

  void begin(std::string_view of, net::time_limits limits, net::waiting may_wait) noexcept override {
    channel::begin(of, limits, may_wait);
    below_->begin(of, limits, may_wait);
  }

  net::waiting allow(net::waiting may_wait) noexcept override {
    below_->allow(may_wait);
    return channel::allow(may_wait);
  }

  result<io_status> read(byte_span buffer) override {
    while (ending_) {
      std::byte piece[512];
      auto& c = ending_->connection;
      auto got = c.try_receive(byte_span(piece, sizeof piece));
      if (!got) return got;
      if (got->bytes != 0) {
        c.held().append(byte_view(std::span<const std::byte>(piece, got->bytes)));
        return unread(c, c.held().buffered());
      }
      if (got->end) {
        plain_ = c.tls().take_leftover();
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
  bool part() noexcept override { return below_->part(); }
  void depart(deadline until) noexcept override { below_->depart(until); }
  void close() noexcept override { below_->close(); }
  void end() noexcept override { below_->end(); }

 private:
  [[nodiscard]] bool polled_by_descriptor() const noexcept override { return below_->pollable().has_value(); }

  std::unique_ptr<net::channel> below_;
  // Its engine reads from there.
  std::unique_ptr<tls_socket_impl> ending_;
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
  auto made = std::make_unique<tcp_socket_impl>(impl_->connection.release());
  made->held.append(byte_view(plain));
  made->patience = impl_->patience;
  impl_.reset();
  return detail::access::make<tcp_socket>(std::move(made));
}

result<tcp_socket> tls_socket::unwrap_early(deadline until) && {
  {
    const net::tls_call call(impl_.get(), phase, until);
    if (!call) return call.refusal();
    if (const auto bytes = impl_->connection.pending(); bytes != 0) return unread(impl_->connection, bytes);
    if (auto ended = impl_->end_writing(); !ended) return std::move(ended).error();
  }
  const auto patience = impl_->patience;
  auto made = std::make_unique<tcp_socket_impl>(std::make_unique<parting_channel>(std::move(impl_)));
  made->patience = patience;
  return detail::access::make<tcp_socket>(std::move(made));
}

}  // namespace signet
