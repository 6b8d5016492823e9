// How many threads a step gets, by the sizes of its products alone.
#include <catch2/catch.hpp>

#include <sched.h>

#include <thread>

#include <ATen/ops/conv2d.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>

#include "core/runtime/runtime.h"

using namespace assay;

namespace {

template <class Work>
int threads_for(const Work& work, int most = 8) {
  const ProductCounter products;
  work();
  return products.threads(most);
}

// 2 n^3 operations.
void product(std::int64_t n) {
  const auto x = at::randn({n, n});
  at::mm(x, x);
}

int allowed() {
  cpu_set_t own;
  CPU_ZERO(&own);
  sched_getaffinity(0, sizeof own, &own);
  return CPU_COUNT(&own);
}

}  // namespace

TEST_CASE("small products get one thread, large ones all") {
  CHECK(threads_for([] { product(100); }) == 1);  // 2 million
  CHECK(threads_for([] { product(200); }) == 8);  // 16 million
  CHECK(threads_for([] { product(200); }, 3) == 3);
}

TEST_CASE("the sizes are weighted by size, so many small products do not hide a large one") {
  CHECK(threads_for([] {
          for (int k = 0; k < 5; ++k) product(50);
          product(250);
        }) == 8);
}

TEST_CASE("a convolution is worth sharing at an eighth of the size") {
  const auto image = at::randn({32, 4, 16, 16});
  const auto conv = [&](std::int64_t channels) {
    at::conv2d(image, at::randn({channels, 4, 3, 3}));  // 0.45 million per channel
  };
  CHECK(threads_for([&] { conv(1); }) == 1);
  CHECK(threads_for([&] { conv(8); }) == 8);
}

TEST_CASE("without products all threads are used") {
  CHECK(threads_for([] {}) == 8);
  product(100);
  CHECK(threads_for([] {}) == 8);  // what was computed before does not count
}

TEST_CASE("threads are pinned only if there are as many as CPUs, and can be released") {
  const int cpus = allowed();
  pin_threads(1);
  CHECK(allowed() == cpus);
  pin_threads(cpus + 1);
  CHECK(allowed() == cpus);
  pin_threads(cpus);
  std::thread([cpus] {
    unpin_thread();
    CHECK(allowed() == cpus);
  }).join();
  pin_threads(1);
  CHECK(allowed() == cpus);
}
