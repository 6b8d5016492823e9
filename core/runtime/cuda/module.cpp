// The CUDA module's table: all that core asks of libtorch_cuda by itself. It has never run on a
// GPU.
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "assay/error.h"
#include "core/runtime/cuda/launch.h"
#include "core/runtime/cuda_module.h"

namespace assay {
namespace {

int device_count() {
  return c10::cuda::device_count();
}

std::int64_t peak_bytes(int device) {
  const auto stats =
      c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(device));
  return stats.allocated_bytes[static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE)]
      .peak;
}

bool plain(const at::Tensor& tensor, at::Device device) {
  return tensor.device() == device && tensor.scalar_type() == at::kFloat && tensor.is_contiguous();
}

std::vector<cuda::Segment> segments_of(at::TensorList weights, at::TensorList gradients,
                                       at::Device device) {
  if (weights.size() != gradients.size())
    throw Error(ErrorKind::kShape,
                "perturb: the numbers of gradients and of weights must be equal");
  std::vector<cuda::Segment> segments;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!plain(weights[i], device) || !plain(gradients[i], device) ||
        weights[i].numel() != gradients[i].numel())
      throw Error(ErrorKind::kShape,
                  "perturb: weights and gradients must be contiguous float32 tensors "
                  "of equal sizes on one GPU");
    segments.push_back({weights[i].mutable_data_ptr<float>(), gradients[i].const_data_ptr<float>(),
                        weights[i].numel()});
  }
  return segments;
}

void perturb(at::TensorList weights, at::TensorList gradients, const at::Tensor& scale) {
  if (!scale.is_cuda() || scale.scalar_type() != at::kFloat || scale.numel() != 1)
    throw Error(ErrorKind::kShape, "perturb: the scale must be one float32 on the GPU");
  const auto segments = segments_of(weights, gradients, scale.device());
  const c10::cuda::CUDAGuard guard(scale.device());
  const auto stream = c10::cuda::getCurrentCUDAStream().stream();
  for (const auto& table : cuda::plan_perturb(segments))
    C10_CUDA_CHECK(cuda::launch_perturb(table, scale.const_data_ptr<float>(), stream));
}

constexpr CudaModule kModule{device_count, peak_bytes, perturb};

}  // namespace
}  // namespace assay

const assay::CudaModule* assay_cuda_module() {
  return &assay::kModule;
}
