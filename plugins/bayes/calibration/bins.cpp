#include "bins.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/arange.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/bucketize.h>
#include <ATen/ops/empty_like.h>

double Bin::gap() const {
  return samples > 0 ? std::abs(right - confidence) / samples : 0;
}

torch::Tensor find_bins_of_equal_width(const torch::Tensor& confidence, std::int64_t bins,
                                       bool left) {
  const auto inner = at::arange(1, bins, torch::kDouble) / static_cast<double>(bins);
  return at::bucketize(confidence, inner, /*out_int32=*/false, /*right=*/left);
}

torch::Tensor find_bins_of_equal_mass(const torch::Tensor& confidence, std::int64_t bins) {
  const auto order = confidence.argsort(/*stable=*/true);
  const auto ranks = at::arange(confidence.numel(), torch::kInt64);
  return at::empty_like(ranks).scatter_(0, order, (ranks * bins).div(confidence.numel(), "floor"));
}

std::vector<Bin> sum_over_bins(const torch::Tensor& confidence, const torch::Tensor& right,
                               const torch::Tensor& place, std::int64_t bins) {
  const auto count = at::bincount(place, {}, bins).to(torch::kDouble),
             sure = at::bincount(place, confidence, bins), hits = at::bincount(place, right, bins);
  std::vector<Bin> all;
  for (std::int64_t m = 0; m < bins; ++m)
    all.push_back({count[m].item<double>(), sure[m].item<double>(), hits[m].item<double>()});
  return all;
}

double compute_expected_error(const std::vector<Bin>& bins) {
  double all = 0, error = 0;
  for (const auto& bin : bins) {
    all += bin.samples;
    error += bin.samples * bin.gap();
  }
  return all > 0 ? error / all : 0;
}

double find_largest_error(const std::vector<Bin>& bins) {
  double largest = 0;
  for (const auto& bin : bins) largest = std::max(largest, bin.gap());
  return largest;
}
