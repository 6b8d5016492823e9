// Streams as 64-bit places in a tree; a step along it is a finalizing hash (SplitMix64's).
#include "assay/rng.h"

#include <mutex>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

namespace assay {
namespace {

// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014: mix64.
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;  // 2^64 / golden ratio, odd
constexpr std::uint64_t kNames = 0xd1b54a32d192ed03ULL;   // keeps fork("...") apart from fork(k)
constexpr std::uint64_t kDraws = 0x8cb92ba72f3d8dd7ULL;   // and both apart from the draws

std::uint64_t hash(std::string_view text) {  // FNV-1a
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}

}  // namespace

Rng Rng::fork(std::string_view name) const {
  return Rng(mix(mix(seed_ ^ kNames) + hash(name)));
}

Rng Rng::fork(std::uint64_t index) const {
  return Rng(mix(mix(seed_) + kGolden * (index + 1)));
}

std::uint64_t Rng::bits(std::uint64_t index) const {
  return mix(mix(seed_ ^ kDraws) + kGolden * (index + 1));
}

double Rng::uniform(std::uint64_t index) const {
  return static_cast<double>(bits(index) >> 11) * 0x1.0p-53;
}

at::Generator Rng::generator(at::Device device) const {
  auto made = device.is_cpu() ? at::detail::createCPUGenerator(seed_)
                              : at::globalContext().defaultGenerator(device).clone();
  if (!device.is_cpu()) made.set_current_seed(seed_);
  return made;
}

void seed_default_generators(const Rng& rng, at::Device device) {
  const auto seed = [&](at::Device where) {
    auto generator = at::globalContext().defaultGenerator(where);
    const std::lock_guard lock(generator.mutex());
    generator.set_current_seed(rng.seed());
  };
  seed(at::kCPU);
  if (!device.is_cpu()) seed(device);
}

}  // namespace assay
