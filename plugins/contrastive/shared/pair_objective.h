// Base classes of objectives that compare two views of each sample.
#pragma once

#include "assay/objective.h"
#include "contrastive/shared/views.h"

namespace contrastive {

/// Terms by name, and the check that there are two views.
class PairObjective : public assay::Objective {
 public:
  static assay::Strings needs() { return {"model/Projector"}; }
  const std::vector<std::string>& terms() const override { return terms_; }
  void check(assay::Model&, const assay::Batch& samples) const override { second_view(samples); }

 protected:
  explicit PairObjective(std::vector<std::string> terms) : terms_(std::move(terms)) {}

 private:
  std::vector<std::string> terms_;
};

/// The same for losses that compare the samples of a batch with one another.
class BatchObjective : public PairObjective {
 public:
  static assay::Strings hides() { return {"Split", "Groups"}; }
  bool decomposes() const override { return false; }
  std::int64_t smallest_batch() const override { return 2; }

 protected:
  using PairObjective::PairObjective;
};

}  // namespace contrastive
