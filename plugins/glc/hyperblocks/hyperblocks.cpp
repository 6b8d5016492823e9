// Hyperblocks: pure boxes, found by interval, by merging, or by both in turn.
#include <algorithm>
#include <numeric>

#include "assay/registry.h"
#include "glc/hyperblocks/growth.h"
#include "glc/shared/models/rule_model.h"
#include "glc/shared/search/covering.h"
#include "glc/shared/search/generalize.h"

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

assay::Schema<Hyperblocks::Params> Hyperblocks::schema() {
  using namespace assay;
  return Schema<Params>()
      .field("method", &Params::method, one_of({"interval", "merge", "both"}),
             "How blocks are found: by repeatedly taking the largest interval of any column; by "
             "growing "
             "blocks from single cases and merging them; or by the first and then the second.")
      .field("purity", &Params::purity, between(0.5, 1),
             "Smallest fraction of the training cases in a block that belong to its class, for "
             "intervals "
             "and for merging; growing blocks contain no other class.")
      .field("least", &Params::least, at_least(1),
             "Smallest number of training cases of its class in a block.")
      .field("blocks", &Params::blocks, at_least(1), "Largest number of blocks before merging.")
      .field(
          "merge_limit", &Params::merge_limit, at_least(1),
          "Largest number of training cases to grow blocks from; the time grows with its square.")
      .field("otherwise", &Params::otherwise, one_of({"refuse", "majority"}),
             "Answer if no block holds: abstain, or the largest class among the training cases "
             "that no "
             "block covers.");
}

Hyperblocks::Hyperblocks(const Params& params, const assay::Info& info)
    : RuleModel(info, params.otherwise), p_(params) {}

// Each step finds one block; the last one merges.
bool Hyperblocks::find(std::int64_t step, const Table& table, std::vector<Rule>& found) {
  const bool full = step >= p_.blocks;
  if (!full && p_.method != "merge" && by_interval(table, found)) return true;
  if (!full && p_.method != "interval" && by_growing(table, found)) return true;
  if (p_.method != "interval") merge(table, found);
  return false;
}

bool Hyperblocks::by_interval(const Table& table, std::vector<Rule>& found) {
  if (!intervals_)
    intervals_.emplace(table, single_columns(table.columns.size()), Demand{p_.purity, p_.least}, 0);
  for (; covered_ < found.size(); ++covered_) intervals_->cover(found[covered_].box);
  const auto next = intervals_->next();
  if (next) found.push_back(next->rule);
  return next.has_value();
}

bool Hyperblocks::by_growing(const Table& table, std::vector<Rule>& found) {
  Rows left;
  for (std::uint32_t row = 0; row < table.rows(); ++row)
    if (std::none_of(found.begin(), found.end(),
                     [&](const Rule& rule) { return table.holds(rule.box, row); }))
      left.push_back(row);
  if (left.size() > static_cast<std::size_t>(p_.merge_limit))
    throw assay::Error(assay::ErrorKind::kParameter,
                       std::to_string(left.size()) + " training cases exceed `merge_limit`, " +
                           std::to_string(p_.merge_limit) +
                           ": use `method: interval`, or raise `merge_limit`, which takes longer");
  const auto sizes = class_sizes(table);
  std::stable_sort(left.begin(), left.end(), [&](auto a, auto b) {  // the rarest class first
    const auto of = [&](auto row) { return sizes[static_cast<std::size_t>(table.target[row])]; };
    return of(a) < of(b);
  });
  Rows all(table.rows());
  std::iota(all.begin(), all.end(), 0U);
  const Demand demand{p_.purity, p_.least};
  for (std::size_t start = 0; start < left.size(); ++start) {  // the first case that grows enough
    const auto rule = grown_block(
        table, Rows(left.begin() + static_cast<std::ptrdiff_t>(start), left.end()), all);
    if (!cover_of(table, left, rule).meets(demand)) continue;
    found.push_back(rule);
    return true;
  }
  return false;
}

void Hyperblocks::merge(const Table& table, std::vector<Rule>& found) const {
  Rows all(table.rows());
  std::iota(all.begin(), all.end(), 0U);
  found = merged(table, all, std::move(found), {p_.purity, p_.least});
}

}  // namespace glc

ASSAY_PLUGIN(registry) {
  registry.add<glc::Hyperblocks>(
      "hyperblocks",
      "Pure boxes, found by interval and by merging (after Kovalerchuk and Hayes, IV 2021).");
}
