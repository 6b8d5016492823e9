// `report:` of a manifest, and as records keep it.
#pragma once

#include <nlohmann/json.hpp>

#include "runner/manifest/check.h"

namespace assay {

/// Every mistake goes to the checker's complaints.
void check_report(const Node& node, Checker& checker, ReportSpec& into);

/// Complains of names that are not axes of the sweep, or that are named in two roles.
void check_report_axes(const Node& root, const ReportSpec& report, Complaints& complaints);

/// Complains of a metric that no trial gives: it would be missing in the report.
void check_report_metric(const Node& root, const std::vector<Trial>& trials, Checker& checker);

nlohmann::ordered_json report_json(const ReportSpec& report);
/// What report_json wrote, read back; defaults for what an older version did not write.
ReportSpec report_from_json(const nlohmann::ordered_json& json);

}  // namespace assay
