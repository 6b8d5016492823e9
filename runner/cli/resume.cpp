// resume: go on with what was interrupted, from a manifest or from folders alone.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "runner/cli/folders.h"
#include "runner/cli/sweep.h"
#include "runner/manifest/current.h"
#include "runner/schedule/schedule.h"

namespace fs = std::filesystem;

namespace assay::cli {
namespace {

std::vector<std::pair<fs::path, fs::path>> named_moves(const Call& call) {
  std::vector<std::pair<fs::path, fs::path>> moves;
  if (call.own.count("data") == 0) return moves;
  for (const auto& word : call.own["data"].as<Strings>()) {
    const auto at = word.find('=');
    if (at == std::string::npos || at == 0 || at + 1 == word.size())
      throw UsageError(fmt::format("--data is `{}`, expected OLD=NEW, two paths", word));
    const auto path = [](const std::string& text) { return fs::absolute(text).lexically_normal(); };
    moves.emplace_back(path(word.substr(0, at)), path(word.substr(at + 1)));
    if (!fs::exists(moves.back().second))
      throw UsageError(fmt::format("--data: {} does not exist", moves.back().second.string()));
  }
  return moves;
}

const Version& version_of(const Trial& trial, const std::vector<Version>& versions) {
  return *std::find_if(versions.begin(), versions.end(),
                       [&](const Version& one) { return one.experiment.source == trial.source; });
}

// What is done stays as it is, whatever has become of its plugins and data.
void make_current(Asked& asked, const Call& call, const Catalog& catalog) {
  const auto outcomes = read_outcomes(asked.experiment, asked.runs);
  Moves moves{named_moves(call), {}, asked.runs / asked.experiment.name};
  Complaints complaints;
  std::map<std::string, Stage> current;  // stages that trials share
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    Trial& trial = asked.experiment.trials[i];
    const Version& version = version_of(trial, asked.versions);
    moves.then = version.folder;
    for (std::size_t j = 0; j < trial.stages.size(); ++j) {
      if (outcomes[i].stages[j].status.state == "done") continue;
      auto [it, fresh] = current.try_emplace(trial.stages[j].id, trial.stages[j]);
      if (fresh) assay::make_current(it->second, moves, catalog, version.at, complaints);
      trial.stages[j] = it->second;
    }
  }
  complaints.throw_if_any();
}

int run_resume(const Call& call) {
  const Catalog catalog = catalog_of(call);
  auto all = experiments_of(call, catalog);
  for (auto& asked : all)
    if (!asked.is_manifest)
      make_current(asked, call, catalog);
    else if (call.own.count("data") != 0)
      throw UsageError("--data is for folders: in a manifest, change the path");
  return sweep(call, all, false);
}

void add_resume_flags(boost::program_options::options_description& flags) {
  flags.add_options()("data",
                      boost::program_options::value<Strings>()->composing()->value_name("OLD=NEW"),
                      "where data lies that has been moved: a file or folder; may be repeated");
  add_version_flag(flags);
  add_sweep_flags(flags);
}

}  // namespace

const Verb kResumeVerb{
    "resume",
    "Continue interrupted trials and retry failed ones.",
    "MANIFEST | RUN-FOLDER...",
    "  assay resume runs/quickstart                    all trials of an experiment\n"
    "  assay resume runs/quickstart/0f3a5c7712345678   one trial\n"
    "  assay resume runs/quickstart --data /old=/new   with data that was moved\n"
    "  assay resume experiments/quickstart.yaml        as `assay run`, and retries failed trials\n"
    "  assay resume runs/quickstart --launcher slurm   submit the unfinished trials to Slurm\n",
    run_resume,
    add_resume_flags};

}  // namespace assay::cli
