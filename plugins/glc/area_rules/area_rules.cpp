// Rules that are areas of the picture: an interval of one coordinate, or a rectangle of two.

#include "assay/registry.h"
#include "glc/shared/models/rule_model.h"
#include "glc/shared/search/covering.h"

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

assay::Schema<AreaRules::Params> AreaRules::schema() {
  using namespace assay;
  return Schema<Params>()
      .field("areas", &Params::areas, one_of({"single", "adjacent", "all"}),
             "Where areas may lie: on single columns, on pairs of neighboring columns, or on all "
             "pairs.")
      .field("purity", &Params::purity, between(0.5, 1),
             "Smallest fraction of the training cases in an area that belong to its class.")
      .field("least", &Params::least, at_least(1),
             "Smallest number of training cases of its class in an area.")
      .field("rules", &Params::rules, at_least(1), "Largest number of rules.")
      .field("levels", &Params::levels, between(2, 1024),
             "Number of levels per column between which the borders of an area on two columns may "
             "lie; "
             "a column with fewer values has one level per value.")
      .field(
          "otherwise", &Params::otherwise, one_of({"refuse", "majority"}),
          "Answer if no rule holds: abstain, or the largest class among the training cases that no "
          "rule covers.");
}

AreaRules::AreaRules(const Params& params, const assay::Info& info)
    : RuleModel(info, params.otherwise), p_(params) {
  if (p_.areas != "single" && info.input_shape[0] < 2)
    throw assay::Error(assay::ErrorKind::kParameter,
                       "the data has one column: use `areas: single`");
}

bool AreaRules::find(std::int64_t, const Table& table, std::vector<Rule>& found) {
  if (!covering_) {
    const auto columns = table.columns.size();
    covering_.emplace(table,
                      p_.areas == "single"     ? single_columns(columns)
                      : p_.areas == "adjacent" ? adjacent_pairs(columns)
                                               : all_pairs(columns),
                      Demand{p_.purity, p_.least}, static_cast<std::size_t>(p_.levels));
  }
  for (; covered_ < found.size(); ++covered_) covering_->cover(found[covered_].box);
  const auto next = covering_->next();
  if (next) found.push_back(next->rule);
  return next.has_value();
}

}  // namespace glc

ASSAY_PLUGIN(registry) {
  registry.add<glc::AreaRules>("area_rules",
                               "Rules that are areas of the 2-D picture, found by sequential "
                               "covering (after Kovalerchuk and Phan, IV 2021).");
}
