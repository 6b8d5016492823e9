// All draws are permutations of the rows, cut by group.
#include "samples.h"

#include <algorithm>
#include <map>

#include <ATen/ops/cat.h>
#include <ATen/ops/randperm.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

namespace {

using assay::Error;
using assay::ErrorKind;
using Rows = std::vector<std::int64_t>;

Samples pick(const Samples& samples, const Rows& rows) {
  const auto index = torch::tensor(rows, torch::kInt64);
  return {samples.x.index_select(0, index), samples.y.index_select(0, index),
          samples.group.index_select(0, index)};
}

// The rows of each key, shuffled.
std::map<std::int64_t, Rows> shuffled(const torch::Tensor& key, const assay::Rng& rng) {
  const auto order = at::randperm(key.size(0), rng.generator(), torch::kInt64);
  const auto keys = key.contiguous();
  std::map<std::int64_t, Rows> rows;
  for (std::int64_t k = 0; k < order.size(0); ++k) {
    const auto row = order.const_data_ptr<std::int64_t>()[k];
    rows[keys.const_data_ptr<std::int64_t>()[row]].push_back(row);
  }
  return rows;
}

}  // namespace

Samples features_of(assay::Parts& parts, assay::Split split, std::int64_t batch,
                    const assay::Context& context) {
  if (parts.dataset->ids(split).empty())
    throw Error(ErrorKind::kData, "the dataset has no " + std::string(assay::name_of(split)) +
                                      " split to train the last layer on");
  const auto found = assay::predict(parts, split, batch, {.features = true},
                                    context.with(context.rng.fork("features")));
  if (!found.features.defined())
    throw Error(ErrorKind::kPlugin, "the model returns no features to train a last layer on");
  return {found.features.to(torch::kDouble), found.target, found.group};
}

Samples balanced(const Samples& samples, const assay::Rng& rng) {
  const auto groups = shuffled(samples.group, rng);
  auto smallest = groups.begin()->second.size();
  for (const auto& [group, rows] : groups) smallest = std::min(smallest, rows.size());
  Rows chosen;
  for (const auto& [group, rows] : groups)
    chosen.insert(chosen.end(), rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(smallest));
  return pick(samples, chosen);
}

std::pair<Samples, Samples> halves(const Samples& samples, const assay::Rng& rng) {
  const auto classes = samples.y.max().item<std::int64_t>() + 1;
  Rows one, other;
  for (const auto& [cell, rows] : shuffled(samples.group * classes + samples.y, rng))
    for (std::size_t k = 0; k < rows.size(); ++k) (k % 2 == 0 ? one : other).push_back(rows[k]);
  if (other.empty())
    throw Error(
        ErrorKind::kData,
        "no group has two samples of a class, so `c` cannot be selected on one half of them: "
        "give one `c`, or more samples");
  return {pick(samples, one), pick(samples, other)};
}

double worst_group(const Samples& samples, const torch::Tensor& lines) {
  const auto width = samples.x.size(1);
  const auto logits = samples.x.matmul(lines.narrow(1, 0, width).t()) + lines.select(1, width);
  const auto right = (logits.argmax(1) == samples.y).to(torch::kDouble);
  double worst = 1;
  for (std::int64_t g = 0; g <= samples.group.max().item<std::int64_t>(); ++g) {
    const auto mask = samples.group == g;
    if (mask.any().item<bool>())
      worst = std::min(worst, right.masked_select(mask).mean().item<double>());
  }
  return worst;
}
