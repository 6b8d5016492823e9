// Each command is started without a shell, so no name can be taken for one.
#include "runner/slurm/slurm.h"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

#include "assay/error.h"
#include "runner/system/command.h"

namespace assay::slurm {
namespace {

constexpr double kSeconds = 60;  // a busy controller takes its time

std::string ask(const std::vector<std::string>& words) {
  const auto answer = run_command(words, kSeconds);
  if (!answer)
    throw Error(ErrorKind::kIo, fmt::format("{} cannot be run, or did not answer within {:.0f} s: "
                                            "run `assay` on a machine that can submit to Slurm",
                                            words[0], kSeconds));
  if (answer->code != 0)
    throw Error(ErrorKind::kIo, fmt::format("{} failed with code {}: {}", words[0], answer->code,
                                            trimmed(answer->err)));
  return answer->out;
}

std::string field(std::istringstream& line) {
  std::string text;
  std::getline(line, text, '|');
  return text;
}

bool number(const std::string& text, std::size_t& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc() && end == text.data() + text.size();
}

void signal(std::vector<std::string> words, const std::vector<std::string>& jobs) {
  if (jobs.empty()) return;
  words.insert(words.end(), jobs.begin(), jobs.end());
  // A task that has ended in the meantime is a failure to scancel, and none to us.
  if (!run_command(words, kSeconds))
    throw Error(ErrorKind::kIo, "scancel cannot be run, or did not answer in time");
}

}  // namespace

std::vector<Task> queue() {
  std::istringstream lines(
      ask({"squeue", "--me", "--array", "--noheader", "--format=%F|%K|%T|%r|%o"}));
  std::vector<Task> all;
  for (std::string text; std::getline(lines, text);) {
    std::istringstream line(text);
    Task task;
    const auto array = field(line), index = field(line);
    task.state = field(line);
    task.reason = field(line);
    std::string script;
    std::getline(line, script);
    if (!number(index, task.index)) continue;  // no array
    task.job = array + "_" + index;
    task.script = trimmed(script);
    all.push_back(std::move(task));
  }
  return all;
}

std::string submit(const std::vector<std::string>& words) {
  std::vector<std::string> all = {"sbatch", "--parsable"};
  all.insert(all.end(), words.begin(), words.end());
  const auto answer = trimmed(ask(all));
  return answer.substr(0, answer.find(';'));  // what follows is the cluster
}

void release(const std::string& job) {
  ask({"scontrol", "release", job});
}

void cancel(const std::vector<std::string>& jobs) {
  signal({"scancel"}, jobs);
}

void terminate(const std::vector<std::string>& jobs) {
  signal({"scancel", "--batch", "--signal=TERM"}, jobs);
}

}  // namespace assay::slurm
