// Launches perturb_thread over a grid. Compiled with nvcc 13; it has never run on a GPU.
#include "core/runtime/cuda/launch.h"

#include <algorithm>

namespace assay::cuda {
namespace {

constexpr int kThreads = 256;
constexpr std::int64_t kBlocks = 4096;  // beyond this, a thread takes several elements

__global__ void perturb_kernel(const __grid_constant__ PerturbTable table, const float* scale) {
  const auto thread = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  perturb_thread(table, *scale, thread, static_cast<std::int64_t>(gridDim.x) * blockDim.x);
}

}  // namespace

cudaError_t launch_perturb(const PerturbTable& table, const float* scale, cudaStream_t stream) {
  const auto blocks = std::min(kBlocks, (table.elements() + kThreads - 1) / kThreads);
  perturb_kernel<<<static_cast<unsigned>(blocks), kThreads, 0, stream>>>(table, scale);
  return cudaGetLastError();
}

}  // namespace assay::cuda
