// Rules that are areas of the picture: an interval of one coordinate, or a rectangle of two.
#pragma once

#include "models/rule_model.h"
#include "search/covering.h"

namespace glc {

class AreaRules final : public RuleModel {
 public:
  struct Params {
    std::string areas = "adjacent";
    double purity = 1;
    std::int64_t least = 3;
    std::int64_t rules = 100;
    std::int64_t levels = 64;
    std::string otherwise = "refuse";
  };
  static assay::Schema<Params> schema();

  AreaRules(const Params& params, const assay::Info& info);
  std::int64_t steps() const override { return p_.rules; }

 private:
  bool find(std::int64_t step, const Table& table, std::vector<Rule>& found) override;

  Params p_;
  std::optional<Covering> covering_;
  std::size_t covered_ = 0;  // rules whose cases covering_ has taken out
};

}  // namespace glc
