// Base of models that are a list of rules.
#pragma once

#include <optional>

#include "assay/registry.h"
#include "glc/shared/rules/words.h"
#include "glc/shared/search/table.h"

namespace glc {

class RuleModel : public assay::Model, public assay::Fitted, public assay::Legible {
 public:
  static assay::Strings needs() { return {"dataset/Table", "dataset/Classes"}; }

  /// `input` [B, columns]. Logits are log-probabilities: a rule's class has the share that the
  /// training cases gave it, but more than any other class. Refused samples get those of the
  /// training split.
  assay::Output forward(const assay::Batch& batch) final;
  bool fit(std::int64_t step, const assay::Samples& samples, const assay::Context& context) final;
  std::map<std::string, std::string> documents(const std::vector<assay::Samples>& splits) final;
  Rules rules() const;

 protected:
  /// `otherwise`: "refuse"; or "majority", the largest class of the training cases that no rule
  /// holds; or what keep() was given.
  RuleModel(const assay::Info& info, std::string otherwise);

  void keep(const Rules& rules);

  /// Whether rules come from the samples, so that these must be of two classes.
  virtual bool learns() const { return true; }
  /// Adds rules to those found so far. Returns whether there may be more.
  virtual bool find(std::int64_t step, const Table& table, std::vector<Rule>& found) = 0;

 private:
  void count(const Table& table);
  /// [B]: the number of the first rule that holds, or of rules in all.
  torch::Tensor first_of(const torch::Tensor& input) const;
  Figures figures(const assay::Samples& samples) const;

  Rules names_;
  std::string otherwise_;
  std::optional<Table> table_;   // the training split, once fitting has begun
  torch::Tensor lower_, upper_;  // [rules, columns] double
  torch::Tensor answer_;         // [rules + 1] int64, the last one `otherwise`
  torch::Tensor right_, total_;  // [rules + 1] int64, training cases in their turn
  torch::Tensor prior_;          // [classes] int64, training cases
};

}  // namespace glc
