// The CUDA kernel's body over an emulated grid: each element once, whatever the grid.
#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>

#include "assay/rng.h"
#include "core/runtime/cuda/perturb.h"

using namespace assay;

namespace {

using Lists = std::vector<std::vector<float>>;

Lists random_lists(const std::vector<std::int64_t>& sizes, const Rng& rng) {
  Lists lists;
  std::uint64_t draw = 0;
  for (const auto size : sizes) {
    lists.emplace_back(size);
    for (auto& x : lists.back()) x = static_cast<float>(rng.uniform(draw++) - 0.5);
  }
  return lists;
}

std::vector<cuda::Segment> segments_of(Lists& weights, const Lists& gradients) {
  std::vector<cuda::Segment> segments;
  for (std::size_t i = 0; i < weights.size(); ++i)
    segments.push_back(
        {weights[i].data(), gradients[i].data(), static_cast<std::int64_t>(weights[i].size())});
  return segments;
}

Lists expected(Lists weights, const Lists& gradients, float scale) {
  for (std::size_t i = 0; i < weights.size(); ++i)
    for (std::size_t k = 0; k < weights[i].size(); ++k) weights[i][k] += scale * gradients[i][k];
  return weights;
}

// Threads in reverse order: none may count on another one's work.
void run_grid(const std::vector<cuda::PerturbTable>& tables, float scale, std::int64_t threads) {
  for (const auto& table : tables)
    for (std::int64_t thread = threads - 1; thread >= 0; --thread)
      cuda::perturb_thread(table, scale, thread, threads);
}

void check_list(const std::vector<std::int64_t>& sizes) {
  const auto gradients = random_lists(sizes, Rng(1));
  for (const std::int64_t threads : {1, 7, 256, 1024, 100'000}) {
    INFO(sizes.size() << " tensors, " << threads << " threads");
    auto weights = random_lists(sizes, Rng(2));
    const auto right = expected(weights, gradients, 0.37F);
    run_grid(cuda::plan_perturb(segments_of(weights, gradients)), 0.37F, threads);
    CHECK(weights == right);
  }
}

}  // namespace

TEST_CASE("the fused perturbation reaches every element of a list once") {
  check_list({1});
  check_list({256, 1, 255, 257, 3, 1000});
  check_list({0, 5, 0, 0, 7, 0});
  check_list({5000, 1});
}

TEST_CASE("a list longer than a launch is cut into several") {
  for (const int count : {127, 128, 129, 300}) {
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(count));
    std::iota(sizes.begin(), sizes.end(), 0);
    check_list(sizes);
  }
  Lists weights(300, std::vector<float>(1)), gradients = weights;
  CHECK(cuda::plan_perturb(segments_of(weights, gradients)).size() == 3);
  CHECK(cuda::plan_perturb({}).empty());
  CHECK(sizeof(cuda::PerturbTable) <= 4096 - 64);  // kernel arguments, with room for the others
}

TEST_CASE("the element after a tensor's last is the next tensor's first") {
  cuda::PerturbTable table{};
  table.tensors = 3;
  table.end[0] = 2, table.end[1] = 3, table.end[2] = 7;
  const std::vector<int> right{0, 0, 1, 2, 2, 2, 2};
  for (std::size_t i = 0; i < right.size(); ++i)
    CHECK(cuda::tensor_of(table, static_cast<std::int64_t>(i)) == right[i]);
}
