// Curves: what the metrics of a sweep did over its units, for charts.
#pragma once

#include <nlohmann/json.hpp>

#include "runner/report/report.h"

namespace assay {

/// One chart a metric with more than one row: {"metric", "labels": [...], "rows": [[unit, [low,
/// mean, high] | null, ...]]}, the mean over seeds and one deviation to either side. At most 500
/// units a chart. Metrics that cannot be read are left out, and told in `problems`.
nlohmann::ordered_json curves_of(const Report& report, std::vector<std::string>& problems);

}  // namespace assay
