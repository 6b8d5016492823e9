// Rng: a place in a tree gives its numbers, for ever, and shares them with no other place.
#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <set>

#include <ATen/ops/dropout.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>

#include "assay/rng.h"

using namespace assay;

namespace {

constexpr int kDraws = 100'000;

double correlation(const Rng& a, const Rng& b) {
  double sum = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) sum += (a.uniform(i) - 0.5) * (b.uniform(i) - 0.5);
  return sum / kDraws * 12;
}

double chi_square(const Rng& rng) {
  constexpr int kBins = 256;
  std::array<int, kBins> count{};
  for (std::uint64_t i = 0; i < kDraws; ++i)
    ++count[static_cast<std::size_t>(rng.uniform(i) * kBins)];
  double sum = 0;
  for (const int n : count) sum += std::pow(n - kDraws / 256.0, 2) / (kDraws / 256.0);
  return sum;
}

}  // namespace

TEST_CASE("equal paths give equal numbers, whatever was drawn before") {
  const Rng root(42);
  const auto a = root.fork("augment").fork(17);
  for (std::uint64_t i = 0; i < 100; ++i) root.fork("shuffle").bits(i);
  const auto b = Rng(42).fork("augment").fork(17);
  for (std::uint64_t i = 0; i < 100; ++i) CHECK(a.bits(i) == b.bits(i));
  CHECK(at::randn({8}, a.generator()).equal(at::randn({8}, b.generator())));
}

TEST_CASE("no two places of a tree share a seed or a draw") {
  std::set<std::uint64_t> seen;
  std::size_t places = 0;
  const auto visit = [&](const Rng& rng) {
    seen.insert(rng.seed());
    for (std::uint64_t i = 0; i < 10; ++i) seen.insert(rng.bits(i));
    places += 11;
  };
  for (std::uint64_t seed = 0; seed < 50; ++seed)
    for (const auto* name : {"shuffle", "augment", "init", "dropout"})
      for (std::uint64_t unit = 0; unit < 50; ++unit) visit(Rng(seed).fork(name).fork(unit));
  CHECK(seen.size() == places);
}

TEST_CASE("forks by name, by number and in another order differ") {
  const Rng root(0);
  CHECK(root.fork("a").seed() != root.fork("b").seed());
  CHECK(root.fork("a").fork(1).seed() != root.fork(1).fork("a").seed());
  CHECK(root.fork("1").seed() != root.fork(1).seed());
  CHECK(root.fork("").seed() != root.seed());
  CHECK(root.fork(0).seed() != root.seed());
  CHECK(root.fork("ab").seed() != root.fork("a").fork("b").seed());
}

TEST_CASE("uniform numbers lie in [0, 1) and fill it evenly") {
  for (std::uint64_t seed : {0ULL, 1ULL, ~0ULL}) {
    const auto rng = Rng(seed).fork("test");
    for (std::uint64_t i = 0; i < kDraws; ++i) {
      const double u = rng.uniform(i);
      if (!(u >= 0 && u < 1)) FAIL(u);
    }
    // 255 degrees of freedom: mean 255, standard deviation 22.6; five of them.
    CHECK(std::abs(chi_square(rng) - 255) < 5 * 22.6);
  }
}

TEST_CASE("neighboring streams are not correlated") {
  const double five_sigma = 5 / std::sqrt(static_cast<double>(kDraws));
  const Rng root(7);
  for (std::uint64_t k = 0; k < 8; ++k) {
    CHECK(std::abs(correlation(root.fork(k), root.fork(k + 1))) < five_sigma);
    CHECK(std::abs(correlation(Rng(k), Rng(k + 1))) < five_sigma);
    CHECK(std::abs(correlation(root.fork("a").fork(k), root.fork("b").fork(k))) < five_sigma);
  }
}

// A change here changes every result anyone has: raise the interface version, and say so.
TEST_CASE("the numbers are those of the first release") {
  CHECK(Rng(0).bits(0) == 0x8f7b56222f7bb394);
  CHECK(Rng(0).uniform(0) == 0x1.1ef6ac445ef76p-1);
  CHECK(Rng(42).fork("shuffle").seed() == 0xa005b60e751ea7ee);
  CHECK(Rng(42).fork("shuffle").fork(3).seed() == 0x19993b8f1f879301);
  CHECK(Rng(42).fork("shuffle").fork(3).bits(5) == 0xc945de2ed957bd3b);
  CHECK(Rng(42).fork("augment").fork(1'000'000).uniform(9) == 0x1.ebb1bfb6efcdcp-2);
}

TEST_CASE("dropout repeats once the default generators are set again") {
  const auto draw = [](std::uint64_t unit) {
    seed_default_generators(Rng(1).fork(unit), torch::kCPU);
    return at::dropout(at::ones({64}), 0.5, true);
  };
  const auto first = draw(3);
  CHECK_FALSE(draw(4).equal(first));
  CHECK(draw(3).equal(first));
}
