// An experiment made by hand, run by tests/support/fake_worker.py.
#pragma once

#include <stdlib.h>

#include <fstream>

#include <nlohmann/json.hpp>

#include "runner/schedule/schedule.h"
#include "tests/support/shell.h"

namespace assay::testing {

/// Remembers what the scheduler said.
class Memory final : public Observer {
 public:
  void progress(const Progress& now) override { units.push_back(now.unit); }
  void stage_ended(const Trial&, const StageOutcome& stage) override {
    ended.push_back(stage.name);
  }
  void note(const std::string& text) override { notes.push_back(text); }

  std::vector<std::int64_t> units;
  std::vector<std::string> ended, notes;
};

class Sweep {
 public:
  Sweep() {
    const char* source = getenv("ASSAY_SOURCE");
    setenv("ASSAY_WORKER", (std::string(source) + "/tests/support/fake_worker.py").c_str(), 1);
    experiment.name = "fake";
    const std::string text = "assay: 1\nname: fake\n";
    experiment.source =
        std::make_shared<const Source>(Source{folder.path() / "fake.yaml", text, text, {}});
    experiment.limits.workers = 2;
    options.runs = folder.path() / "runs";
  }

  /// An id that looks like one: the name, then zeros.
  static std::string id_of(const std::string& name) {
    return name + std::string(64 - name.size(), '0');
  }

  static Stage stage(const std::string& name, const std::string& act, std::int64_t units = 3) {
    Stage one;
    one.id = id_of(name);
    one.name = name;
    one.components["procedure"] = {"fake", {{"act", act}, {"units", units}}};
    return one;
  }

  /// A trial of one stage that has the trial's name.
  void add(const std::string& name, const std::string& act, std::int64_t units = 3) {
    add({stage(name, act, units)});
  }
  void add(std::vector<Stage> stages) {
    Trial trial;
    trial.id = stages.back().id;
    trial.seed = static_cast<std::int64_t>(experiment.trials.size());
    for (auto& one : stages) one.seed = trial.seed;
    trial.stages = std::move(stages);
    trial.source = experiment.source;
    experiment.trials.push_back(std::move(trial));
  }

  std::vector<TrialOutcome> run() { return schedule(experiment, options, memory, signal); }

  std::filesystem::path dir(const std::string& name) const {
    return options.runs / "fake" / id_of(name).substr(0, 16);
  }
  /// What the fake worker wrote down of its job.
  nlohmann::json job(const std::string& name) const {
    return nlohmann::json::parse(slurp(dir(name) / "job.json"));
  }

  Folder folder;
  Experiment experiment;
  ScheduleOptions options;
  Memory memory;
  int signal = 0;
};

}  // namespace assay::testing
