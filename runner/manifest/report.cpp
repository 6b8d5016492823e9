#include "runner/manifest/report.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "assay/schema.h"

namespace assay {
namespace {

constexpr const char* kSeed = "seed";

void check_axis(const Node& node, const std::string& key, const Node* sweep,
                Complaints& complaints) {
  if (sweep != nullptr && sweep->find(node.text) != nullptr) return;
  const auto near = sweep == nullptr ? "" : nearest(node.text, sweep->keys());
  complaints.add(node.at, "`" + key + "` is `" + node.text + "`, which is not an axis of `sweep`" +
                              (near.empty() ? "" : "; did you mean `" + near + "`?"));
}

// Those of a list, or the node itself if it is no list.
std::vector<const Node*> list_items(const Node& node) {
  if (!node.is_list()) return {&node};
  std::vector<const Node*> items;
  for (const auto& item : node.items) items.push_back(&item);
  return items;
}

Strings check_repeats(const Node& node, Checker& checker) {
  auto& complaints = checker.complaints();
  Strings axes;
  if (!node.is_scalar() && !node.is_list()) {
    complaints.add(node.at,
                   "`repeats` is " + node.describe() + ", expected an axis or a list of axes");
    return axes;
  }
  for (const Node* item : list_items(node))
    if (const auto axis = checker.word(*item, "repeats")) {
      if (std::find(axes.begin(), axes.end(), *axis) != axes.end())
        complaints.add(item->at, "`repeats` names `" + *axis + "` twice");
      axes.push_back(*axis);
    }
  return axes;
}

bool has_callbacks(const Spec& procedure, const ComponentInfo& info) {
  return std::any_of(info.fields.begin(), info.fields.end(), [&](const FieldInfo& field) {
    const auto given = procedure.params.find(field.name);
    return field.kind == "callback" && given != procedure.params.end() &&
           !std::get<Specs>(given->second).empty();
  });
}

// The rows of the metrics of all stages; nothing if a stage may give others, because it has no
// metrics or has callbacks.
std::optional<std::set<std::string>> collect_rows(const std::vector<Trial>& trials,
                                                  const Catalog& catalog) {
  std::set<std::string> all;
  for (const auto& trial : trials)
    for (const auto& stage : trial.stages) {
      const auto& procedure = stage.components.at("procedure");
      const auto* info = catalog.find("procedure", procedure.use);
      const auto rows = info == nullptr ? Strings() : rows_of(procedure, *info, catalog);
      if (rows.empty() || has_callbacks(procedure, *info)) return {};
      all.insert(rows.begin(), rows.end());
    }
  return all;
}

// The name of a row is `stage:set/name` if several stages give it, and `set/name` otherwise.
void check_stage(const Node& metric, const std::string& name, const std::vector<Trial>& trials,
                 Complaints& complaints) {
  bool alone = false;
  for (const auto& trial : trials)
    for (const auto& stage : trial.stages) {
      if (stage.name != name) continue;
      if (trial.stages.size() > 1) return;
      alone = true;
    }
  if (alone)
    complaints.add(metric.at,
                   fmt::format("`metric` is `{}`, but no other stage gives this row: write `{}`",
                               metric.text, metric.text.substr(name.size() + 1)));
  else
    complaints.add(metric.at,
                   fmt::format("`metric` is `{}`, and there is no stage `{}`", metric.text, name));
}

}  // namespace

void check_report(const Node& node, Checker& checker, ReportSpec& into) {
  if (!checker.expect_map(node, "report")) return;
  checker.keys(node, {"metric", "compare", "repeats"}, "report");
  if (const Node* metric = node.find("metric")) {
    const auto word = checker.word(*metric, "metric");
    into.metric = word.value_or("");
    if (word && word->find('/') == std::string::npos)
      checker.complaints().add(metric->at,
                               fmt::format("`metric` is `{}`, expected the name of a row: "
                                           "split/metric, such as test/accuracy",
                                           into.metric));
  }
  if (const Node* compare = node.find("compare"))
    into.compare = checker.word(*compare, "compare").value_or("");
  if (const Node* repeats = node.find("repeats")) into.repeats = check_repeats(*repeats, checker);
}

void check_report_axes(const Node& root, const ReportSpec& report, Complaints& complaints) {
  const Node* node = root.find("report");
  if (node == nullptr) return;
  const Node* sweep = root.find("sweep");
  if (report.compare == kSeed)
    complaints.add(node->find("compare")->at,
                   "`compare` is `seed`, by which trials are paired: name another axis");
  else if (!report.compare.empty())
    check_axis(*node->find("compare"), "compare", sweep, complaints);
  const Node* repeats = node->find("repeats");
  if (repeats == nullptr) return;
  for (const Node* item : list_items(*repeats))
    if (!item->is_scalar())
      continue;  // check_report has complained
    else if (item->text == kSeed)
      complaints.add(item->at,
                     "`repeats` names `seed`: without `repeats` each seed is an observation, and "
                     "with it the seeds are averaged");
    else if (item->text == report.compare)
      complaints.add(item->at, "`repeats` and `compare` are both `" + item->text +
                                   "`: an axis is either compared or repeats");
    else
      check_axis(*item, "repeats", sweep, complaints);
}

void check_report_metric(const Node& root, const std::vector<Trial>& trials, Checker& checker) {
  const Node* report = root.find("report");
  const Node* metric = report == nullptr ? nullptr : report->find("metric");
  if (metric == nullptr || !metric->is_scalar()) return;
  auto& complaints = checker.complaints();
  const auto slash = metric->text.find('/'), colon = metric->text.rfind(':', slash);
  const auto start = colon == std::string::npos ? 0 : colon + 1;  // of `stage:set/name`
  if (start > 0) check_stage(*metric, metric->text.substr(0, colon), trials, complaints);
  const auto set = metric->text.substr(start, slash - start);
  if (set != "validation" && set != "test") return;
  const auto rows = collect_rows(trials, checker.catalog());
  if (!rows) return;
  const auto name = metric->text.substr(slash + 1);
  const Strings known(rows->begin(), rows->end());
  if (is_declared(name, known)) return;
  const auto near = nearest(name, known);
  complaints.add(
      metric->at,
      fmt::format("`metric` is `{}`, a row that no metric of this manifest gives; {}", metric->text,
                  near.empty() ? fmt::format("they give {}", fmt::join(known, ", "))
                               : fmt::format("did you mean `{}/{}`?", set, near)));
}

nlohmann::ordered_json report_json(const ReportSpec& report) {
  return {{"metric", report.metric}, {"compare", report.compare}, {"repeats", report.repeats}};
}

ReportSpec report_from_json(const nlohmann::ordered_json& json) {
  return {json.at("metric").get<std::string>(), json.at("compare").get<std::string>(),
          json.value("repeats", Strings())};
}

}  // namespace assay
