// A shell script, as people on clusters know them: they may read it and run it by hand.
#include "runner/slurm/batch_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include "runner/catalog/load.h"

namespace fs = std::filesystem;

namespace assay {
namespace {

constexpr std::int64_t kMebibyte = 1 << 20;

// Signals are trapped before anything else is done. A signal ends `wait` early, and a child that
// has been waited for is not known (127) when it is waited for again.
constexpr const char* kScript = R"(#!/bin/sh
# Written by `assay --launcher slurm`: task k runs the trial on line k + 1 of `tasks`.
child= asked= interrupted=
forward() {{ asked=$1 interrupted=1; [ -z "$child" ] || kill -s "$1" "$child" 2>/dev/null; }}
trap 'forward USR1' USR1
trap 'forward TERM' TERM
{exports}task=${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID
assay={assay}
cd {experiment} || exit 1
folders=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" {submission}/tasks)
[ -n "$folders" ] || exit 1
echo "task $task on $(uname -n), restart ${{SLURM_RESTART_COUNT:-0}}: $folders"
"$assay" resume --launcher slurm-task --requeue-signal USR1 -j 1 {flags}{resume}$folders &
child=$! code=127
[ -z "$asked" ] || kill -s "$asked" "$child" 2>/dev/null
while :; do
  interrupted=
  wait "$child"
  last=$?
  [ "$last" = 127 ] && break
  code=$last
  [ -n "$interrupted" ] || break
done
# 138: the warning came before `assay` could take it.
if [ "$code" = 75 ] || {{ [ "$code" = 138 ] && [ "$asked" = USR1 ]; }}; then
  scontrol requeue "$task" || echo "cannot requeue task $task: submit it again" >&2
elif [ "$asked" != TERM ]; then
  flock {report} "$assay" report --quiet {flags}{experiment} >/dev/null
fi
exit "$code"
)";

std::string quoted(const std::string& text) {
  std::string answer = "'";
  for (const char c : text) answer += c == '\'' ? "'\\''" : std::string(1, c);
  return answer + "'";
}

// The script is not run where we are.
std::string absolute_path(const std::string& folders) {
  std::istringstream in(folders);
  std::string answer;
  for (std::string folder; std::getline(in, folder, ':');)
    if (!folder.empty()) answer += (answer.empty() ? "" : ":") + fs::absolute(folder).string();
  return answer;
}

std::string exports() {
  std::string text =
      fmt::format("export ASSAY_WORKER={}\n", quoted(fs::absolute(worker_program()).string()));
  if (const char* path = std::getenv("ASSAY_PLUGIN_PATH"); path != nullptr)
    text += fmt::format("export ASSAY_PLUGIN_PATH={}\n", quoted(absolute_path(path)));
  return text;
}

// Slurm reads %a and its like in the name of an output file.
std::string pattern(std::string text) {
  for (std::size_t at = 0; (at = text.find('%', at)) != std::string::npos; at += 2)
    text.insert(at, "%");
  return text;
}

}  // namespace

int cpus_of(const Limits& limits) {
  return std::max({1, limits.slurm.cpus > 0 ? limits.slurm.cpus : limits.threads});
}

std::string batch_script(const fs::path& submission, const TaskFlags& flags) {
  const auto experiment = submission.parent_path().parent_path();
  const auto joined = [](const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += quoted(word) + " ";
    return text;
  };
  return fmt::format(
      kScript, fmt::arg("exports", exports()),
      fmt::arg("assay", quoted(fs::read_symlink("/proc/self/exe").string())),
      fmt::arg("experiment", quoted(experiment.string())),
      fmt::arg("submission", quoted(submission.string())), fmt::arg("flags", joined(flags.all)),
      fmt::arg("resume", joined(flags.resume)),
      fmt::arg("report", quoted((submission.parent_path() / "report.lock").string())));
}

std::vector<std::string> sbatch_words(const Experiment& experiment, const fs::path& submission,
                                      std::size_t tasks, int at_once) {
  const SlurmLimits& slurm = experiment.limits.slurm;
  std::vector<std::string> words = {
      fmt::format("--array=0-{}{}", tasks - 1, at_once > 0 ? fmt::format("%{}", at_once) : ""),
      "--job-name=assay-" + experiment.name,
      "--output=" + pattern(submission.string()) + "/%a.txt",
      "--open-mode=append",
      "--requeue",
      fmt::format("--signal=B:USR1@{:.0f}", std::ceil(slurm.signal_before)),
      "--nodes=1",
      "--ntasks=1",
      fmt::format("--cpus-per-task={}", cpus_of(experiment.limits))};
  if (slurm.time > 0) words.push_back(fmt::format("--time={:.0f}", slurm.minutes()));
  if (slurm.memory > 0)
    words.push_back(fmt::format("--mem={}M", (slurm.memory + kMebibyte - 1) / kMebibyte));
  if (slurm.gpus > 0) words.push_back(fmt::format("--gres=gpu:{}", slurm.gpus));
  for (const auto& [name, value] :
       {std::pair("partition", slurm.partition), std::pair("account", slurm.account),
        std::pair("qos", slurm.qos)})
    if (!value.empty()) words.push_back(fmt::format("--{}={}", name, value));
  words.insert(words.end(), slurm.extra.begin(), slurm.extra.end());
  words.push_back((submission / "task.sh").string());
  return words;
}

}  // namespace assay
