// Sweep: the points that a manifest's `sweep:` and `search:` stand for.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runner/manifest/check.h"

namespace assay {

/// One point: what to put where, and how tables call it.
struct Point {
  // dotted path -> value, which other points may have too
  std::vector<std::pair<std::string, std::shared_ptr<const Node>>> values;
  std::map<std::string, std::string> labels;  // axis -> label
};

/// One empty point where there is no sweep.
std::vector<Point> expand_sweep(const Node& root, Checker& checker);

}  // namespace assay
