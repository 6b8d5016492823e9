// Rows gathered in memory and written in whole lines.
#include "runner/files/metrics_log.h"

#include <cmath>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "assay/error.h"
#include "core/base/value_json.h"
#include "runner/system/clock.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

MetricRow parse(const std::string& line) {
  const auto json = Json::parse(line);
  return {json.at("t").get<double>(), json.at("stage").get<std::string>(),
          json.at("unit").get_ref<const Json::number_integer_t&>(),
          json.at("name").get<std::string>(), real_from_json(json.at("value"))};
}

// Bytes of the leading lines that are whole and of a unit below `from_unit`.
std::uintmax_t kept_bytes(const fs::path& path, std::int64_t from_unit) {
  std::ifstream in(path, std::ios::binary);
  std::string line;
  std::uintmax_t kept = 0;
  while (std::getline(in, line) && !in.eof()) {
    try {
      if (parse(line).unit >= from_unit) break;
    } catch (const Json::exception&) {
      break;
    }
    kept += line.size() + 1;
  }
  return kept;
}

}  // namespace

MetricsLog::MetricsLog(const fs::path& path, std::string stage, std::int64_t from_unit)
    : file_(path), stage_(std::move(stage)) {
  file_.cut(kept_bytes(path, from_unit));
}

void MetricsLog::append(std::int64_t unit, std::string_view name, double value) {
  pending_ += Json{{"t", std::round(wall_seconds() * 1e3) / 1e3},
                   {"stage", stage_},
                   {"unit", unit},
                   {"name", name},
                   {"value", real_to_json(value)}}
                  .dump(-1, ' ', false, Json::error_handler_t::replace) +
              "\n";
}

void MetricsLog::write() {
  if (!pending_.empty()) file_.append(pending_);
}

void MetricsLog::sync() {
  file_.append(pending_);
  file_.sync();
}

std::vector<MetricRow> read_metrics(const fs::path& path) {
  std::vector<MetricRow> rows;
  std::ifstream in(path, std::ios::binary);
  std::string line;
  while (std::getline(in, line) && !in.eof()) {
    try {
      rows.push_back(parse(line));
    } catch (const Json::exception& error) {
      throw Error(ErrorKind::kCorrupt, fmt::format("{}:{}: is not a metric row: {}", path.string(),
                                                   rows.size() + 1, error.what()));
    }
  }
  return rows;
}

}  // namespace assay
