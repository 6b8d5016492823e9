// Kernel launches that module.cpp calls; no LibTorch here, so that nvcc compiles quickly.
#pragma once

#include <cuda_runtime_api.h>

#include "core/runtime/cuda/perturb.h"

namespace assay::cuda {

/// `scale` points at device memory. `table` is not empty.
cudaError_t launch_perturb(const PerturbTable& table, const float* scale, cudaStream_t stream);

}  // namespace assay::cuda
