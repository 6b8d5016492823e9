#include "methods/gradient_coverage.h"

#include <algorithm>
#include <cmath>
#include <queue>

#include <Eigen/Cholesky>

#include <ATen/ops/mv.h>

#include "methods/scores.h"

namespace selection {

using assay::Pool;

namespace {

constexpr std::int64_t kAtOnce = 256;

const char* const kPerClass =
    "Takes each class apart, in proportion to its size, which needs labels.";

// Least squares with weights that are not negative, from inner products: Lawson and Hanson,
// "Solving least squares problems", 1974. A column is added at a time, and the weights are found
// from those before, so that n columns take about n^3 operations.
class NonNegative {
 public:
  // The new column's products with those before it and with itself, and with the target.
  void add(const Eigen::VectorXd& products, double with_target) {
    const auto k = products.size();
    gram_.conservativeResize(k, k);
    gram_.row(k - 1) = products;
    gram_.col(k - 1) = products;
    b_.conservativeResize(k);
    b_[k - 1] = with_target;
    w_.conservativeResize(k);
    w_[k - 1] = 0;
    solve();
  }
  const Eigen::VectorXd& weights() const { return w_; }

 private:
  void solve() {
    const double small = 1e-10 * std::max(1e-300, b_.cwiseAbs().maxCoeff());
    std::vector<bool> settled(static_cast<std::size_t>(b_.size()));
    for (const auto k : free_) settled[static_cast<std::size_t>(k)] = true;
    for (Eigen::Index round = 0; round < 3 * b_.size(); ++round) {
      const Eigen::VectorXd slope = b_ - gram_ * w_;
      Eigen::Index next = -1;
      for (Eigen::Index k = 0; k < b_.size(); ++k)
        if (!settled[static_cast<std::size_t>(k)] && slope[k] > small &&
            (next < 0 || slope[k] > slope[next]))
          next = k;
      if (next < 0) return;
      settled[static_cast<std::size_t>(next)] = true;
      if (release(next))
        for (const auto k : step()) settled[static_cast<std::size_t>(k)] = false;
    }
  }

  // Lets weight k be positive: a row more of the Cholesky factor of the free ones' products. Not
  // where its column is spanned by theirs.
  bool release(Eigen::Index k) {
    const auto size = std::ssize(free_);
    const Eigen::VectorXd row =
        factor_.triangularView<Eigen::Lower>().solve(Eigen::VectorXd(gram_(free_, k)));
    const double rest = gram_(k, k) - row.squaredNorm();
    if (rest <= 1e-13 * gram_(k, k)) return false;
    factor_.conservativeResize(size + 1, size + 1);
    factor_.col(size).setZero();
    factor_.row(size).head(size) = row;
    factor_(size, size) = std::sqrt(rest);
    free_.push_back(k);
    return true;
  }

  // Goes to the best weights of the free ones, as far as none turns negative; those that reach zero
  // are free no longer, and are answered.
  std::vector<Eigen::Index> step() {
    std::vector<Eigen::Index> ended;
    for (;;) {
      Eigen::VectorXd best =
          factor_.triangularView<Eigen::Lower>().solve(Eigen::VectorXd(b_(free_)));
      factor_.transpose().triangularView<Eigen::Upper>().solveInPlace(best);
      double far = 1;
      for (std::size_t k = 0; k < free_.size(); ++k)
        if (best[k] <= 0) far = std::min(far, w_[free_[k]] / (w_[free_[k]] - best[k]));
      std::vector<Eigen::Index> left;
      for (std::size_t k = 0; k < free_.size(); ++k) {
        auto& w = w_[free_[k]];
        w += far * (best[k] - w);
        const bool at_zero = best[k] <= 0 && w <= 1e-14 * std::abs(best[k]) + 1e-300;
        if (at_zero) w = 0;
        (at_zero ? ended : left).push_back(free_[k]);
      }
      if (left.size() < free_.size()) {
        free_ = std::move(left);
        factor_ = Eigen::MatrixXd(gram_(free_, free_)).llt().matrixL();
      }
      if (far == 1) return ended;
    }
  }

