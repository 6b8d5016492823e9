// Random and degenerate sets of gradients, and optimizers that ask in unusual ways.
#pragma once

#include "assay/sdk/simplex.h"
#include "tests/support/terms.h"

namespace assay::testing {

using Vectors = std::vector<std::vector<double>>;

// Numbers that look normal enough, from a stream of their own.
inline Vectors random_vectors(std::uint64_t seed, std::size_t count, std::size_t size,
                              double shift = 0) {
  const Rng rng = Rng(seed).fork("vectors");
  Vectors all(count, std::vector<double>(size));
  for (std::size_t k = 0; k < count; ++k)
    for (std::size_t i = 0; i < size; ++i) {
      for (std::uint64_t n = 0; n < 6; ++n) all[k][i] += rng.fork(k).fork(i).uniform(n) - 0.5;
      if (i == 0) all[k][i] += shift;
    }
  return all;
}

inline std::vector<double> mean(const Vectors& g) {
  std::vector<double> m(g.front().size());
  for (const auto& x : g)
    for (std::size_t i = 0; i < m.size(); ++i) m[i] += x[i] / static_cast<double>(g.size());
  return m;
}

inline double longest(const Vectors& g) {
  double found = 0;
  for (const auto& x : g) found = std::max(found, length(x));
  return found;
}

inline Gram gram_of(const Vectors& g) {
  std::vector<double> values;
  for (const auto& x : g)
    for (const auto& y : g) values.push_back(dot(x, y));
  return {g.size(), values};
}

// Random terms; with two alike, one that depends on others, lengths that differ by 1e4, or their
// hull around 0.
inline std::vector<Vectors> hard_cases() {
  std::vector<Vectors> all;
  for (std::uint64_t seed = 0; seed < 12; ++seed)
    for (std::size_t count = 2; count <= 8; ++count) {
      auto g = random_vectors(seed, count, 12, seed % 2 == 0 ? 0.7 : 0);
      all.push_back(g);
      g.push_back(g.front());
      all.push_back(g);
      for (std::size_t i = 0; i < 12; ++i) g.back()[i] = g[0][i] / 2 + g[1][i] * 0.75;
      all.push_back(g);
      for (std::size_t i = 0; i < 12; ++i) g.back()[i] *= 1e4, g.front()[i] *= 1e-2;
      all.push_back(g);
      all.push_back(random_vectors(seed, count, 2));
    }
  return all;
}

// A trajectory in which the random numbers differ from step to step.
inline void walk(Optimizer& optimizer, ClosedForm& problem, int from, int to) {
  for (int t = from; t < to; ++t) {
    problem.random = Rng(static_cast<std::uint64_t>(t));
    problem.factor = 1 - t / 20.0;
    optimizer.step(problem);
  }
}

inline const Spec kHeavy{"sgd", {{"lr", 0.05}, {"momentum", 0.5}}};

// Asks for the gradient twice, and steps with the first.
class Twice final : public Optimizer {
 public:
  double step(Problem& problem) override {
    const auto first = problem.gradient(), second = problem.gradient();
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < first.tensors.size(); ++i) {
      CHECK(first.tensors[i].equal(second.tensors[i]));
      problem.parameters()[i].sub_(first.tensors[i], 0.05);
    }
    return first.loss;
  }
};

inline Registry with_twice() {
  Registry registry = plugins();
  registry.insert(
      {.kind = "optimizer", .name = "twice", .doc = "A test's.", .make = [](const Build&) {
         return std::static_pointer_cast<Optimizer>(std::make_shared<Twice>());
       }});
  return registry;
}

}  // namespace assay::testing
