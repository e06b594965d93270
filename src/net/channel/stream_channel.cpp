#include "net/channel/stream_channel.hpp"

namespace signet::net {
namespace {

constexpr std::chrono::seconds at_once{0};

}  // namespace

result<io_status> stream_channel::read(byte_span buffer) {
  if (auto ok = may_read(); !ok) return std::move(ok).error();
  auto got = stream_->read_some(buffer, patient() ? until() : deadline(at_once));
  if (!got) {
    if (!patient() && got.error().code() == errc::timed_out) return io_status{0, wait_for::read};
    return std::move(got).error();
  }
  moved();
  io_status out;
  out.bytes = *got;
  out.end = *got == 0;
  return out;
}

result<io_status> stream_channel::write(byte_view bytes) {
  if (auto ok = may_write(); !ok) return std::move(ok).error();
  auto taken = stream_->write_some(bytes, patient() ? until() : deadline(at_once));
  if (!taken) {
    if (!patient() && taken.error().code() == errc::timed_out) return io_status{0, wait_for::write};
    return std::move(taken).error();
  }
  moved();
  return io_status{*taken};
}

}  // namespace signet::net
