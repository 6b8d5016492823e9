// Slurm's commands, and the one thing that is asked of each.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace assay::slurm {

/// A task of an array job that Slurm has not let go of yet.
struct Task {
  std::string job;               // "12_3", as scancel takes it
  std::size_t index = 0;         // within its array
  std::string state;             // PENDING, RUNNING, COMPLETING, ...
  std::string reason;            // why it waits, "None" where it does not
  std::filesystem::path script;  // as it was submitted
};

/// The array tasks of this user. Throws Error{kIo} where squeue is absent or fails.
std::vector<Task> queue();

/// sbatch with these words; returns the job's number. Throws Error{kIo} with sbatch's words.
std::string submit(const std::vector<std::string>& words);

/// Lets a job start that was submitted with --hold.
void release(const std::string& job);
/// Takes tasks out of the queue, whatever they are doing.
void cancel(const std::vector<std::string>& jobs);
/// SIGTERM to the scripts of running tasks: checkpoint and leave.
void terminate(const std::vector<std::string>& jobs);

}  // namespace assay::slurm
