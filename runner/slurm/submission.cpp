// Slurm tells each job's script, and the script's folder tells the rest: no number is kept that a
// kill between sbatch and a file could lose.
#include "runner/slurm/submission.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

#include "runner/files/file_system.h"

namespace fs = std::filesystem;

namespace assay {
namespace {

// Whether a task with these run folders runs all that is left of a trial.
bool covers(const std::set<std::string>& folders, const TrialOutcome& trial) {
  return std::all_of(trial.stages.begin(), trial.stages.end(), [&](const auto& stage) {
    return stage.status.state == RunState::kDone || folders.contains(stage.dir.filename().string());
  });
}

std::vector<std::set<std::string>> lines_of(const fs::path& file) {
  std::vector<std::set<std::string>> all;
  std::istringstream text(read_file(file));
  for (std::string line; std::getline(text, line);) {
    std::istringstream words(line);
    auto& folders = all.emplace_back();
    for (std::string word; words >> word;) folders.insert(word);
  }
  return all;
}

}  // namespace

fs::path submissions_of(const fs::path& folder) {
  return folder / "slurm";
}

std::vector<SubmittedTask> submitted_tasks(const fs::path& folder) {
  std::vector<SubmittedTask> answer;
  std::error_code error;
  const auto ours = fs::canonical(submissions_of(folder), error);
  if (error) return answer;  // nothing was ever submitted
  std::map<fs::path, std::vector<std::set<std::string>>> known;
  for (auto& task : slurm::queue()) {
    const auto submission = task.script.parent_path();
    if (submission.parent_path() != ours || !fs::exists(submission / "tasks")) continue;
    auto [it, fresh] = known.try_emplace(submission);
    if (fresh) it->second = lines_of(submission / "tasks");
    if (task.index < it->second.size()) answer.push_back({std::move(task), it->second[task.index]});
  }
  return answer;
}

int last_submission(const fs::path& folder) {
  int last = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(submissions_of(folder), error))
    last = std::max(last, std::atoi(entry.path().filename().c_str()));
  return last;
}

std::optional<fs::path> last_output_of(const TrialOutcome& trial, const fs::path& folder) {
  for (int n = last_submission(folder); n > 0; --n) {
    const auto submission = submissions_of(folder) / std::to_string(n);
    if (!fs::exists(submission / "tasks")) continue;
    const auto lines = lines_of(submission / "tasks");
    for (std::size_t k = 0; k < lines.size(); ++k)
      if (const auto file = submission / fmt::format("{}.txt", k);
          covers(lines[k], trial) && fs::exists(file))
        return file;
  }
  return {};
}

const SubmittedTask* submitted_task_of(const TrialOutcome& trial,
                                       const std::vector<SubmittedTask>& all) {
  if (trial.state == RunState::kDone) return nullptr;
  const auto it = std::find_if(
      all.begin(), all.end(), [&](const SubmittedTask& one) { return covers(one.folders, trial); });
  return it == all.end() ? nullptr : &*it;
}

}  // namespace assay
