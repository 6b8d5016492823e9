// The rows of a set of predictions, each as a function.
#pragma once

#include "assay/metric.h"

namespace rows {

/// What is measured: a set by its name.
struct Measuring {
  const std::string& set;
  const assay::Predictions& predictions;
  assay::Measured& into;

  void row(const std::string& name, double value) const { into.row(set, name, value); }
};

void accuracy(const Measuring& m);
void nll(const Measuring& m);
void mse(const Measuring& m);
void coverage(const Measuring& m);
void groups(const Measuring& m);
void classes(const Measuring& m);
/// The means of the objective's terms, of a model without logits.
void terms(const Measuring& m);

}  // namespace rows
