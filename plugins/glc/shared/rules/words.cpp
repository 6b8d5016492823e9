#include "glc/shared/rules/words.h"

#include <charconv>
#include <numeric>

#include <fmt/core.h>

namespace glc {
namespace {

template <class T>
std::string shortest(T x) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, x).ptr};
}

std::string sides(const Interval& interval, const std::string& name) {
  const auto [lower, upper] = interval;
  const auto low = written_lower(lower), high = written_upper(upper);
  if (lower == upper) return fmt::format("{} = {}", name, number(lower));
  if (upper == kInfinity)
    return fmt::format("{} {} {}", name, low.strict ? ">" : ">=", number(low.value));
  if (lower == -kInfinity)
    return fmt::format("{} {} {}", name, high.strict ? "<" : "<=", number(high.value));
  return fmt::format("{} {} {} {} {}", number(low.value), low.strict ? "<" : "<=", name,
                     high.strict ? "<" : "<=", number(high.value));
}

std::string figure(const Figures& figures, std::size_t k) {
  const auto right = figures.right[k], total = figures.total[k];
  const auto rows = static_cast<double>(figures.rows());
  if (total == 0) return fmt::format("{}: no case", figures.split);
  return fmt::format("{}: {} of {} right (precision {:.4f}, coverage {:.4f})", figures.split, right,
                     total, static_cast<double>(right) / static_cast<double>(total),
                     static_cast<double>(total) / rows);
}

std::string whole(const Figures& figures, bool refuses) {
  const auto sum = [](const std::vector<std::int64_t>& v, std::size_t n) {
    return std::accumulate(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(n), std::int64_t{0});
  };
  const auto answered = figures.total.size() - (refuses ? 1 : 0);
  const auto right = sum(figures.right, answered), total = sum(figures.total, answered);
  const auto rows = static_cast<double>(figures.rows());
  return fmt::format("{}: {} cases, {} answered (coverage {:.4f}), {} of them right{}\n",
                     figures.split, figures.rows(), total, static_cast<double>(total) / rows, right,
                     total == 0
                         ? ""
                         : fmt::format(" (precision {:.4f})",
                                       static_cast<double>(right) / static_cast<double>(total)));
}

}  // namespace

std::int64_t Figures::rows() const {
  return std::accumulate(total.begin(), total.end(), std::int64_t{0});
}

std::string number(double x) {
  const auto single = static_cast<float>(x);
  return static_cast<double>(single) == x ? shortest(single) : shortest(x);
}

std::string condition(const Box& box, const std::vector<std::string>& columns) {
  std::string text;
  for (std::size_t k = 0; k < box.size(); ++k)
    if (!box[k].free()) text += (text.empty() ? "" : " and ") + sides(box[k], columns[k]);
  return text.empty() ? "always" : text;
}

std::string in_words(const Rules& rules, std::span<const Figures> figures) {
  std::string text;
  const auto lines = [&](std::size_t k) {
    for (const auto& split : figures) text += "     " + figure(split, k) + "\n";
  };
  for (std::size_t k = 0; k < rules.rules.size(); ++k) {
    const auto& [answer, box] = rules.rules[k];
    text += fmt::format("{:>3}. {} if {}\n", k + 1, rules.classes[static_cast<std::size_t>(answer)],
                        condition(box, rules.columns));
    lines(k);
  }
  const bool refuses = rules.otherwise == kRefused;
  text += refuses ? "Otherwise no answer\n"
                  : fmt::format("Otherwise {}\n",
                                rules.classes[static_cast<std::size_t>(rules.otherwise)]);
  lines(rules.rules.size());
  text += "\nThe first rule that holds answers.\n";
  for (const auto& split : figures) text += whole(split, refuses);
  return text;
}

}  // namespace glc
