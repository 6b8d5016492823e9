// Settings of the whole process: threads, and what LibTorch promises about repeating itself.
#include <cstdlib>
#include <mutex>

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include "core/runtime/runtime.h"

namespace assay {
namespace {

// Settable once, and only before the pool runs; it changes no result, so a late call is let pass.
void one_interop_thread() {
  static std::once_flag once;
  std::call_once(once, [] {
    try {
      at::set_num_interop_threads(1);
    } catch (const c10::Error&) {
    }
  });
}

}  // namespace

void configure(int threads, bool deterministic) {
  one_interop_thread();
  at::set_num_threads(threads);
  auto& context = at::globalContext();
  context.setDeterministicAlgorithms(deterministic, /*warn_only=*/false);
  context.setDeterministicCuDNN(deterministic);
  context.setDeterministicMkldnn(deterministic);
  // Otherwise every at::empty() is filled with NaN, which costs a pass over each result.
  context.setDeterministicFillUninitializedMemory(false);
  context.setBenchmarkCuDNN(!deterministic);
  // cuBLAS repeats itself only with a fixed workspace, and reads this when it starts.
  if (deterministic) setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  // Huge pages for tensors from 2 MB on, which are faulted in at every step; read by LibTorch at the
  // first tensor. A user's THP_MEM_ALLOC_ENABLE=0 turns them off.
  setenv("THP_MEM_ALLOC_ENABLE", "1", /*overwrite=*/0);
}

}  // namespace assay
