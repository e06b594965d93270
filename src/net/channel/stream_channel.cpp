#include "net/channel/stream_channel.hpp"

#include "net/tls_socket_impl.hpp"

namespace signet::net {
namespace {

constexpr std::chrono::seconds at_once{0};

}  // namespace

// Each of its calls ends when something has moved, so a limit for no progress is one for each of them.
deadline stream_channel::until_below() const {
  if (!patient()) return at_once;
  return limits().stall.count() > 0 ? deadline::earlier(until(), deadline(limits().stall)) : until();
}

error stream_channel::failure_below(const error& why) const {
  const bool ours = patient() && why.code() == errc::timed_out && limits().stall.count() > 0 && !until().passed();
  return ours ? stalled_now() : why;
}

result<io_status> stream_channel::read(byte_span buffer) {
  if (auto ok = may_read(); !ok) return std::move(ok).error();
  auto got = stream_->read_some(buffer, until_below());
  if (!got) {
    if (!patient() && got.error().code() == errc::timed_out) return io_status{0, wait_for::read};
    return failure_below(got.error());
  }
  moved();
  io_status out;
  out.bytes = *got;
  out.end = *got == 0;
  return out;
}

result<io_status> stream_channel::write(byte_view bytes) {
  if (auto ok = may_write(); !ok) return std::move(ok).error();
  auto taken = stream_->write_some(bytes, until_below());
  if (!taken) {
    if (!patient() && taken.error().code() == errc::timed_out) return io_status{0, wait_for::write};
    return failure_below(taken.error());
  }
  moved();
  return io_status{*taken};
}

deadline tls_channel::until_below() const {
  if (!patient()) return at_once;
  inside(outer_->socket()).patience = {.stall = limits().stall, .whole = limits().until};
  return {};
}

// Waits for nothing, as a stream's close().
void tls_below::close() noexcept {
  if (socket_.is_open()) static_cast<void>(tls_socket_impl::close(&inside(socket_), waiting::forbidden));
}

}  // namespace signet::net
