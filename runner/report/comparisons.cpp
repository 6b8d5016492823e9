// Pairing.
#include "runner/report/comparisons.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace assay {
namespace {

using Trials = std::vector<const TrialResult*>;

Axes apart_of(const TrialResult& trial, const Report& report) {
  Axes apart;
  for (const auto& axis : report.apart)
    if (const auto it = trial.axes.find(axis); it != trial.axes.end()) apart.insert(*it);
  return apart;
}

Axes rest_of(const TrialResult& trial, const Report& report) {
  return without(trial.axes, report.apart);
}

bool is_within(const Axes& part, const Axes& whole) {
  return std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}

// What is put together: a trial without one of the axes belongs to each value of it, as an arm does
// that all versions have.
std::vector<Axes> apart_groups(const Report& report) {
  std::vector<Axes> all;
  for (const auto& trial : report.trials) {
    const auto own = apart_of(trial, report);
    if (std::find(all.begin(), all.end(), own) == all.end()) all.push_back(own);
  }
  const auto maps = all;
  std::erase_if(all, [&](const Axes& one) {
    return std::any_of(maps.begin(), maps.end(),
                       [&](const Axes& other) { return other != one && is_within(one, other); });
  });
  return all;
}

// Two trials that agree in the seed and all axes but the one compared; null where there is none.
struct Pair {
  const TrialResult *first = nullptr, *second = nullptr;
  bool exists() const { return first != nullptr && second != nullptr; }
};
using Pairs = std::map<Axes, Pair>;                // by the other axes
using Repetition = std::pair<std::int64_t, Axes>;  // the seed, and the axes that repeat

std::map<Repetition, Pairs> pairs_by_repetition(const Report& report, const Trials& trials,
                                                const std::string& alternative,
                                                const std::string& baseline) {
  std::map<Repetition, Pairs> all;
  for (const auto* trial : trials) {
    auto others = rest_of(*trial, report);
    const auto label = trial->axes.at(report.compare);
    others.erase(report.compare);
    Axes repeats;
    for (const auto& axis : report.repeats)
      if (const auto node = others.extract(axis)) repeats.insert({node.key(), node.mapped()});
    auto& pair = all[{trial->seed, repeats}][others];
    if (label == alternative && pair.first == nullptr) pair.first = trial;
    if (label == baseline && pair.second == nullptr) pair.second = trial;
  }
  return all;
}

using Means = std::pair<double, double>;  // of the alternative and the baseline

// Over the settings, the other axes of the pairs; nothing if a value is missing in one of them.
std::optional<Means> means_over(const std::set<Axes>& settings, const Pairs& pairs,
                                const std::string& metric) {
  std::vector<double> a, b;
  for (const auto& others : settings) {
    const auto it = pairs.find(others);
    if (it == pairs.end() || !it->second.exists()) return {};
    const auto* first = value_of(*it->second.first, metric);
    const auto* second = value_of(*it->second.second, metric);
    if (first == nullptr || second == nullptr) return {};
    a.push_back(*first);
    b.push_back(*second);
  }
  return Means{summarize(a).mean, summarize(b).mean};
}

// A seed without one of the pairs is left out: its mean would be over other settings than those of
// the other seeds.
Comparison compare(const Report& report, const Trials& trials, const std::string& metric,
                   const std::string& alternative, const std::string& baseline) {
  const auto all = pairs_by_repetition(report, trials, alternative, baseline);
  std::set<Axes> settings;
  for (const auto& [repetition, pairs] : all)
    for (const auto& [others, pair] : pairs)
      if (pair.exists()) settings.insert(others);
  Comparison found{alternative, baseline, metric, {}};
  if (settings.empty()) return found;
  std::vector<double> a, b;
  for (const auto& [repetition, pairs] : all)
    if (const auto means = means_over(settings, pairs, metric)) {
      a.push_back(means->first);
      b.push_back(means->second);
    } else {
      ++found.left_out;
    }
  found.difference = paired_difference(a, b);
  found.pairs = found.difference.count * static_cast<int>(settings.size());
  return found;
}

// The trials of a group. One with fewer of the axes stands in for all values of them, unless there
// is one like it that has more.
Trials trials_of(const Report& report, const Axes& apart) {
  std::map<Axes, std::size_t> most;  // axes that are apart, of trials that are alike but for them
  Trials within;
  for (const auto& trial : report.trials) {
    const auto own = apart_of(trial, report);
    if (!is_within(own, apart)) continue;
    within.push_back(&trial);
    auto& size = most[rest_of(trial, report)];
    size = std::max(size, own.size());
  }
  std::erase_if(within, [&](const TrialResult* trial) {
    return apart_of(*trial, report).size() < most[rest_of(*trial, report)];
  });
  return within;
}

// The alternatives, in the order of the trials.
std::vector<std::string> labels_of(const Report& report, const Trials& trials) {
  std::vector<std::string> labels;
  for (const auto* trial : trials) {
    const auto& label = trial->axes.at(report.compare);
    if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
  }
  return labels;
}

std::string p_text(double p) {
  return p < 0.001 ? "<0.001" : fmt::format("{:.3f}", p);
}

void correct(std::vector<Comparison>& all) {
  std::vector<Comparison*> tested;
  std::vector<double> p;
  for (auto& one : all)
    if (one.has_interval()) {
      tested.push_back(&one);
      p.push_back(one.difference.p);
    }
  const auto corrected = correct_by_holm(p);
  for (std::size_t k = 0; k < tested.size(); ++k) tested[k]->corrected_p = corrected[k];
}

}  // namespace

