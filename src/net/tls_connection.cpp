#include "net/tls_connection.hpp"

#include <utility>

namespace signet::net {

result<void> tls_connection::begin(tcp_socket_impl& plain, const upgrade& how) {
  auto made = how.make_engine(wire_);
  if (!made) return std::move(made).error();
  engine_.emplace(*std::move(made));
  if (auto fed = engine_->feed(plain.held.held_bytes()); !fed) return fed;
  plain.held.discard();
  first_bytes_ = how.first_bytes;
  // Held together with the end of the handshake, as far as the engine holds.
  if (!first_bytes_.empty()) engine_->cork();
  return {};
}

// A read that ran out of time may be called again; all else the engine keeps.
result<io_status> tls_connection::remembered(result<io_status> outcome) {
  if (!outcome && outcome.error().code() != errc::timed_out) broken_ = true;
  return outcome;
}

result<io_status> tls_connection::try_handshake() {
  auto status = remembered(engine_->handshake());
  if (!status) return status;
  if (!engine_->handshake_done()) {
    // Kept for the first bytes to go along, but the peer waits for it.
    if (status->next == wait_for::read && unsent() != 0) status->next = wait_for::write;
    return status;
  }
  if (!first_bytes_.empty()) {
    auto taken = remembered(engine_->write(first_bytes_));
    if (!taken) return taken;
    first_bytes_ = first_bytes_.subspan(taken->bytes);
    status = first_bytes_.empty() ? try_uncork() : try_flush();
    if (!status) return status;
  }
  return io_status{0, !first_bytes_.empty() || unsent() != 0 ? wait_for::write : wait_for::nothing};
}

result<io_status> tls_connection::try_read(byte_span buffer) {
  if (const auto n = held_.take(buffer); n != 0) return io_status{n};
  return try_receive(buffer);
}

result<io_status> tls_connection::try_receive(byte_span buffer) {
  auto got = remembered(engine_->read(buffer));
  if (got && got->end) peer_ended_ = true;
  return got;
}

result<io_status> tls_connection::try_write(byte_view bytes) {
  if (write_ended_) return wire_.already_ended();
  return remembered(engine_->write(bytes));
}

result<io_status> tls_connection::try_flush() {
  return ended_unless_failed(engine_->flush(), write_ended_);
}

result<io_status> tls_connection::try_uncork() {
  return ended_unless_failed(engine_->uncork(), write_ended_);
}

result<io_status> tls_connection::try_end() {
  return ended_unless_failed(engine_->close_write(), true);
}

// What could not be sent is what writing says from then on, and not that our direction has ended.
result<io_status> tls_connection::ended_unless_failed(result<io_status> sent, bool ended) {
  write_ended_ = sent.has_value() && ended;
  return remembered(std::move(sent));
}

}  // namespace signet::net
