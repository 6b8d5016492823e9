// What is written for sbatch: the script that every task runs, and the words of the command line.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/manifest/trial.h"

namespace assay {

/// What the calls of `assay` in a script are given.
struct TaskFlags {
  std::vector<std::string> all;     // each of them: the search path of plugins
  std::vector<std::string> resume;  // that which runs the trial
};

/// `submission` is the folder of the script and of `tasks`, two below the experiment's.
std::string batch_script(const std::filesystem::path& submission, const TaskFlags& flags);

/// For `tasks` tasks, `at_once` at a time (0: as many as there is room for).
std::vector<std::string> sbatch_words(const Experiment& experiment,
                                      const std::filesystem::path& submission, std::size_t tasks,
                                      int at_once);

/// CPUs of a task.
int cpus_of(const Limits& limits);

}  // namespace assay
