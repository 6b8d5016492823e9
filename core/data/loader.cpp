// Loader: batches by number, from a thread that runs ahead where it is asked to.
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

#include "assay/sdk/training.h"
#include "core/runtime/runtime.h"

namespace assay {

struct Loader::Impl {
  std::shared_ptr<const Dataset> dataset;
  Batches batches;
  Context context;
  std::int64_t ahead;

  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::int64_t, Batch> ready;  // loaded, not yet asked for
  std::exception_ptr error;
  std::int64_t next = 0;    // the thread's next batch
  std::int64_t wanted = 0;  // the newest batch asked for
  bool stop = false;
  std::thread thread;

  Batch load(std::int64_t index) {
    const Context here =
        context.with(context.rng.fork("load").fork(static_cast<std::uint64_t>(index)));
    return dataset->load(batches.at(index), here);
  }

  void restart(std::int64_t index) {  // with `mutex` held
    ready.clear();
    next = wanted = index;
  }

  void run() {
    // The number of threads of the process may change after the first unit, or be another one after
    // a resume: what is loaded must not depend on it.
    if (context.device.is_cpu()) use_one_thread();
    std::unique_lock lock(mutex);
    while (!stop) {
      changed.wait(lock, [&] { return stop || (!error && next <= wanted + ahead); });
      if (stop) return;
      const auto index = next;
      lock.unlock();
      Batch batch;
      std::exception_ptr failure;
      try {
        batch = load(index);
        batch.input = pinned(batch.input, context.device);
        batch.target = pinned(batch.target, context.device);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      if (next != index) continue;  // restarted elsewhere meanwhile
      if (failure)
        error = failure;
      else
        ready.emplace(next++, std::move(batch));
      changed.notify_all();
    }
  }
};

Loader::Loader(std::shared_ptr<const Dataset> dataset, Batches batches, const Context& context,
               std::int64_t ahead)
    : impl_(new Impl{std::move(dataset),
                     std::move(batches),
                     context,
                     ahead,
                     {},
                     {},
                     {},
                     {},
                     0,
                     0,
                     false,
                     {}}) {}

Loader::~Loader() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
  }
  impl_->changed.notify_all();
  if (impl_->thread.joinable()) impl_->thread.join();
}

Batch Loader::at(std::int64_t index) {
  if (impl_->ahead == 0) return to_device(impl_->load(index), impl_->context.device);
  std::unique_lock lock(impl_->mutex);
  const bool sequential =
      impl_->thread.joinable() && (impl_->ready.contains(index) || index == impl_->next);
  if (!sequential) impl_->restart(index);
  impl_->wanted = index;
  if (!impl_->thread.joinable()) impl_->thread = std::thread([this] { impl_->run(); });
  impl_->changed.notify_all();
  impl_->changed.wait(lock, [&] { return impl_->error || impl_->ready.contains(index); });
  if (!impl_->ready.contains(index)) std::rethrow_exception(impl_->error);
  Batch batch = std::move(impl_->ready.extract(index).mapped());
  return to_device(std::move(batch), impl_->context.device);
}

}  // namespace assay
