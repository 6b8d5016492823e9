// How many CPU threads a step has work for.
#include <memory>

#include <ATen/record_function.h>
#include <torch/csrc/profiler/util.h>

#include "core/runtime/runtime.h"

namespace assay {

namespace profiler = torch::profiler::impl;

namespace {

// The counter of this thread, for LibTorch's callback, which takes no argument of ours.
thread_local ProductCounter* counting = nullptr;

std::unique_ptr<at::ObserverContext> count(const at::RecordFunction& call) {
  if (counting == nullptr) return nullptr;
  const auto flops = profiler::computeFlops(call.name(), profiler::saveExtraArgs(call));
  counting->add(static_cast<double>(flops));
  return nullptr;
}

}  // namespace

ProductCounter::ProductCounter()
    : callback_(at::addThreadLocalCallback(
          at::RecordFunctionCallback(count).needsInputs(true).scopes({at::RecordScope::FUNCTION}))) {
  counting = this;
}

ProductCounter::~ProductCounter() {
  counting = nullptr;
  at::removeCallback(callback_);
}

void ProductCounter::add(double flops) {
  sum_ += flops;
  squares_ += flops * flops;
}

int ProductCounter::threads(int most) const {
  return sum_ > 0 && squares_ / sum_ < kWorthSharing ? 1 : most;
}

}  // namespace assay
