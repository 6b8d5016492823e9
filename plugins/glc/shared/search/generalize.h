// Makes boxes say more with less: bounds widened, sides dropped, boxes merged, while they stay
// pure.
#pragma once

#include "glc/shared/search/interval_search.h"
#include "glc/shared/search/table.h"

namespace glc {

struct Cover {
  std::int64_t right = 0, total = 0;  // cases of the class, all cases

  bool meets(const Demand& demand) const;
  double purity() const;
};

/// What a box holds of `rows`; counts no further once more than `bearable` of them are wrong.
Cover cover_of(const Table& table, const Rows& rows, const Rule& rule, double bearable = kInfinity);

/// Column by column the interval with the most cases of the rule's class, the other columns' given,
/// until no column gains any; each is exact. Never fewer cases than before, where the rule meets
/// the demand.
Rule widened(const Table& table, const Rows& rows, Rule rule, const Demand& demand);

/// Drops the sides that the purity asked for does without, first those whose loss costs the least
/// purity.
Rule simplified(const Table& table, const Rows& rows, Rule rule, const Demand& demand);

/// Merges rules of one class while the envelope of two meets the demand; first those with the most
/// cases together.
std::vector<Rule> merged(const Table& table, const Rows& rows, std::vector<Rule> rules,
                         const Demand& demand);

}  // namespace glc
