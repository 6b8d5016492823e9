// Flusher: what was made is on its way to the disk within a second, by one write per second at
// most.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace assay {

class Flusher {
 public:
  /// `flush` is called from a thread of its own. If it throws, it is called again a second later:
  /// whoever needs the rows to be on the disk writes them, and hears of what is wrong.
  explicit Flusher(std::function<void()> flush);
  ~Flusher();  // without a last flush
  Flusher(const Flusher&) = delete;

  /// Returns when the last flush has ended; none follows.
  void stop();
  /// Something was made: `flush` is called now, or a second after the last time.
  void touch();

 private:
  void run(const std::stop_token& stop);

  std::function<void()> flush_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::atomic<bool> dirty_ = false;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace assay
