// What core asks of the CUDA module, a library that is loaded only where a GPU is there. Pinning
// and generators are not in the table: ATen reaches libtorch_cuda for these once it is loaded.
#pragma once

#include <cstdint>
#include <string>

#include <torch/types.h>

namespace assay {

struct CudaModule {
  int (*device_count)();
  std::int64_t (*peak_bytes)(int device);  // allocated by ATen, at most so far
  /// w += scale * g for whole lists of float32 tensors, in one pass; `scale` is a 0-dim float32
  /// tensor on the same device, so that a norm just computed there needs no trip to the host.
  void (*perturb)(at::TensorList weights, at::TensorList gradients, const at::Tensor& scale);
};

/// GPUs that the driver shows; 0 where there is no driver. Loads nothing of LibTorch.
int visible_gpus();

/// The module, loaded at the first call; null where the build has none. Throws Error{kParameter}
/// where it is there and does not load.
const CudaModule* cuda_module();

}  // namespace assay

/// The module's one exported function.
extern "C" __attribute__((visibility("default"))) const assay::CudaModule* assay_cuda_module();
