// As the authors' code weighs groups (`epo`): Mahapatra and Rajan, "Multi-Task Learning with User
// Preferences: Gradient Descent with Controlled Ascent in Pareto Optimization", ICML 2020, with the
// control vector normalized.
#include "weights.h"

#include <algorithm>
#include <cmath>

#include "simplex_program.h"

namespace {

constexpr double kSmall =
    1e-300;  // a group without loss has share 0, whose logarithm is not wanted

std::vector<double> softmax_of(const std::vector<double>& x) {
  const double largest = *std::max_element(x.begin(), x.end());
  std::vector<double> p;
  double sum = 0;
  for (const double value : x) sum += p.emplace_back(std::exp(value - largest));
  for (double& value : p) value /= sum;
  return p;
}

std::vector<double> shares(std::vector<double> loss, bool softmax) {
  const auto groups = static_cast<double>(loss.size());
  double sum = 0;
  for (const double value : loss) sum += value;
  if (softmax) {
    for (double& value : loss) value *= groups;
    return softmax_of(loss);
  }
  for (double& value : loss) value = sum > 0 ? value / sum : 1 / groups;
  return loss;
}

// Equal losses have slopes that are rounding errors, which are not to steer anything.
bool negligible(const std::vector<double>& q) {
  return std::all_of(q.begin(), q.end(), [](double x) { return std::abs(x) < 1e-9; });
}

}  // namespace

Balance balance_of(const std::vector<double>& losses, const std::vector<double>& control,
                   bool softmax) {
  Balance b;
  const auto groups = static_cast<double>(losses.size());
  for (std::size_t i = 0; i < losses.size(); ++i) b.loss.push_back(control[i] * losses[i]);
  b.share = shares(b.loss, softmax);
  std::vector<double> logs;
  for (const double h : b.share) {
    logs.push_back(std::log(std::max(kSmall, groups * h)));
    b.gap += h * logs.back();
  }
  for (std::size_t i = 0; i < losses.size(); ++i)
    b.slope.push_back(control[i] * (softmax ? b.share[i] : 1) * (logs[i] - b.gap));
  return b;
}

Weights weights_of(const Balance& balance, const assay::Gram& gram,
                   const std::vector<double>& control, double threshold) {
  const auto groups = balance.loss.size();
  double scale = kSmall;  // of C, for the solver's tolerances
  for (std::size_t i = 0; i < groups; ++i) scale = std::max(scale, gram(i, i));
  std::vector<AtLeast> rows;  // C alpha
  std::vector<double> q, total(groups);
  for (std::size_t i = 0; i < groups; ++i) {
    AtLeast row{{}, 0};
    q.push_back(0);
    for (std::size_t j = 0; j < groups; ++j) {
      row.row.push_back(gram(i, j) / scale);
      q[i] += row.row[j] * balance.slope[j];
      total[j] += row.row[j];
    }
    rows.push_back(std::move(row));
  }
  const double best = *std::max_element(q.begin(), q.end());
  const bool balancing = balance.gap > threshold;
  if (balancing && best > 0) {
    // The gap may be closed at the cost of groups, but not of the worst one.
    const double worst = *std::max_element(balance.loss.begin(), balance.loss.end());
    std::vector<AtLeast> kept;
    for (std::size_t i = 0; i < groups; ++i) {
      if (balance.loss[i] == worst)
        kept.push_back(rows[i]);
      else if (q[i] <= 0)
        kept.push_back({rows[i].row, q[i]});
    }
    rows = std::move(kept);
  } else if (!balancing && !negligible(q)) {
    rows.push_back({q, std::min(best, 0.0)});
  }
  const auto alpha = maximize_on_simplex(balancing ? q : total, rows);
  return {alpha.value_or(control), balancing, alpha.has_value()};
}