std::string Comparison::label() const {
  const auto where = text_of(apart);
  return alternative + " - " + baseline + (where.empty() ? "" : ", " + where);
}

std::vector<Comparison> comparisons_of(const Report& report) {
  for (const auto& trial : report.trials)
    if (!trial.axes.contains(report.compare)) return {};
  std::vector<Comparison> all;
  for (const auto& metric : metrics_of(report))
    for (const auto& apart : apart_groups(report)) {
      const auto trials = trials_of(report, apart);
      const auto labels = labels_of(report, trials);
      for (std::size_t k = 1; k < labels.size(); ++k) {
        all.push_back(compare(report, trials, metric, labels[k], labels[0]));
        all.back().apart = apart;
      }
    }
  correct(all);
  return all;
}

std::string comparison_note(const Report& report, const std::vector<Comparison>& all) {
  const auto count = [&](const auto& that) { return std::count_if(all.begin(), all.end(), that); };
  const auto intervals = count([](const auto& one) { return one.has_interval(); });
  if (intervals == 0) return "";
  std::string note = fmt::format("{} interval{} of Student's t over the seeds", intervals,
                                 intervals == 1 ? "" : "s");
  for (const auto& axis : report.repeats) note += " and the values of " + axis;
  if (intervals > 1)
    note += fmt::format(", each of 95 % by itself; p (Holm) is corrected for all {}", intervals);
  note += ".";
  if (count([](const auto& one) { return one.pairs > one.difference.count; }) > 0)
    note += " The pairs of one seed are averaged first, since they are not independent.";
  if (count([](const auto& one) { return one.left_out > 0; }) > 0)
    note += " Seeds that lack a pair are left out.";
  return note;
}

Cells comparison_cells(const std::vector<Comparison>& all, const std::string& none) {
  Cells rows = {
      {"paired by seed", "metric", "difference", "95 % interval", "p", "p (Holm)", "n", "pairs"}};
  for (const auto& one : all) {
    const Paired& d = one.difference;
    const auto tested = [&](const std::string& text) { return one.has_interval() ? text : none; };
    rows.push_back(
        {one.label(), one.metric, d.count > 0 ? fmt::format("{:+.4f}", d.mean) : none,
         tested(fmt::format("[{:+.4f}, {:+.4f}]", d.mean - d.half_width, d.mean + d.half_width)),
         tested(p_text(d.p)), tested(p_text(one.corrected_p)), std::to_string(d.count),
         std::to_string(one.pairs)});
  }
  return rows;
}

}  // namespace assay
