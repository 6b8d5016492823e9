// The launcher for Slurm: one array job for the trials that are not done.
#pragma once

#include "runner/schedule/schedule.h"
#include "runner/slurm/batch_script.h"

namespace assay {

struct Submitted {
  std::string job;            // Slurm's number of the array, "" where there was nothing to submit
  std::size_t tasks = 0;      // trials in it
  std::size_t there = 0;      // trials that Slurm had already
  std::filesystem::path log;  // folder of the tasks' output
};

/// Writes the run folders of what is to be run and calls sbatch. The tasks get `flags`, and the
/// limits of the experiment. Throws Error{kBusy} while a front end runs the experiment by itself,
/// Error{kIo} where Slurm refuses.
Submitted submit(Experiment experiment, const ScheduleOptions& options, const TaskFlags& flags);

}  // namespace assay
