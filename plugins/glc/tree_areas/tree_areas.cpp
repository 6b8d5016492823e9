// The tree as facilitator: Kovalerchuk and Phan, "Full High-Dimensional Intelligible Learning In
// 2-D Lossless Visualization Space", 2023, after the abstract.
#include <algorithm>

#include "assay/registry.h"
#include "glc/shared/models/rule_model.h"
#include "glc/shared/search/generalize.h"
#include "glc/shared/search/tree.h"

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

assay::Schema<TreeAreas::Params> TreeAreas::schema() {
  using namespace assay;
  return Schema<Params>()
      .field("purity", &Params::purity, between(0.5, 1),
             "Smallest fraction of the training cases in an area that belong to its class.")
      .field("least", &Params::least, at_least(1),
             "Smallest number of training cases of its class in an area.")
      .field("depth", &Params::depth, between(1, 64), "Largest depth of the tree of each class.")
      .field("generalise", &Params::generalise, one_of({"none", "drop", "widen"}),
             "How the boxes of the trees are generalized while they stay pure: not at all; by "
             "dropping "
             "sides and merging boxes; or by first widening them column by column.")
      .field(
          "otherwise", &Params::otherwise, one_of({"refuse", "majority"}),
          "Answer if no rule holds: abstain, or the largest class among the training cases that no "
          "rule covers; the overall largest class then has no rules.");
}

TreeAreas::TreeAreas(const Params& params, const assay::Info& info)
    : RuleModel(info, params.otherwise), p_(params), classes_(info.classes) {}

// Leaves of a tree that tells this class from all others, as areas, the one with most cases first.
std::vector<Rule> TreeAreas::areas_of(std::int64_t answer, const Table& table,
                                      const Rows& rows) const {
  Table two = table;
  two.classes = 2;
  for (auto& c : two.target) c = c == answer ? 1 : 0;
  const Demand demand{p_.purity, p_.least};
  std::vector<std::pair<std::int64_t, Rule>> sorted;
  for (auto& leaf : leaves(grow_tree(two, rows, {p_.depth, 1, 2}), table.columns.size())) {
    Rule rule{answer, std::move(leaf.box)};
    const auto cover = cover_of(table, rows, rule);
    if (cover.meets(demand)) sorted.emplace_back(-cover.right, std::move(rule));
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Rule> found;
  for (auto& [cases, rule] : sorted) found.push_back(std::move(rule));
  if (p_.generalise == "none") return found;
  for (auto& rule : found) {
    if (p_.generalise == "widen") rule = widened(table, rows, rule, demand);
    rule = simplified(table, rows, rule, demand);
  }
  return merged(table, rows, std::move(found), demand);
}

bool TreeAreas::find(std::int64_t step, const Table& table, std::vector<Rule>& found) {
  const auto order = rarest_first(table);
  const auto last = order.size() - (p_.otherwise == "majority" ? 1 : 0);
  const auto at = static_cast<std::size_t>(step);
  if (at < last) {
    Rows left;
    for (std::uint32_t row = 0; row < table.rows(); ++row)
      if (std::none_of(found.begin(), found.end(),
                       [&](const Rule& rule) { return table.holds(rule.box, row); }))
        left.push_back(row);
    const Demand demand{p_.purity, p_.least};
    for (auto& rule : areas_of(order[at], table, left)) {  // what adds too little to those before
      if (!cover_of(table, left, rule).meets(demand)) continue;
      std::erase_if(left, [&](auto row) { return table.holds(rule.box, row); });
      found.push_back(std::move(rule));
    }
  }
  return at + 1 < last;
}

}  // namespace glc

ASSAY_PLUGIN(registry) {
  registry.add<glc::TreeAreas>("tree_areas",
                               "Areas for imbalanced classes, proposed by trees and then "
                               "generalized (after Kovalerchuk and Phan, 2023).");
}
