#include "runner/worker/flusher.h"

#include <chrono>
#include <csignal>
#include <exception>

namespace assay {
namespace {

constexpr auto kBetween = std::chrono::seconds(1);

}  // namespace

Flusher::Flusher(std::function<void()> flush)
    : flush_(std::move(flush)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Flusher::~Flusher() = default;

void Flusher::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

// Called at each step: what is there when the flag is seen is there when the flush that clears it
// begins.
void Flusher::touch() {
  if (dirty_) return;
  const std::scoped_lock lock(mutex_);
  dirty_ = true;
  woken_.notify_one();
}

void Flusher::run(const std::stop_token& stop) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);  // they are for the main thread
  std::unique_lock lock(mutex_);
  while (woken_.wait(lock, stop, [this] { return dirty_.load(); })) {
    dirty_ = false;
    lock.unlock();
    bool failed = false;
    try {
      flush_();
    } catch (const std::exception&) {
      failed = true;
    }
    lock.lock();
    if (stop.stop_requested()) return;
    dirty_ = dirty_ || failed;
    woken_.wait_for(lock, stop, kBetween, [] { return false; });
  }
}

}  // namespace assay
