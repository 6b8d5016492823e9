// The sentences below a table of comparisons.
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runner/report/comparisons.h"

namespace assay {
namespace {

// The first few, each as "lr=0.3".
std::string list_first(const std::vector<Axes>& all) {
  constexpr std::size_t kMost = 3;
  std::string text;
  for (std::size_t k = 0; k < std::min(all.size(), kMost); ++k)
    text += (k == 0 ? "" : ", ") + text_of(all[k]);
  if (all.size() > kMost) text += fmt::format(" and {} more", all.size() - kMost);
  return text;
}

// What the comparison lacks, in sentences without their full stops.
std::vector<std::string> describe_gaps(const Comparison& one) {
  std::vector<std::string> gaps;
  const auto where = list_first(one.settings_lacking);  // empty if there is no other axis
  if (one.difference.count == 0 && one.settings_lacking.empty())
    return {one.label() + " has no pair"};
  if (one.difference.count == 0)
    gaps.push_back(one.label() + " has no observation with a pair at each of " + where);
  else if (!one.left_out.empty())
    gaps.push_back(fmt::format("{} leaves out {}, for lack of a pair{}", one.label(),
                               list_first(one.left_out), where.empty() ? "" : " at " + where));
  if (one.difference.count > 1 && !one.has_interval())
    gaps.push_back(one.label() + " has equal differences, of which there is no interval");
  if (!one.settings_left_out.empty())
    gaps.push_back(one.label() + " leaves out " + list_first(one.settings_left_out) +
                   ", where it has no pair");
  return gaps;
}

// One sentence for all metrics that lack the same, which are named unless all do.
std::vector<std::string> list_gaps(const std::vector<Comparison>& all) {
  std::vector<std::pair<std::string, std::set<std::string>>> gaps;
  std::set<std::string> metrics;
  for (const auto& one : all) {
    metrics.insert(one.metric);
    for (auto& gap : describe_gaps(one)) {
      const auto known = std::find_if(gaps.begin(), gaps.end(),
                                      [&](const auto& other) { return other.first == gap; });
      if (known != gaps.end())
        known->second.insert(one.metric);
      else
        gaps.push_back({std::move(gap), {one.metric}});
    }
  }
  std::vector<std::string> sentences;
  for (const auto& [gap, of] : gaps)
    sentences.push_back(gap + (of == metrics ? "." : fmt::format(", in {}.", fmt::join(of, ", "))));
  return sentences;
}

}  // namespace

std::string write_comparison_note(const Report& report, const std::vector<Comparison>& all) {
  const auto count = [&](const auto& that) { return std::count_if(all.begin(), all.end(), that); };
  const auto intervals = count([](const auto& one) { return one.has_interval(); });
  const auto unit =
      report.repeats.empty() ? "seed" : fmt::format("{}", fmt::join(report.repeats, ", "));
  std::vector<std::string> sentences;
  if (intervals == 1)
    sentences.push_back(fmt::format("1 interval of Student's t, one observation per {}.", unit));
  if (intervals > 1)
    sentences.push_back(fmt::format(
        "{0} intervals of Student's t, one observation per {1}, each of 95 % by itself; "
        "p (Holm) is corrected for all {0}.",
        intervals, unit));
  if (count([](const auto& one) { return one.pairs > one.difference.count; }) > 0)
    sentences.push_back("An observation is the mean over several pairs.");
  if (count([](const auto& one) { return one.difference.count == 1; }) > 0)
    sentences.push_back("An interval needs two observations.");
  const auto gaps = list_gaps(all);
  sentences.insert(sentences.end(), gaps.begin(), gaps.end());
  if (intervals > 0 && !report.repeats.empty())
    sentences.push_back("If observations share data, as folds do, p is too small.");
  return fmt::format("{}", fmt::join(sentences, " "));
}

}  // namespace assay
