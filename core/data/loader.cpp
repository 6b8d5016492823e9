// Loader: batches by number, from threads that run ahead if they are asked to.
#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <ATen/ops/empty.h>

#include "assay/sdk/training.h"
#include "core/data/check_data.h"
#include "core/runtime/runtime.h"

namespace assay {

struct Loader::Impl {
  struct Loaded {
    Batch batch;
    std::exception_ptr error;
  };

  std::shared_ptr<const Dataset> dataset;
  Batches batches;
  Context context;
  LoaderOptions options;

  std::mutex mutex;  // of everything below, and of `batches`
  std::condition_variable changed;
  std::map<std::int64_t, Loaded> ready = {};  // loaded, not yet asked for
  std::set<std::int64_t> under_way = {};
  std::int64_t next = 0;    // to be loaded by the next thread that is free
  std::int64_t wanted = 0;  // the newest batch asked for
  int round = 0;            // changes if the order is left: what is under way then is not wanted
  bool stop = false;
  std::vector<std::thread> threads = {};

  Batch load(const Drawn& drawn, std::int64_t index) const {
    const auto rng = context.rng.fork("load").fork(static_cast<std::uint64_t>(index));
    auto batch = dataset->load(drawn.ids, context.with(rng));
    check_loaded(batch, drawn.ids, dataset->info());
    batch.occurrence = at::empty({std::ssize(drawn.occurrences)}, torch::kInt64);
    std::copy(drawn.occurrences.begin(), drawn.occurrences.end(),
              batch.occurrence.mutable_data_ptr<std::int64_t>());
    const auto stream = context.rng.fork("transform");
    for (std::size_t k = 0; k < options.transforms.size(); ++k) {
      const auto& transform = *options.transforms[k];
      batch = transform.apply(batch, transform.draw(batch, stream.fork(k)));
    }
    return batch;
  }

  // Draws with the lock, and loads without it.
  Loaded try_to_load(std::int64_t index, std::unique_lock<std::mutex>& lock) {
    Loaded loaded;
    try {
      const auto drawn = batches.at(index);
      lock.unlock();
      loaded.batch =
          load(drawn, index).map([&](const auto& part) { return pinned(part, context.device); });
    } catch (...) {
      loaded.error = std::current_exception();
    }
    if (!lock.owns_lock()) lock.lock();
    return loaded;
  }

  void run() {
    // The number of threads of the process may change after the first unit, or be another one after
    // a resume: what is loaded must not depend on it.
    if (context.device.is_cpu()) use_one_thread();
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stop || next <= wanted + options.ahead; });
      if (stop) return;
      const auto index = next++;
      const auto of = round;
      under_way.insert(index);
      auto loaded = try_to_load(index, lock);
      if (of != round) continue;
      under_way.erase(index);
      ready.emplace(index, std::move(loaded));
      changed.notify_all();
    }
  }

  void start() {
    for (auto k = std::ssize(threads); k < options.threads; ++k)
      threads.emplace_back([this] { run(); });
  }

  void restart(std::int64_t index) {
    ready.clear();
    under_way.clear();
    ++round;
    next = index;
  }
};

Loader::Loader(std::shared_ptr<const Dataset> dataset, Batches batches, const Context& context,
               LoaderOptions options)
    : impl_(new Impl{std::move(dataset), std::move(batches), context, std::move(options), {}, {}}) {
}

Loader::~Loader() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
  }
  impl_->changed.notify_all();
  for (auto& thread : impl_->threads) thread.join();
}

Batch Loader::at(std::int64_t index) {
  auto& impl = *impl_;
  if (impl.options.ahead == 0)
    return to_device(impl.load(impl.batches.at(index), index), impl.context.device);
  std::unique_lock lock(impl.mutex);
  const bool sequential =
      impl.ready.contains(index) || impl.under_way.contains(index) || index == impl.next;
  if (!sequential) impl.restart(index);
  impl.wanted = index;
  impl.start();
  impl.changed.notify_all();
  impl.changed.wait(lock, [&] { return impl.ready.contains(index); });
  auto loaded = std::move(impl.ready.extract(index).mapped());
  if (loaded.error) std::rethrow_exception(loaded.error);
  return to_device(std::move(loaded.batch), impl.context.device);
}

}  // namespace assay