  Eigen::MatrixXd gram_, factor_;
  Eigen::VectorXd b_, w_;
  std::vector<Eigen::Index> free_;  // may be positive, in the order of the factor's rows
};

}  // namespace

Choice facilities(const torch::Tensor& given, std::int64_t n) {
  const auto x = given.to(torch::kDouble);
  const auto square = x.square().sum(1);
  const auto size = x.size(0);
  const auto distances = [&](std::int64_t j) {
    return (square + square[j] - at::mv(x, x[j]) * 2).clamp_min(0).sqrt();
  };
  const double farthest = 2 * square.max().sqrt().item<double>();
  auto nearest = at::full({size}, farthest, x.options());
  const auto gain = [&](std::int64_t j) {
    return (nearest - distances(j)).clamp_min(0).sum().item<double>();
  };
  struct Row {
    double gain;
    std::int64_t place, known;  // known: how many were chosen when it was counted
    bool operator<(const Row& other) const {
      return gain != other.gain ? gain < other.gain : place > other.place;
    }
  };
  std::priority_queue<Row> queue;
  for (std::int64_t first = 0; first < size; first += kAtOnce) {
    const auto rows = x.narrow(0, first, std::min(kAtOnce, size - first));
    const auto apart =
        (rows.square().sum(1, true) + square - rows.matmul(x.t()) * 2).clamp_min_(0).sqrt_();
    const auto gains = numbers((farthest - apart).sum(1));
    for (std::size_t k = 0; k < gains.size(); ++k)
      queue.push({gains[k], first + static_cast<std::int64_t>(k), 0});
  }
  Choice choice;
  auto owner = at::zeros({size}, torch::kInt64);
  while (std::ssize(choice.places) < n) {
    auto row = queue.top();
    queue.pop();
    if (row.known < std::ssize(choice.places)) {
      queue.push({gain(row.place), row.place, std::ssize(choice.places)});
      continue;
    }
    const auto apart = distances(row.place);
    owner.masked_fill_(apart < nearest, std::ssize(choice.places));
    nearest = at::minimum(nearest, apart);
    choice.places.push_back(row.place);
  }
  choice.weights.assign(choice.places.size(), 0);
  for (const auto k : places_in(owner)) ++choice.weights[static_cast<std::size_t>(k)];
  return choice;
}

Choice pursuit(const torch::Tensor& given, const torch::Tensor& b, std::int64_t n, double ridge) {
  const auto x = given.to(torch::kDouble);
  const auto target = b.to(torch::kDouble);
  const double added = ridge * x.square().sum(1).max().item<double>();
  const auto wanted = at::mv(x, target);
  NonNegative least;
  Choice choice;
  auto rest = wanted;
  while (std::ssize(choice.places) < n) {
    const auto place = without(rest, choice.places, -1e300).argmax().item<std::int64_t>();
    choice.places.push_back(place);
    const auto chosen = x.index_select(0, tensor_of(choice.places));
    auto products = numbers(at::mv(chosen, x[place]));
    products.back() += added;
    least.add(Eigen::Map<Eigen::VectorXd>(products.data(), std::ssize(products)),
              wanted[place].item<double>());
    const auto& w = least.weights();
    choice.weights.assign(w.begin(), w.end());
    const auto weight = torch::tensor(choice.weights, torch::kDouble);
    rest = at::mv(x, target - at::mv(chosen.t(), weight));
  }
  return choice;
}

std::optional<Choice> PerClass::step(std::int64_t k, const Pool& pool, std::int64_t n,
                                     const assay::Context&) {
  const torch::NoGradGuard no_grad;
  if (!per_class_) return among(pool.gradients, n);
  const auto share = shares(pool.label, pool.classes, n, /*alike=*/false);
  const auto places = places_of_class(pool.label, k);
  if (const auto count = share[static_cast<std::size_t>(k)]; count > 0) {
    const auto own = pool.gradients.index_select(0, tensor_of(places));
    const auto choice = among(own, count);
    for (const auto place : choice.places)
      found_.places.push_back(places[static_cast<std::size_t>(place)]);
    found_.weights.insert(found_.weights.end(), choice.weights.begin(), choice.weights.end());
  }
  if (k + 1 < pool.classes) return {};
  return found_;
}

void PerClass::save(assay::State& state) const {
  state.tensors["places"] = tensor_of(found_.places);
  state.tensors["weights"] = torch::tensor(found_.weights, torch::kDouble);
}

void PerClass::load(const assay::State& state) {
  found_.places = places_in(state.tensor("places"));
  found_.weights = numbers(state.tensor("weights"));
}

assay::Schema<PerClassParams> Craig::schema() {
  return assay::Schema<Params>().field("per_class", &Params::per_class, assay::any(), kPerClass);
}

assay::Schema<GradMatch::Params> GradMatch::schema() {
  return assay::Schema<Params>()
      .field("per_class", &Params::per_class, assay::any(), kPerClass)
      .field("ridge", &Params::ridge, assay::at_least(0),
             "Weight of the squared weights, in parts of the longest gradient's square.");
}

}  // namespace selection
