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
  void check(assay::Model&, const assay::Batch& few, std::int64_t smallest) const override {
    check_views(few, smallest, name_);
  }

 protected:
  /// `name` is the registered one, for messages; without `terms` it is that of the only term.
  explicit PairObjective(std::string name, std::vector<std::string> terms = {})
      : name_(std::move(name)), terms_(terms.empty() ? std::vector{name_} : std::move(terms)) {}

 private:
  std::string name_;
  std::vector<std::string> terms_;
};

/// The same for losses that compare the samples of a batch with one another.
class BatchObjective : public PairObjective {
 public:
  static assay::Strings hides() { return {"Split", "Groups"}; }
  bool decomposes() const override { return false; }

 protected:
  using PairObjective::PairObjective;
};

}  // namespace contrastive
