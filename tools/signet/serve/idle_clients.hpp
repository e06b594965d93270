// Clients from whom nothing is due: before their first request, between two of them, or with nothing to echo. When
// others wait for room, the one that has been idle longest is asked to go, once that is longer than a pause.
#pragma once

#include <chrono>
#include <list>
#include <mutex>

namespace tool {

class idle_clients {
 public:
  /// One that waits for its client, for as long as it lives. Borrows the descriptor.
  class stay {
   public:
    stay(idle_clients& with, int fd);
    ~stay();
    stay(const stay&) = delete;
    stay& operator=(const stay&) = delete;
    /// True when it was asked to go, and nothing has come from its client. Nothing will come any more.
    [[nodiscard]] bool has_to_go() const;

   private:
    friend class idle_clients;
    idle_clients& with_;
    const int fd_;
    const std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
    bool asked_ = false;
    std::list<stay*>::iterator place_;
  };

  void longest_goes() noexcept;

 private:
  mutable std::mutex mutex_;
  // Under the mutex, as all of what is in a stay: those that may be asked, the longest first.
  std::list<stay*> waiting_;
};

}  // namespace tool
