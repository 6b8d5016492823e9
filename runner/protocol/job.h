// Job: what the front end asks one worker to do, a line on its standard input.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "assay/value.h"
#include "runner/protocol/initial_weights.h"

namespace assay {

/// How a stage before this one built its model.
struct EarlierStage {
  std::map<std::string, Spec> components = {};  // `dataset` and `model`
  std::int64_t seed = 0;
  std::map<std::string, std::filesystem::path> after = {};    // stage -> run folder
  std::filesystem::path subset = {};                          // as Job::subset
  std::map<std::filesystem::path, std::string> plugins = {};  // as Job::plugins, beside those
};

struct Job {
  std::filesystem::path dir;  // the run folder; all paths are absolute
  std::string name, stage, id;
  std::int64_t seed = 0;
  std::string device;
  int threads = 1;
  bool adapt_threads = false;  // use fewer if a step has little work
  bool deterministic = true;
  std::map<std::string, Spec> components;                // by kind
  std::map<std::string, EarlierStage> earlier = {};      // whose models are read, by name
  std::map<std::filesystem::path, std::string> plugins;  // -> build id
  std::map<std::filesystem::path, Strings> hidden;       // plugin -> its kind/name not to register
  std::map<std::string, std::string> core;               // as core_builds()
  std::map<std::string, std::filesystem::path> after;    // stage -> run folder
  InitialWeights weights;                                // its stage is one of `after`
  std::filesystem::path subset;                          // a run folder, or empty
  double checkpoint_every = 60;                          // seconds
  std::int64_t memory = 0;                               // bytes above the start, 0: no limit
};

std::string write_job(const Job& job);  // without a line end
/// Throws Error{kCorrupt} for what write_job() does not write.
Job read_job(const std::string& line);

}  // namespace assay
