// The numbers of the table, for programs.
#include <nlohmann/json.hpp>

#include "core/base/value_json.h"
#include "runner/report/comparisons.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(bool there, double x) {
  return there ? real_to_json(x) : Json(nullptr);
}

Json or_null(const std::optional<double>& x) {
  return or_null(x.has_value(), x.value_or(0));
}

}  // namespace

Json statistics_of(const Report& report) {
  auto groups = Json::array(), comparisons = Json::array();
  for (const auto& group : groups_of(report))
    for (const auto& metric : metrics_of(report)) {
      const Summary s = summarize(group.values(metric));
      groups.push_back({{"axes", group.axes},
                        {"metric", metric},
                        {"n", s.count},
                        {"missing", group.missing(metric)},
                        {"mean", or_null(s.count > 0, s.mean)},
                        {"deviation", or_null(s.count > 1, s.deviation)},
                        {"min", or_null(s.count > 0, s.low)},
                        {"max", or_null(s.count > 0, s.high)}});
    }
  for (const auto& one : comparisons_of(report)) {
    const Paired& d = one.difference;
    comparisons.push_back({{"alternative", one.alternative},
                           {"baseline", one.baseline},
                           {"apart", one.apart},
                           {"metric", one.metric},
                           {"n", d.count},
                           {"pairs", one.pairs},
                           {"left_out", one.left_out},
                           {"settings_left_out", one.settings_left_out},
                           {"difference", or_null(d.count > 0, d.mean)},
                           {"half_width", or_null(d.half_width)},
                           {"p", or_null(d.p)},
                           {"p_holm", or_null(one.has_interval(), one.corrected_p)}});
  }
  return {{"groups", groups}, {"comparisons", comparisons}};
}

}  // namespace assay
