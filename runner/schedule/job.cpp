#include "runner/schedule/job.h"

namespace assay {

Job job_of(const Experiment& experiment, const Stage& stage, const std::filesystem::path& dir,
           const std::map<std::string, std::filesystem::path>& after, int threads) {
  Job job;
  job.dir = std::filesystem::absolute(dir);
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
  for (const auto& [name, path] : after) job.after[name] = std::filesystem::absolute(path);
  job.weights = stage.weights;
  if (!stage.subset.empty()) job.subset = job.after.at(stage.subset);
  job.checkpoint_every = experiment.limits.checkpoint_every;
  job.memory = experiment.limits.memory;
  return job;
}

}  // namespace assay
