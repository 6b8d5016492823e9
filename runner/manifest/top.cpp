// The keys of the top level that are no components.
#include <fmt/format.h>

#include "runner/manifest/check.h"
#include "runner/manifest/scalar.h"

namespace assay {
namespace {

bool is_run_name(const std::string& name) {
  return !name.empty() && name[0] != '.' &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string::npos;
}

bool expect_map(const Node& node, const std::string& key, Checker& checker) {
  if (!node.is_map())
    checker.complaints().add(node.at,
                             fmt::format("`{}` is {}, expected a map", key, node.describe()));
  return node.is_map();
}

void version(const Node& root, Checker& checker) {
  const Node* version = root.find("assay");
  if (version == nullptr)
    return checker.complaints().add(root.at, "`assay: 1`, the version of the format, is missing");
  if (!version->is_scalar() || version->text != "1")
    checker.complaints().add(
        version->at, fmt::format("`assay` is {}, expected 1, the only version of the format",
                                 version->describe()));
}

void name(const Node& root, Checker& checker, Experiment& into) {
  const Node* node = root.find("name");
  if (node == nullptr)
    return checker.complaints().add(root.at, "`name`, the experiment's folder, is missing");
  if (const auto word = checker.word(*node, "name"))
    into.name = *word;
  else
    return;
  if (!is_run_name(into.name))
    checker.complaints().add(
        node->at,
        "`" + into.name +
            "` is no name: letters, digits, `.`, `_` and `-` are accepted, not beginning with `.`");
}

void report(const Node& node, Checker& checker, Experiment& into) {
  if (!expect_map(node, "report", checker)) return;
  checker.keys(node, {"metric", "compare"}, "report");
  if (const Node* metric = node.find("metric"))
    into.report.metric = checker.word(*metric, "metric").value_or("");
  if (const Node* compare = node.find("compare"))
    into.report.compare = checker.word(*compare, "compare").value_or("");
}

void seconds(const Node& map, const char* key, Checker& checker, double& into) {
  const Node* node = map.find(key);
  if (node == nullptr) return;
  const auto found = duration(*node);
  if (found && *found >= 0)
    into = *found;
  else
    checker.complaints().add(
        node->at,
        fmt::format("`{}` is {}, expected a time such as 60s, 5m or 2h", key, node->describe()));
}

void limits(const Node& node, Checker& checker, Experiment& into) {
  if (!expect_map(node, "limits", checker)) return;
  checker.keys(node,
               {"workers", "threads", "checkpoint_every", "retries", "time", "heartbeat", "memory"},
               "limits");
  const auto count = [&](const char* key, std::int64_t low, int& to) {
    if (const Node* given = node.find(key))
      to = static_cast<int>(
          std::min<std::int64_t>(checker.integer(*given, key, low).value_or(0), 1 << 20));
  };
  count("workers", 1, into.limits.workers);
  count("threads", 1, into.limits.threads);
  count("retries", 0, into.limits.retries);
  seconds(node, "checkpoint_every", checker, into.limits.checkpoint_every);
  seconds(node, "time", checker, into.limits.time);
  seconds(node, "heartbeat", checker, into.limits.heartbeat);
  if (const Node* memory = node.find("memory")) {
    const auto found = bytes(*memory);
    if (found && *found >= 0)
      into.limits.memory = *found;
    else
      checker.complaints().add(memory->at,
                               fmt::format("`memory` is {}, expected a size such as 4GiB or 512MiB",
                                           memory->describe()));
  }
}

}  // namespace

void check_top(const Node& root, Checker& checker, Experiment& into) {
  Strings accepted = {"assay", "name",   "include", "seed",   "device", "deterministic",
                      "sweep", "search", "stages",  "report", "limits"};
  for (const auto& kind : checker.catalog().kinds()) accepted.push_back(kind);
  checker.keys(root, accepted, "a manifest");
  version(root, checker);
  name(root, checker, into);
  if (const Node* node = root.find("report")) report(*node, checker, into);
  if (const Node* node = root.find("limits")) limits(*node, checker, into);
}

}  // namespace assay
