#include "rows.h"

#include <algorithm>
#include <numeric>

#include <ATen/ops/bincount.h>

namespace rows {
namespace {

double count(const torch::Tensor& mask) {
  return static_cast<double>(mask.sum().item<std::int64_t>());
}

std::string label(const std::vector<std::string>& names, std::int64_t k) {
  return static_cast<std::size_t>(k) < names.size() ? names[static_cast<std::size_t>(k)]
                                                    : std::to_string(k);
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

void accuracy(const Measuring& m) {
  m.row("accuracy",
        count(assay::is_right(m.predictions)) / static_cast<double>(m.predictions.size()));
}

void nll(const Measuring& m) {
  const auto& p = m.predictions;
  const auto own = p.log_probability.gather(1, p.target.unsqueeze(1));
  m.row("nll", -own.to(torch::kDouble).mean().item<double>());
}

void mse(const Measuring& m) {
  const auto& p = m.predictions;
  const auto error = (p.value - p.target.view_as(p.value)).to(torch::kDouble);
  m.row("mse", error.square().mean().item<double>());
}

void coverage(const Measuring& m) {
  const auto& p = m.predictions;
  if (!p.abstained.defined()) return;
  const double all = static_cast<double>(p.size()), answered = all - count(p.abstained);
  m.row("coverage", answered / all);
  if (answered > 0) m.row("selective_accuracy", count(assay::is_right(p)) / answered);
}

// The average is weighted by the groups' shares of the whole training split, whatever this set's
// are, and whatever a selection has made of them.
void groups(const Measuring& m) {
  const auto groups = std::ssize(m.predictions.info.groups);
  if (groups < 2) return;
  const auto& p = m.predictions;
  const auto& sizes = m.predictions.info.whole_group_sizes.empty()
                          ? m.predictions.info.group_sizes
                          : m.predictions.info.whole_group_sizes;
  const auto all = at::bincount(p.group, {}, groups);
  const auto right = at::bincount(p.group.masked_select(assay::is_right(p)), {}, groups);
  double average = 0, weights = 0, worst = 1;
  for (std::int64_t g = 0; g < groups; ++g) {
    const auto n = static_cast<double>(all[g].item<std::int64_t>());
    if (n == 0) continue;
    const double accuracy = static_cast<double>(right[g].item<std::int64_t>()) / n;
    m.row("accuracy/group/" + label(m.predictions.info.groups, g), accuracy);
    const double weight =
        sizes.empty() ? n : static_cast<double>(sizes.at(static_cast<std::size_t>(g)));
    average += weight * accuracy;
    weights += weight;
    worst = std::min(worst, accuracy);
  }
  // Without a group of the training split, that of all samples.
  average =
      weights > 0 ? average / weights : count(assay::is_right(p)) / static_cast<double>(p.size());
  m.row("average", average);
  m.row("worst_group", worst);
  m.row("gap", average - worst);
}

void classes(const Measuring& m) {
  const auto& p = m.predictions;
  const auto classes = p.log_probability.size(1);
  const auto answered =
      p.abstained.defined() ? p.abstained.logical_not() : at::ones_like(p.label, torch::kBool);
  const auto of = [classes](const torch::Tensor& labels) {
    return at::bincount(labels, {}, classes).to(torch::kDouble);
  };
  const auto all = of(p.target), answers = of(p.label.masked_select(answered)),
             right = of(p.target.masked_select(assay::is_right(p)));
  std::vector<double> recalls, f1;
  for (std::int64_t c = 0; c < classes; ++c) {
    const double n = all[c].item<double>(), hits = right[c].item<double>(),
                 said = answers[c].item<double>();
    if (n > 0) recalls.push_back(hits / n);
    if (n > 0) m.row("accuracy/class/" + label(m.predictions.info.class_names, c), recalls.back());
    if (n + said > 0) f1.push_back(2 * hits / (n + said));
  }
  if (recalls.empty()) return;
  m.row("balanced_accuracy", mean(recalls));
  m.row("macro_f1", mean(f1));
}

void terms(const Measuring& m) {
  for (const auto& [name, value] : m.predictions.terms) m.row(name, value);
}

}  // namespace rows
