// Rng: counter-based random streams. A stream is identified by its path in a tree and has no state.
#pragma once

#include <cstdint>
#include <string_view>

#include <ATen/core/Generator.h>

namespace assay {

/// A value type: fork() and the draws leave it unchanged, and all functions are safe to call from
/// several threads. Equal seeds and paths give equal bits() and uniform() on every machine.
/// Different paths give independent streams (64-bit hashes), so a new consumer does not change
/// another one's numbers, and unit k can be computed without the units before it. Mixing function:
/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : seed_(seed) {}

  Rng fork(std::string_view name) const;          // the stream of one purpose: rng.fork("shuffle")
  Rng fork(std::uint64_t index) const;            // the stream of one epoch, unit or sample id
  double uniform(std::uint64_t index) const;      // the index-th number of this stream, in [0, 1)
  std::uint64_t bits(std::uint64_t index) const;  // the same draw as 64 uniform bits

  /// A new generator, seeded by this stream, for LibTorch: at::randperm(n, rng.generator()). The
  /// caller owns it. Its numbers are LibTorch's: they differ between a CPU and a GPU.
  at::Generator generator(at::Device device = at::kCPU) const;
  std::uint64_t seed() const noexcept { return seed_; }

 private:
  std::uint64_t seed_;
};

/// Seeds LibTorch's default generators (of the CPU and of `device`) by `rng`, so that functions
/// without a generator argument, such as dropout, repeat. The runner calls it before each unit and
/// each evaluation of an objective; an objective may, to give several forward passes streams of
/// their own.
void seed_default_generators(const Rng& rng, at::Device device);

}  // namespace assay
