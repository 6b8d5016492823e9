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

/// Keeps the calling thread and each of LibTorch's other threads on a CPU of its own if there are
/// as many as CPUs that the process may use; else gives all CPUs back to the calling thread. What
/// the calling thread starts later inherits its CPU.
void pin_threads(int threads);
/// Lets the calling thread run on all CPUs of the process.
void use_all_cpus();
/// Gives the calling thread, alone, one thread for LibTorch's operators, whatever the others have,
/// and all CPUs.
void use_one_thread();

/// Counts, for its lifetime, the floating-point operations of the matrix products and convolutions
/// that the calling thread computes. One at a time per thread.
class ProductCounter {
 public:
  ProductCounter();
  ~ProductCounter();
  ProductCounter(const ProductCounter&) = delete;
  ProductCounter& operator=(const ProductCounter&) = delete;

  /// `size` is in units of the smallest product, or convolution, that is worth sharing.
  void add(double size);
  /// Returns the number of threads, 1 or `most`, that computes such work faster. It depends on
  /// sizes alone, never on timing, so equal trials have equal bits if `most` is equal. Threads
  /// share the work of one product at a time, and wait for each other after each: if products are
  /// small (mean size, weighted by size, below 1), one thread is faster. `most` if there were no
  /// products.
  int choose_threads(int most) const;

 private:
  std::uint64_t callback_;
  double sum_ = 0, squares_ = 0;
};

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
