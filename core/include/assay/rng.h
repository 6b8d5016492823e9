// Rng: named random streams. Counter-based: a stream is a place in a tree, not a state.
#pragma once

#include <cstdint>
#include <string_view>

#include <ATen/core/Generator.h>

namespace assay {

/// Equal (seed, path) give equal numbers on every machine and thread; streams share nothing, so a
/// new consumer cannot change another one's draws, and unit k needs no replay of the units before.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : seed_(seed) {}

  Rng fork(std::string_view name) const;      // rng.fork("shuffle")
  Rng fork(std::uint64_t index) const;        // the stream of one epoch, unit or sample
  double uniform(std::uint64_t index) const;  // the index-th number of this stream, in [0, 1)
  std::uint64_t bits(std::uint64_t index) const;

  /// A fresh generator for LibTorch's random functions: torch::randperm(n, rng.generator()).
  at::Generator generator(at::Device device = at::kCPU) const;
  std::uint64_t seed() const noexcept { return seed_; }

 private:
  std::uint64_t seed_;
};

/// Restarts LibTorch's default generators at `rng`, so that dropout, which asks them, repeats.
void seed_default_generators(const Rng& rng, at::Device device);

}  // namespace assay
