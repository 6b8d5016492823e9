// Closed-form problems that record where they are evaluated, and how optimizers of the sharpness
// family are made.
#pragma once

#include <cmath>

#include "tests/support/closed_form.h"
#include "tests/support/plugin_host.h"

namespace assay::testing {

/// The weights at which a problem was asked, in turn.
using Visits = std::vector<std::vector<double>>;

/// (w_1^2 + 10 w_2^2) / 2 at (1, 2): g = (1, 20).
inline ClosedForm bowl(Visits& visits) {
  return ClosedForm({{1, 2}}, {[&visits](const auto& w, auto& g) {
                      visits.push_back(w);
                      g[0] += w[0], g[1] += 10 * w[1];
                      return (w[0] * w[0] + 10 * w[1] * w[1]) / 2;
                    }});
}

/// Three samples a_i (w_i - b_i)^2 / 2, the first with c w_0 w_1, as in
/// tests/python/golden_sharpness.py.
inline ClosedForm three_samples(bool one_tensor = false, double scale = 1,
                                Visits* visits = nullptr) {
  std::vector<ClosedForm::Function> samples;
  for (std::size_t i = 0; i < 3; ++i)
    samples.emplace_back([=](const auto& w, auto& g) {
      constexpr double a[] = {3, 1, 0.5}, b[] = {1, -2, 0.25}, c = 0.3;
      if (visits != nullptr) visits->push_back(w);
      g[i] += scale * a[i] * (w[i] - b[i]);
      const double loss = a[i] * (w[i] - b[i]) * (w[i] - b[i]) / 2;
      if (i > 0) return scale * loss;
      g[0] += scale * c * w[1], g[1] += scale * c * w[0];
      return scale * (loss + c * w[0] * w[1]);
    });
  using Start = std::vector<std::vector<double>>;
  return ClosedForm(one_tensor ? Start{{0.5, -1.5, 2}} : Start{{0.5, -1.5}, {2}}, samples);
}

inline const Strings& wrappers() {
  static const Strings names{"sam",        "asam",         "gsam", "looksam",
                             "fisher_sam", "friendly_sam", "m_sam"};
  return names;
}

/// An optimizer of this family, for a dataset of 100 training samples; wrappers around `base`.
inline std::shared_ptr<Optimizer> make(const std::string& use, Values params = {},
                                       const Spec& base = {"sgd", {{"lr", 0.1}}},
                                       const Registry& registry = plugins()) {
  const Info info{.group_sizes = {60, 40}};
  if (use != "bsam") params["base"] = base;
  return registry.make<Optimizer>({use, std::move(params)}, &info);
}

inline std::vector<double> difference(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> c;
  for (std::size_t i = 0; i < a.size(); ++i) c.push_back(a[i] - b[i]);
  return c;
}

inline double length(const std::vector<double>& v) {
  double squares = 0;
  for (const double x : v) squares += x * x;
  return std::sqrt(squares);
}

/// What the component would save, in memory of its own.
inline State saved(const Stateful& component) {
  State state;
  component.save(state);
  TensorMap tensors;
  for (const auto& [name, tensor] : state.tensors()) tensors[name] = tensor.clone();
  return {std::move(tensors), state.scalars()};
}

}  // namespace assay::testing
