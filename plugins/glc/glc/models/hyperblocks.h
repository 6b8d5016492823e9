// Hyperblocks: pure boxes, found by interval, by merging, or by both in turn.
#pragma once

#include "models/rule_model.h"
#include "search/covering.h"

namespace glc {

class Hyperblocks final : public RuleModel {
 public:
  struct Params {
    std::string method = "both";
    double purity = 1;
    std::int64_t least = 3;
    std::int64_t blocks = 500;
    std::int64_t merge_limit = 20000;
    std::string otherwise = "refuse";
  };
  static assay::Schema<Params> schema();

  Hyperblocks(const Params& params, const assay::Info& info);
  std::int64_t steps() const override { return p_.blocks + 1; }

 private:
  bool find(std::int64_t step, const Table& table, std::vector<Rule>& found) override;
  bool by_interval(const Table& table, std::vector<Rule>& found);
  bool by_growing(const Table& table, std::vector<Rule>& found);
  void merge(const Table& table, std::vector<Rule>& found) const;

  Params p_;
  std::optional<Covering> intervals_;
  std::size_t covered_ = 0;  // rules whose cases intervals_ has taken out
};

}  // namespace glc
