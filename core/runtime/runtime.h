// The tensor runtime: devices, threads, determinism, autocast, memory.
#pragma once

#include <cstdint>
#include <string_view>

#include <torch/types.h>

namespace assay {

/// `auto` (a GPU where there is one), `cpu`, `cuda`, `cuda:k`. Loads the CUDA module only where a
/// GPU is there. Throws Error{kParameter} for another word, or for a GPU that is not there.
torch::Device choose_device(std::string_view name);

/// CPU threads of this process, and whether LibTorch must refuse non-deterministic kernels.
void configure(int threads, bool deterministic);

/// bfloat16 autocast for the lifetime of the object; nothing where `on` is false.
class Autocast {
 public:
  Autocast(bool on, torch::Device device);
  ~Autocast();
  Autocast(const Autocast&) = delete;

 private:
  bool on_;
  torch::DeviceType type_;
  bool enabled_before_ = false;
  torch::ScalarType dtype_before_ = torch::kBFloat16;
};

/// The tensor in page-locked memory, where `device` is a GPU; else as it is.
torch::Tensor pinned(const torch::Tensor& tensor, torch::Device device);

/// Largest memory use so far: of this process (resident), of the device (allocated; 0 on a CPU).
struct Memory {
  std::int64_t host = 0;
  std::int64_t device = 0;
};
Memory peak_memory(torch::Device device);

}  // namespace assay
