#include "runner/manifest/report.h"

#include <algorithm>

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
std::vector<const Node*> items_of(const Node& node) {
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
  for (const Node* item : items_of(node))
    if (const auto axis = checker.word(*item, "repeats")) {
      if (std::find(axes.begin(), axes.end(), *axis) != axes.end())
        complaints.add(item->at, "`repeats` names `" + *axis + "` twice");
      axes.push_back(*axis);
    }
  return axes;
}

}  // namespace

void check_report(const Node& node, Checker& checker, ReportSpec& into) {
  if (!checker.expect_map(node, "report")) return;
  checker.keys(node, {"metric", "compare", "repeats"}, "report");
  if (const Node* metric = node.find("metric"))
    into.metric = checker.word(*metric, "metric").value_or("");
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
  for (const Node* item : items_of(*repeats))
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

nlohmann::ordered_json report_json(const ReportSpec& report) {
  return {{"metric", report.metric}, {"compare", report.compare}, {"repeats", report.repeats}};
}

ReportSpec report_from_json(const nlohmann::ordered_json& json) {
  return {json.at("metric").get<std::string>(), json.at("compare").get<std::string>(),
          json.value("repeats", Strings())};
}

}  // namespace assay
