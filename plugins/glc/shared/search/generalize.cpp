#include "glc/shared/search/generalize.h"

#include <algorithm>
#include <map>
#include <optional>

#include "glc/shared/search/grid.h"

namespace glc {
namespace {

constexpr double kRounding = 1e-9;

bool is_right(const Table& table, std::uint32_t row, const Rule& rule) {
  return table.target[row] == rule.answer;
}

Rows held(const Table& table, const Rows& rows, const Box& box) {
  Rows found;
  for (const auto row : rows)
    if (table.holds(box, row)) found.push_back(row);
  return found;
}

// The best interval of column k for the rows that all other columns let through.
bool widen(const Table& table, const Rows& rows, std::size_t k, const Demand& demand, Rule& rule) {
  Box others = rule.box;
  others[k] = {};
  const auto through = held(table, rows, others);
  if (through.empty()) return false;
  std::vector<float> values;
  for (const auto row : through) values.push_back(table.columns[k][row]);
  const auto levels = levels_of(values, values.size());
  std::vector<std::int64_t> right(levels.size()), total(levels.size());
  std::int64_t before = 0;
  for (std::size_t i = 0; i < through.size(); ++i) {
    const bool own = is_right(table, through[i], rule);
    right[levels.of_row[i]] += own;
    ++total[levels.of_row[i]];
    before += own && rule.box[k].holds(values[i]);
  }
  const auto best = best_stretch(right, total, demand);
  if (best.right <= before) return false;
  rule.box[k] = levels.interval(best.first, best.last);
  return true;
}

}  // namespace

bool Cover::meets(const Demand& demand) const {
  const auto wanted = demand.purity * static_cast<double>(total);
  return right >= demand.least && right > 0 &&
         static_cast<double>(right) >= wanted - kRounding * (1 + wanted);
}

double Cover::purity() const {
  return total == 0 ? 0 : static_cast<double>(right) / static_cast<double>(total);
}

Cover cover_of(const Table& table, const Rows& rows, const Rule& rule, double bearable) {
  Cover cover;
  for (const auto row : rows) {
    if (!table.holds(rule.box, row)) continue;
    ++cover.total;
    cover.right += is_right(table, row, rule);
    if (static_cast<double>(cover.total - cover.right) > bearable) break;
  }
  return cover;
}

Rule widened(const Table& table, const Rows& rows, Rule rule, const Demand& demand) {
  for (bool gained = true; gained;) {
    gained = false;
    for (std::size_t k = 0; k < table.columns.size(); ++k)
      gained |= widen(table, rows, k, demand, rule);
  }
  return rule;
}

Rule simplified(const Table& table, const Rows& rows, Rule rule, const Demand& demand) {
  for (;;) {
    std::optional<Rule> best;
    double purest = -1;
    for (std::size_t side = 0; side < 2 * rule.box.size(); ++side) {
      Rule tried = rule;
      auto& [lower, upper] = tried.box[side / 2];
      double& bound = side % 2 == 0 ? lower : upper;
      const double free = side % 2 == 0 ? -kInfinity : kInfinity;
      if (bound == free) continue;
      bound = free;
      const auto cover = cover_of(table, rows, tried);
      if (!cover.meets(demand) || cover.purity() <= purest) continue;
      best = std::move(tried);
      purest = cover.purity();
    }
    if (!best) return rule;
    rule = std::move(*best);
  }
}

namespace {

// Merges rules two by two. What the envelope of two of them holds is counted once, and again only
// where one of them has become larger.
class Merging {
 public:
  Merging(const Table& table, const Rows& rows, const Demand& demand, std::vector<Rule> rules)
      : table_(table), rows_(rows), demand_(demand), rules_(std::move(rules)) {
    for (const auto row : rows_) ++of_class_[table_.target[row]];
    right_.assign(rules_.size(), std::vector<std::int64_t>(rules_.size()));
    for (std::size_t i = 0; i < rules_.size(); ++i)
      for (std::size_t k = i + 1; k < rules_.size(); ++k) right_[i][k] = together(i, k);
  }

  std::vector<Rule> merged() {
    while (const auto pair = most()) {
      const auto [i, k] = *pair;
      rules_[i].box = envelope(rules_[i].box, rules_[k].box);
      rules_.erase(rules_.begin() + static_cast<std::ptrdiff_t>(k));
      right_.erase(right_.begin() + static_cast<std::ptrdiff_t>(k));
      for (auto& line : right_) line.erase(line.begin() + static_cast<std::ptrdiff_t>(k));
      for (std::size_t j = 0; j < rules_.size(); ++j)
        if (j != i) right_[std::min(i, j)][std::max(i, j)] = together(i, j);
    }
    return std::move(rules_);
  }

 private:
  // Cases of the class in the envelope of two rules; 0 where it does not meet the demand.
  std::int64_t together(std::size_t i, std::size_t k) const {
    if (rules_[i].answer != rules_[k].answer) return 0;
    const Rule both{rules_[i].answer, envelope(rules_[i].box, rules_[k].box)};
    const auto most = static_cast<double>(of_class_.at(static_cast<std::int32_t>(both.answer)));
    // With more wrong ones than this all cases of the class would be too few.
    const double bearable = most * (1 - demand_.purity) / demand_.purity + 1;
    const auto cover = cover_of(table_, rows_, both, bearable);
    return cover.meets(demand_) ? cover.right : 0;
  }

  std::optional<std::pair<std::size_t, std::size_t>> most() const {
    std::int64_t best = 0;
    std::optional<std::pair<std::size_t, std::size_t>> found;
    for (std::size_t i = 0; i < rules_.size(); ++i)
      for (std::size_t k = i + 1; k < rules_.size(); ++k)
        if (right_[i][k] > best) {
          best = right_[i][k];
          found = {i, k};
        }
    return found;
  }

  const Table& table_;
  const Rows& rows_;
  Demand demand_;
  std::vector<Rule> rules_;
  std::map<std::int32_t, std::int64_t> of_class_;
  std::vector<std::vector<std::int64_t>> right_;  // [i][k], i < k
};

}  // namespace

std::vector<Rule> merged(const Table& table, const Rows& rows, std::vector<Rule> rules,
                         const Demand& demand) {
  return Merging(table, rows, demand, std::move(rules)).merged();
}

}  // namespace glc
