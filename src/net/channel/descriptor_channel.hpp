// A connected stream socket that the system keeps blocking: a call waits, until its deadline or not at all, as it says.
#pragma once

#include "base/descriptor.hpp"
#include "net/channel/channel.hpp"

namespace signet::net {

class descriptor_channel final : public channel {
 public:
  descriptor_channel(base::descriptor socket, peer whom) noexcept : channel(std::move(whom)), fd_(std::move(socket)) {}

  result<io_status> read(byte_span buffer) override;
  result<io_status> write(byte_view bytes) override;
  std::optional<result<std::size_t>> look(byte_span buffer) override;

  [[nodiscard]] bool is_open() const noexcept override { return static_cast<bool>(fd_); }
  [[nodiscard]] int read_handle() const noexcept override { return fd_.get(); }
  void last_words() noexcept override { last_words_ = true; }
  result<void> end_writing() override;
  bool part() noexcept override;
  void depart(deadline until) noexcept override;
  void leave_to(std::weak_ptr<departures> them) noexcept override { departures_ = std::move(them); }
  void close() noexcept override { fd_.reset(); }
  void end() noexcept override;
  bool reset() noexcept override;
  result<int> release() override { return fd_.release(); }

 private:
  base::descriptor fd_;
  std::weak_ptr<departures> departures_;
  bool last_words_ = false;
};

}  // namespace signet::net
