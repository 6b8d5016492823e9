// Problems with several terms, and how the rules over terms are made.
#pragma once

#include "tests/support/descent.h"

namespace assay::testing {

/// Up to three terms in conflict, all above 0, as in tests/python/golden_terms.py.
inline ClosedForm conflict(std::size_t count = 3) {
  std::vector<ClosedForm::Function> terms{
      [](const auto& w, auto& g) {
        g = {3 * (w[0] - 1) + 0.3 * w[1], w[1] + 2 + 0.3 * w[0], 0.2 * std::exp(w[2]), 0};
        return 1.5 * (w[0] - 1) * (w[0] - 1) + (w[1] + 2) * (w[1] + 2) / 2 + 0.3 * w[0] * w[1] +
               0.2 * std::exp(w[2]);
      },
      [](const auto& w, auto& g) {
        const double x = w[1] - w[2] / 2;
        g = {w[0], std::sinh(x), -std::sinh(x) / 2, (w[3] + 1) / 2};
        return std::cosh(x) + (w[3] + 1) * (w[3] + 1) / 4 + w[0] * w[0] / 2;
      },
      [](const auto& w, auto& g) {
        const double x = w[0] + w[1], p = -1 / (1 + std::exp(w[2] + w[3] - 1));
        g = {1.5 * x, 1.5 * x, p, p + 0.4 * w[3] * w[3] * w[3]};
        return std::log(1 + std::exp(1 - w[2] - w[3])) + 0.75 * x * x + 0.1 * std::pow(w[3], 4);
      }};
  terms.resize(count);
  return ClosedForm({{0.6, -0.4}, {0.9, 0.3}}, terms);
}

/// Terms with these gradients everywhere, on one tensor that starts at 0, and these losses there.
inline ClosedForm linear(const std::vector<std::vector<double>>& gradients,
                         const std::vector<double>& losses = {}) {
  std::vector<ClosedForm::Function> terms;
  for (std::size_t k = 0; k < gradients.size(); ++k)
    terms.emplace_back([=, l = losses.empty() ? 1 : losses[k]](const auto& w, auto& g) {
      double value = l;
      for (std::size_t i = 0; i < w.size(); ++i) value += gradients[k][i] * w[i];
      g = gradients[k];
      return value;
    });
  return ClosedForm({std::vector<double>(gradients.front().size())}, terms);
}

/// The two gradients of the worked example, with its losses.
inline ClosedForm page() {
  return linear({{3, 4}, {-3, 0}}, {3.5, 1.5});
}

inline const Spec kUnitStep{"sgd", {{"lr", 1.0}}};

/// What a step of the rule goes along, from the weights it leads to.
inline std::vector<double> direction(const std::string& use, ClosedForm problem,
                                     const Values& params = {}) {
  const auto start = problem.weights();
  return difference(start, after(*make(use, params, kUnitStep), problem, 1));
}

inline double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

inline const Strings& rules() {
  static const Strings names{"weighted_sum", "uncertainty_weights",
                             "dwa",          "rlw",
                             "mgda",         "pcgrad",
                             "cagrad",       "imtl_g",
                             "nash_mtl",     "gradvac",
                             "graddrop",     "famo"};
  return names;
}
/// Of these, those that make their direction of each term's gradient.
inline bool takes_gradients(const std::string& use) {
  static const Strings others{"weighted_sum", "uncertainty_weights", "dwa", "rlw", "famo"};
  return std::find(others.begin(), others.end(), use) == others.end();
}

/// What the rule cannot be made without, for so many terms.
inline Values needed(const std::string& use, std::size_t terms) {
  if (use != "weighted_sum") return {};
  Reals weights(terms, 0.5);
  weights.front() = 1.25;
  return {{"weights", weights}};
}

}  // namespace assay::testing
