// One record per line. A stage stands in the first record that has it, and again if its paths
// change.
#include "runner/manifest/versions.h"

#include <algorithm>
#include <ctime>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

#include "assay/error.h"
#include "runner/files/file_system.h"
#include "runner/manifest/limits.h"
#include "runner/manifest/report.h"
#include "runner/manifest/stage_json.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Stages = std::map<std::string, Stage>;  // by id

constexpr int kFormat = 1;
constexpr const char* kRunAgain =
    "what it asked for is known again when its manifest is run again, which keeps what is done";

std::vector<Json> read_records(const fs::path& file) {
  std::vector<Json> records;
  std::istringstream in(read_file(file, kAnySize));
  for (std::string line; std::getline(in, line);) {
    records.push_back(Json::parse(line, nullptr, false));
    if (!records.back().is_object())
      throw Error(ErrorKind::kCorrupt,
                  fmt::format("{}:{}: is not a record that Assay writes: delete this line; {}",
                              file.string(), records.size(), kRunAgain));
  }
  return records;
}

Json write_trials(const std::vector<Trial>& trials) {
  auto all = Json::array();
  for (const auto& trial : trials) {
    Strings stages;
    for (const auto& stage : trial.stages) stages.push_back(stage.id);
    all.push_back({{"id", trial.id},
                   {"axes", trial.axes},
                   {"seed", trial.seed},
                   {"setting", trial.setting},
                   {"stages", stages}});
  }
  return all;
}

Json make_record(const fs::path& folder, const Experiment& experiment,
                 const std::map<std::string, std::string>& taken) {
  const Source& source = *experiment.source;
  return {{"assay", kFormat},
          {"folder", fs::canonical(folder).string()},
          {"manifest", source.file.string()},
          {"text", source.text},
          {"overrides", source.overrides},
          {"composed", source.composed},
          {"report", report_json(experiment.report)},
          {"limits", limits_json(experiment.limits)},
          {"trials", write_trials(experiment.trials)},
          {"taken", taken}};
}

std::string write_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::vector<Trial> read_trials(const Json& json, const std::shared_ptr<const Source>& source,
                               const Stages& stages) {
  std::vector<Trial> trials;
  for (const auto& one : json) {
    Trial trial;
    one.at("id").get_to(trial.id);
    one.at("axes").get_to(trial.axes);
    one.at("seed").get_to(trial.seed);
    one.at("setting").get_to(trial.setting);
    trial.source = source;
    for (const auto& id : one.at("stages")) {
      const auto known = stages.find(id);
      if (known == stages.end()) throw std::runtime_error("a line before it is missing");
      trial.stages.push_back(known->second);
    }
    if (trial.stages.empty()) throw std::runtime_error("a trial has no stage");
    trials.push_back(std::move(trial));
  }
  return trials;
}

Version read_version(const Json& record, Location at, const fs::path& folder, Stages& stages) try {
  if (record.at("assay") != kFormat)
    throw std::runtime_error("its format is " + record.at("assay").dump());
  for (const auto& one : record.at("stages")) {
    auto stage = stage_from_json(one);
    stages.insert_or_assign(stage.id, stage);
  }
  const auto source = std::make_shared<const Source>(
      Source{record.at("manifest").get<std::string>(), record.at("text").get<std::string>(),
             record.at("composed").get<std::string>(), record.at("overrides").get<Strings>()});
  Version version;
  record.at("asked").get_to(version.asked);
  version.folder = record.at("folder").get<std::string>();
  version.at = std::move(at);
  record.at("taken").get_to(version.taken);
  Experiment& experiment = version.experiment;
  experiment.name = folder.filename().string();
  experiment.source = source;
  experiment.trials = read_trials(record.at("trials"), source, stages);
  experiment.limits = limits_from_json(record.at("limits"), version.at);
  experiment.report = report_from_json(record.at("report"));
  return version;
} catch (const std::exception& error) {
  throw Error(
      ErrorKind::kCorrupt,
      fmt::format("{}:{}: is not a record that this version of Assay writes ({}): delete this "
                  "line; {}",
                  (folder / kVersionsFile).string(), at.line, error.what(), kRunAgain));
}

// Those that no record has, or that one has with other paths.
Json collect_new_stages(const Experiment& experiment, const std::vector<Json>& before) {
  std::map<std::string, Json> known;
  for (const auto& one : before)
    for (const auto& stage : one.at("stages")) known[stage.at("id").get<std::string>()] = stage;
  auto fresh = Json::array();
  for (const auto& trial : experiment.trials)
    for (const auto& stage : trial.stages) {
      auto json = to_json(stage);
      auto& recorded = known[stage.id];
      if (recorded == json) continue;
      recorded = json;
      fresh.push_back(std::move(json));
    }
  return fresh;
}

bool has_same_trials(const Version& a, const Version& b) {
  const auto same = [](const Trial& x, const Trial& y) { return x.id == y.id && x.axes == y.axes; };
  const auto &ours = a.experiment.trials, &theirs = b.experiment.trials;
  return std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end(), same);
}

void append(const fs::path& file, const std::string& text, Json record, const Json& stages) {
  record["asked"] = static_cast<double>(std::time(nullptr));
  record["stages"] = stages;
  write_atomically(file, text + write_line(record));
}

}  // namespace

std::vector<Version> read_versions(const fs::path& folder) {
  const auto file = folder / kVersionsFile;
  if (!fs::exists(file))
    throw Error(ErrorKind::kIo,
                fmt::format("{} is not the folder of an experiment: it has no {}; run the manifest "
                            "again, which keeps what is done",
                            folder.string(), kVersionsFile));
  std::vector<Version> versions;
  Stages stages;
  int line = 0, number = 0;
  for (const auto& record : read_records(file)) {
    auto version = read_version(record, {file.string(), ++line, 1}, folder, stages);
    const auto known = std::find_if(versions.begin(), versions.end(), [&](const Version& one) {
      return has_same_trials(one, version);
    });
    version.number = known == versions.end() ? ++number : known->number;
    if (known != versions.end()) {
      version.taken.insert(known->taken.begin(), known->taken.end());
      versions.erase(known);
    }
    versions.push_back(std::move(version));
  }
  if (versions.empty())
    throw Error(ErrorKind::kCorrupt, fmt::format("{} is empty: {}", file.string(), kRunAgain));
  return versions;
}

void record_version(const fs::path& folder, const Experiment& experiment,
                    const std::map<std::string, std::string>& taken) {
  const auto file = folder / kVersionsFile;
  const std::string text = fs::exists(file) ? read_file(file, kAnySize) : "";
  const auto before = text.empty() ? std::vector<Json>{} : read_records(file);
  auto record = make_record(folder, experiment, taken);
  const auto stages = collect_new_stages(experiment, before);
  if (!before.empty() && stages.empty()) {
    Json last = before.back();
    last.erase("asked");
    last.erase("stages");
    if (last == record) return;
  }
  append(file, text, std::move(record), stages);
}

void record_taken(const fs::path& folder, const std::map<std::string, std::string>& taken) {
  const auto file = folder / kVersionsFile;
  if (taken.empty() || !fs::exists(file)) return;
  const auto text = read_file(file, kAnySize);
  Json record = read_records(file).back();
  const Json before = record.at("taken");
  for (const auto& [id, place] : taken) record["taken"][id] = place;
  if (record["taken"] != before) append(file, text, std::move(record), Json::array());
}

}  // namespace assay
