// Which device a word means on this machine.
#include <charconv>
#include <optional>
#include <string>

#include "assay/error.h"
#include "core/runtime/cuda_module.h"
#include "core/runtime/runtime.h"

namespace assay {
namespace {

[[noreturn]] void refuse(std::string_view name, const std::string& why) {
  throw Error(ErrorKind::kParameter, "device `" + std::string(name) + "`: " + why);
}

// k of `cuda:k`, 0 of `cuda`, nothing for another word.
std::optional<int> gpu_index(std::string_view name) {
  if (name == "cuda") return 0;
  constexpr std::string_view kPrefix = "cuda:";
  if (!name.starts_with(kPrefix)) return {};
  const auto digits = name.substr(kPrefix.size());
  int index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (!whole || index < 0) return {};
  return index;
}

torch::Device gpu(std::string_view name, int index) {
  const int there = visible_gpus();
  if (there == 0)
    refuse(name,
           "this machine has no usable NVIDIA GPU (libcuda.so.1 is missing or reports none); "
           "use `auto` or `cpu`");
  if (index >= there)
    refuse(name, "the GPUs of this machine are cuda:0 to cuda:" + std::to_string(there - 1));
  if (cuda_module() == nullptr)
    refuse(name, "this build has no CUDA module; build with nvcc on the PATH, or use `cpu`");
  return {torch::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

}  // namespace

torch::Device choose_device(std::string_view name) {
  if (name == "cpu") return torch::kCPU;
  if (name == "auto")
    return visible_gpus() > 0 && cuda_module() != nullptr ? torch::Device(torch::kCUDA, 0)
                                                          : torch::Device(torch::kCPU);
  if (const auto index = gpu_index(name)) return gpu(name, *index);
  refuse(name, "not a device; expected `auto`, `cpu`, `cuda` or a numbered GPU such as `cuda:1`");
}

torch::Tensor pinned(const torch::Tensor& tensor, torch::Device device) {
  return device.is_cuda() ? tensor.pin_memory() : tensor;
}

}  // namespace assay
