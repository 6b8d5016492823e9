// The tree as facilitator: Kovalerchuk and Phan, "Full High-Dimensional Intelligible Learning In
// 2-D Lossless Visualization Space", 2023, after the abstract.
#pragma once

#include "models/rule_model.h"
#include "search/generalise.h"

namespace glc {

class TreeAreas final : public RuleModel {
 public:
  struct Params {
    double purity = 0.6;
    std::int64_t least = 3;
    std::int64_t depth = 5;
    std::string generalise = "drop";
    std::string otherwise = "majority";
  };
  static assay::Schema<Params> schema();

  TreeAreas(const Params& params, const assay::Info& info);
  /// One for each class, the rarest first.
  std::int64_t steps() const override { return classes_; }

 private:
  bool find(std::int64_t step, const Table& table, std::vector<Rule>& found) override;
  std::vector<Rule> areas_of(std::int64_t answer, const Table& table, const Rows& rows) const;

  Params p_;
  std::int64_t classes_;
};

}  // namespace glc
