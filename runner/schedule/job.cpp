#include "runner/schedule/job.h"

#include <algorithm>

namespace assay {
namespace {

namespace fs = std::filesystem;

std::map<std::string, fs::path> folders_after(const Stage& stage, const FolderOf& folder_of) {
  std::map<std::string, fs::path> after;
  for (const auto& [name, id] : stage.after) after[name] = fs::absolute(folder_of(id));
  return after;
}

// How the stages whose models `stage` reads built these. Their plugins are loaded if a model is
// built again: weights are read without them.
void add_earlier(const Trial& trial, const Stage& stage, const FolderOf& folder_of, Job& job) {
  for (const auto& name : stage.models) {
    const auto& id = stage.after.at(name);
    const auto other = std::find_if(trial.stages.begin(), trial.stages.end(),
                                    [&](const Stage& one) { return one.id == id; });
    if (other == trial.stages.end() || job.earlier.contains(name)) continue;
    EarlierStage& earlier = job.earlier[name];
    for (const char* kind : {"dataset", "model"})
      if (const auto it = other->components.find(kind); it != other->components.end())
        earlier.components.insert(*it);
    earlier.seed = other->seed;
    earlier.after = folders_after(*other, folder_of);
    if (!other->subset.empty()) earlier.subset = earlier.after.at(other->subset);
    earlier.plugins = {other->plugins.begin(), other->plugins.end()};
    job.hidden.insert(other->hidden.begin(), other->hidden.end());
    add_earlier(trial, *other, folder_of, job);
  }
}

}  // namespace

Job job_of(const Experiment& experiment, const Trial& trial, const Stage& stage,
           const FolderOf& folder_of, int threads) {
  Job job;
  job.dir = fs::absolute(folder_of(stage.id));
  job.name = experiment.name;
  job.stage = stage.name;
  job.id = stage.id;
  job.seed = stage.seed;
  job.device = stage.device;
  job.threads = threads;
  job.adapt_threads = experiment.limits.threads == 0;
  job.deterministic = stage.deterministic;
  job.components = stage.components;
  job.plugins = {stage.plugins.begin(), stage.plugins.end()};
  job.hidden = {stage.hidden.begin(), stage.hidden.end()};
  job.core = stage.core;
  job.after = folders_after(stage, folder_of);
  job.weights = stage.weights;
  if (!stage.subset.empty()) job.subset = job.after.at(stage.subset);
  add_earlier(trial, stage, folder_of, job);
  job.checkpoint_every = experiment.limits.checkpoint_every;
  job.memory = experiment.limits.memory;
  return job;
}

}  // namespace assay
