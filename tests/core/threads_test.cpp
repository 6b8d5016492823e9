// How many threads a step gets, by the sizes of its products alone.
#include <catch2/catch.hpp>

#include <sched.h>

#include <thread>
#include <vector>

#include <ATen/Parallel.h>
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
  return products.choose_threads(most);
}

// 2 n^3 operations.
void product(std::int64_t n) {
  const auto x = at::randn({n, n});
  at::mm(x, x);
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

TEST_CASE("a convolution is worth sharing at a sixth of the size") {
  const auto image = at::randn({16, 4, 16, 16});
  const auto conv = [&](std::int64_t channels) {
    at::conv2d(image, at::randn({channels, 4, 3, 3}));  // 0.22 million per channel
  };
  CHECK(threads_for([&] { conv(1); }) == 1);
  CHECK(threads_for([&] { conv(8); }) == 8);
}

TEST_CASE("without products all threads are used") {
  CHECK(threads_for([] {}) == 8);
  product(100);
  CHECK(threads_for([] {}) == 8);  // what was computed before does not count
}

#ifdef _OPENMP
int allowed() {
  cpu_set_t own;
  CPU_ZERO(&own);
  sched_getaffinity(0, sizeof own, &own);
  return CPU_COUNT(&own);
}

// The CPUs that each thread of a team may use.
std::vector<int> allowed_by_thread(int threads) {
  std::vector<int> counts(static_cast<std::size_t>(threads));
  at::parallel_for(0, threads, 1, [&](std::int64_t first, std::int64_t last) {
    for (auto k = first; k < last; ++k) counts[static_cast<std::size_t>(k)] = allowed();
  });
  return counts;
}

TEST_CASE("threads are pinned if there are as many as CPUs") {
  const int before = at::get_num_threads(), cpus = allowed();
  if (cpus < 2) return;
  at::set_num_threads(cpus);
  pin_threads(cpus - 1);
  CHECK(allowed_by_thread(cpus) == std::vector<int>(static_cast<std::size_t>(cpus), cpus));
  pin_threads(cpus);
  CHECK(allowed_by_thread(cpus) == std::vector<int>(static_cast<std::size_t>(cpus), 1));
  int inherited = 0, helper = 0;
  std::thread([&] {
    inherited = allowed();
    use_one_thread();
    helper = allowed();
  }).join();
  CHECK(inherited == 1);
  CHECK(helper == cpus);
  pin_threads(1);
  CHECK(allowed() == cpus);
  at::set_num_threads(before);
}

TEST_CASE("a thread that wants one thread leaves the others theirs") {
  const int before = at::get_num_threads();
  at::set_num_threads(3);
  int own = 0;
  std::thread([&own] {
    use_one_thread();
    own = at::get_num_threads();
  }).join();
  CHECK(own == 1);
  CHECK(at::get_num_threads() == 3);
  at::set_num_threads(before);
}
#endif
