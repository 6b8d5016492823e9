// The keys of the top level that are no components.
#include <fmt/format.h>

#include "runner/manifest/check.h"
#include "runner/manifest/limits.h"
#include "runner/manifest/report.h"

namespace assay {
namespace {

bool is_run_name(const std::string& name) {
  return !name.empty() && name[0] != '.' &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string::npos;
}

void version(const Node& root, Checker& checker) {
  const Node* version = root.find("assay");
  if (version == nullptr)
    return checker.complaints().add(root.at,
                                    "`assay: 1`, the version of the manifest format, is missing");
  if (!version->is_scalar() || version->text != "1")
    checker.complaints().add(
        version->at,
        fmt::format("`assay` is {}, expected 1, the only version of the manifest format",
                    version->describe()));
}

void name(const Node& root, Checker& checker, Experiment& into) {
  const Node* node = root.find("name");
  if (node == nullptr)
    return checker.complaints().add(
        root.at, "`name`, the name of the experiment and of its folder, is missing");
  if (const auto word = checker.word(*node, "name"))
    into.name = *word;
  else
    return;
  constexpr std::size_t kLongest = 200;  // bytes; file systems take 255, and a suffix may follow
  if (into.name.size() > kLongest)
    return checker.complaints().add(
        node->at, fmt::format("`name` has {} bytes; a folder's name may have {} at most",
                              into.name.size(), kLongest));
  if (!is_run_name(into.name))
    checker.complaints().add(node->at, "`" + into.name +
                                           "` is not a valid name: use letters, digits, `.`, `_` "
                                           "and `-`, and do not begin with `.`");
}

}  // namespace

void check_top(const Node& root, Checker& checker, Experiment& into) {
  Strings accepted = {"assay",   "name",  "include", "seed",   "device", "deterministic",
                      "weights", "sweep", "search",  "stages", "report", "limits"};
  for (const auto& kind : checker.catalog().stage_kinds()) accepted.push_back(kind);
  checker.keys(root, accepted, "a manifest");
  version(root, checker);
  name(root, checker, into);
  if (const Node* node = root.find("report")) check_report(*node, checker, into.report);
  if (const Node* node = root.find("limits")) check_limits(*node, checker, into.limits);
}

}  // namespace assay
