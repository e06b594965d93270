// A channel over a stream that somebody else made, or over an encrypted connection: TLS inside TLS.
#pragma once

#include <memory>
#include <optional>

#include <signet/net/byte_stream.hpp>
#include <signet/net/tls_socket.hpp>

#include "net/channel/channel.hpp"

namespace signet::net {

class stream_channel : public channel {
 public:
  stream_channel(std::unique_ptr<byte_stream> below, peer whom) noexcept
      : channel(std::move(whom)), stream_(std::move(below)) {}

  result<io_status> read(byte_span buffer) override;
  result<io_status> write(byte_view bytes) override;
  // A stream that waits for nothing may have taken a part of a record only, which ends it. So within the time there is.
  result<io_status> try_write(byte_view bytes) override {
    return until().passed() ? channel::try_write(bytes) : write(bytes);
  }

  [[nodiscard]] bool is_open() const noexcept override { return stream_ != nullptr; }
  [[nodiscard]] int read_handle() const noexcept override { return stream_ ? stream_->native_handle() : -1; }
  result<void> end_writing() override { return stream_->close_write(); }
  bool part() noexcept override {
    stream_->close();
    return true;
  }
  void close() noexcept override { stream_.reset(); }
  void end() noexcept override {
    if (stream_) stream_->close();
    close();
  }

 protected:
  [[nodiscard]] virtual deadline until_below() const;

 private:
  [[nodiscard]] error failure_below(const error& why) const;

  std::unique_ptr<byte_stream> stream_;
};

// An encrypted connection as the stream below another.
class tls_below final : public byte_stream {
 public:
  explicit tls_below(tls_socket outer) noexcept : socket_(std::move(outer)) {}

  result<std::size_t> read_some(byte_span buffer, deadline until) override { return socket_.read_some(buffer, until); }
  result<std::size_t> write_some(byte_view bytes, deadline until) override { return socket_.write_some(bytes, until); }
  result<void> close_write() override { return socket_.close_write(); }
  void close() noexcept override;
  [[nodiscard]] int native_handle() const noexcept override { return socket_.native_handle(); }
  [[nodiscard]] tls_socket& socket() noexcept { return socket_; }

 private:
  tls_socket socket_;
};

class tls_channel final : public stream_channel {
 public:
  tls_channel(std::unique_ptr<tls_below> outer, peer whom) noexcept
      : stream_channel(std::unique_ptr<byte_stream>(outer.get()), std::move(whom)), outer_(outer.release()) {}

  result<void> end_writing() override { return outer_->socket().close_write(until_below()); }
  tls_socket* below() noexcept override { return is_open() ? &outer_->socket() : nullptr; }

 private:
  // Records that have come wait above the descriptor.
  [[nodiscard]] bool polled_by_descriptor() const noexcept override { return false; }
  // The outer one waits as the call may.
  [[nodiscard]] deadline until_below() const override;

  tls_below* outer_;
};

}  // namespace signet::net
