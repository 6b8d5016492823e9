#include "search/generalise.h"

#include <algorithm>
#include <optional>

#include "search/grid.h"

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

Cover cover_of(const Table& table, const Rows& rows, const Rule& rule) {
  Cover cover;
  for (const auto row : rows) {
    if (!table.holds(rule.box, row)) continue;
    ++cover.total;
    cover.right += is_right(table, row, rule);
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

std::vector<Rule> merged(const Table& table, const Rows& rows, std::vector<Rule> rules,
                         const Demand& demand) {
  for (;;) {
    std::int64_t most = 0;
    std::size_t first = 0, second = 0;
    for (std::size_t i = 0; i < rules.size(); ++i)
      for (std::size_t k = i + 1; k < rules.size(); ++k) {
        if (rules[i].answer != rules[k].answer) continue;
        const Rule both{rules[i].answer, envelope(rules[i].box, rules[k].box)};
        const auto cover = cover_of(table, rows, both);
        if (!cover.meets(demand) || cover.right <= most) continue;
        most = cover.right;
        first = i;
        second = k;
      }
    if (most == 0) return rules;
    rules[first].box = envelope(rules[first].box, rules[second].box);
    rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(second));
  }
}

}  // namespace glc
