// Largest memory use so far, as the kernel and the CUDA allocator count it.
#include <fstream>
#include <string>

#include "core/runtime/cuda_module.h"
#include "core/runtime/runtime.h"

namespace assay {
namespace {

std::int64_t peak_resident() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::int64_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib * 1024;
  }
  return 0;
}

}  // namespace

Memory peak_memory(torch::Device device) {
  Memory memory{peak_resident(), 0};
  if (device.is_cuda() && cuda_module() != nullptr)
    memory.device = cuda_module()->peak_bytes(device.has_index() ? device.index() : 0);
  return memory;
}

}  // namespace assay
