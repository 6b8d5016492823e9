// experiment.jsonl -> trials.
#include "runner/cli/folders.h"

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "assay/error.h"
#include "runner/cli/output.h"
#include "runner/files/index.h"
#include "runner/manifest/merge.h"

namespace fs = std::filesystem;

namespace assay::cli {
namespace {

// The folder of an experiment and the run folders in it that were named; none: all.
struct Named {
  fs::path folder;
  std::set<std::string> runs = {};
  bool whole = false;
};

// The folder that is named is the one that is used: a link, or renamed, or copied.
void add_word(const std::string& word, std::vector<Named>& into) {
  if (!fs::is_directory(word) && is_override(word))
    throw UsageError(fmt::format("`{}`: overrides need a manifest, not a folder", word));
  if (!fs::is_directory(word))
    throw Error(ErrorKind::kIo, fmt::format("`{}` is not a folder; name manifests alone or run "
                                            "folders alone",
                                            word));
  const auto folder = fs::canonical(word);
  const bool is_whole = fs::exists(folder / kVersionsFile);
  const auto experiment = is_whole ? folder : folder.parent_path();
  if (!fs::exists(experiment / kVersionsFile))
    throw Error(
        ErrorKind::kIo,
        fmt::format("{0} is not the folder of an experiment or of a run: neither it nor the "
                    "folder above it has an {1}; if {1} was deleted, run the manifest again, "
                    "which keeps what is done",
                    word, kVersionsFile));
  auto it = std::find_if(into.begin(), into.end(),
                         [&](const Named& one) { return one.folder == experiment; });
  if (it == into.end()) it = into.insert(into.end(), {experiment});
  if (is_whole)
    it->whole = true;
  else
    it->runs.insert(folder.filename().string());
}

std::vector<Version> chosen_versions(const Call& call, const fs::path& folder) {
  auto all = read_versions(folder);
  const auto wanted = call.text("manifest-version");
  if (wanted == "all") return all;
  int most = 0, number = 0;
  for (const auto& one : all) most = std::max(most, one.number);
  const auto* end = wanted.data() + wanted.size();
  if (wanted == "last")
    number = all.back().number;
  else if (const auto read = std::from_chars(wanted.data(), end, number);
           read.ec != std::errc() || read.ptr != end)
    number = 0;
  std::erase_if(all, [&](const Version& one) { return one.number != number; });
  if (all.empty())
    throw UsageError(
        fmt::format("--manifest-version is `{}`, expected all, last or a number from 1 "
                    "to {}: {} has {} of its manifest",
                    wanted, most, folder.string(), format_count(most, "version")));
  return all;
}

// The stages of `trial` that are named, and those that they build upon.
std::vector<Stage> named_stages(const Trial& trial, const std::set<std::string>& runs) {
  std::set<std::string> wanted;
  for (auto stage = trial.stages.rbegin(); stage != trial.stages.rend(); ++stage) {
    if (!runs.contains(run_name(stage->id)) && !wanted.contains(stage->id)) continue;
    wanted.insert(stage->id);
    for (const auto& [name, id] : stage->after) wanted.insert(id);
  }
  std::vector<Stage> stages;
  for (const auto& stage : trial.stages)
    if (wanted.contains(stage.id)) stages.push_back(stage);
  return stages;
}

// Whole trials first: a stage that several share belongs to one of them that is.
std::vector<Trial> named_trials(const std::vector<Trial>& trials,
                                const std::set<std::string>& runs) {
  std::set<std::string> there;
  std::vector<Trial> kept;
  for (const bool whole : {true, false})
    for (Trial trial : trials) {
      auto stages = named_stages(trial, runs);
      if (stages.empty() || (stages.size() == trial.stages.size()) != whole) continue;
      bool fresh = false;
      for (const auto& stage : stages) fresh = there.insert(stage.id).second || fresh;
      if (!fresh) continue;
      trial.stages = std::move(stages);
      if (!whole) trial.id = trial.stages.back().id;
      kept.push_back(std::move(trial));
    }
  return kept;
}

void check_names(const Named& named, const std::vector<Version>& versions) {
  std::set<std::string> known;
  for (const auto& version : versions)
    for (const auto& trial : version.experiment.trials)
      for (const auto& stage : trial.stages) known.insert(run_name(stage.id));
  for (const auto& run : named.runs)
    if (!known.contains(run))
      throw Error(
          ErrorKind::kIo,
          fmt::format("{} is not a run folder of its experiment, whose {} lists no stage of "
                      "that name; a run folder keeps the name that it was given",
                      (named.folder / run).string(), kVersionsFile));
}

// That several versions are shown, and in what they differ.
Strings version_notes(const Asked& asked, const Merged& merged) {
  Strings notes;
  const auto folder = (asked.runs / asked.experiment.name).string();
  const bool one = merged.superseded == 1;
  if (merged.superseded > 0)
    notes.push_back(fmt::format(
        "{}: {} of an earlier version {} left out, since a later one repeats "
        "{} with another build",
        folder, format_count(merged.superseded, "trial"), one ? "is" : "are", one ? "it" : "them"));
  std::set<const Source*> shown;
  for (const auto& trial : asked.experiment.trials) shown.insert(trial.source.get());
  if (shown.size() < 2) return notes;
  Strings all;
  for (const auto& version : asked.versions)
    all.push_back(fmt::format("{} ({:%Y-%m-%d %H:%M}, {}{})", version.number,
                              fmt::localtime(static_cast<std::time_t>(version.asked)),
                              format_count(version.experiment.trials.size(), "trial"),
                              &version == &asked.versions.back() ? ", the last" : ""));
  notes.push_back(
      fmt::format("{} holds {} versions of its manifest, {}{}; --manifest-version shows one alone",
                  folder, asked.versions.size(), fmt::join(all, ", "),
                  merged.differing.empty()
                      ? ""
                      : fmt::format("; they differ in {}", fmt::join(merged.differing, ", "))));
  return notes;
}

Asked asked_of(const Call& call, const Named& named) {
  Asked asked{{}, named.folder.parent_path(), chosen_versions(call, named.folder)};
  asked.is_whole = named.whole;
  if (named.whole) {
    auto merged = merge_versions(asked.versions);
    asked.experiment = std::move(merged.experiment);
    asked.experiment.apart = merged.differing;
    asked.experiment.notes = version_notes(asked, merged);
    return asked;
  }
  check_names(named, asked.versions);
  asked.experiment = asked.versions.back().experiment;
  std::vector<Trial> all;
  for (auto version = asked.versions.rbegin(); version != asked.versions.rend(); ++version)
    all.insert(all.end(), version->experiment.trials.begin(), version->experiment.trials.end());
  asked.experiment.trials = named_trials(all, named.runs);
  return asked;
}

}  // namespace

std::vector<Asked> experiments_in_folders(const Call& call) {
  std::vector<Named> named;
  for (const auto& word : call.words) add_word(word, named);
  std::vector<Asked> all;
  for (const auto& one : named) all.push_back(asked_of(call, one));
  return all;
}

void complain_of_lost_trials(const Call& call, const Asked& asked) {
  const auto& name = asked.experiment.name;
  std::map<std::string, std::string> taken;
  for (const auto& version : asked.versions)
    taken.insert(version.taken.begin(), version.taken.end());
  std::set<std::string> lost, experiments;
  for (const auto& trial : asked.experiment.trials)
    for (const auto& stage : trial.stages) {
      const auto it = taken.find(stage.id);
      if (it == taken.end() || find_run(asked.runs, name, stage.id)) continue;
      lost.insert(trial.id);
      experiments.insert("`" + fs::path(it->second).parent_path().string() + "`");
    }
  if (lost.empty()) return;
  complain(call,
           fmt::format("{} of {} had been done in {}, which does not have {} any more: {} to "
                       "be run again",
                       format_count(lost.size(), "trial"), name, fmt::join(experiments, ", "),
                       lost.size() == 1 ? "it" : "them", lost.size() == 1 ? "it is" : "they are"));
}

void add_version_flag(boost::program_options::options_description& flags) {
  flags.add_options()(
      "manifest-version",
      boost::program_options::value<std::string>()->default_value("all")->value_name("N"),
      "of a folder that holds several versions of its manifest: all, last, or a number");
}

}  // namespace assay::cli
