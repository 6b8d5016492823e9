// A decision tree, as a rival, and as the rules that its leaves are.
#pragma once

#include "models/has_rules.h"
#include "models/rule_model.h"
#include "search/tree.h"

namespace glc {

class Cart final : public assay::Model,
                   public assay::Fitted,
                   public assay::Legible,
                   public HasRules {
 public:
  struct Params {
    std::int64_t depth = 0;
    std::int64_t least = 1;
    std::int64_t least_split = 2;
  };
  static assay::Schema<Params> schema();

  Cart(const Params& params, const assay::Info& info);
  assay::Output forward(const torch::Tensor& input) override;
  std::int64_t steps() const override { return 1; }
  bool fit(std::int64_t, const assay::Samples& samples, const assay::Context&) override;
  std::map<std::string, std::string> documents(const std::vector<assay::Samples>& splits) override;
  /// Its leaves, from left to right.
  Rules rules() const override;

 private:
  torch::Tensor leaf_of(const torch::Tensor& input) const;  // [B] int64, numbers of nodes
  Tree tree() const;

  Params p_;
  Rules names_;
  torch::Tensor column_, left_, right_;  // [nodes] int64; column is Node::kLeaf in a leaf
  torch::Tensor threshold_;              // [nodes] double
  torch::Tensor counts_;                 // [nodes, classes] int64, training cases
};

}  // namespace glc
