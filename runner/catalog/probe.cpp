// One worker for all files; it forks for each, and answers for each within ten seconds.
#include "runner/catalog/probe.h"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "assay/error.h"
#include "runner/system/command.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;
using Answers = std::map<std::string, ProbeAnswer>;  // by file
using Files = std::vector<std::filesystem::path>;

// Nothing for a line that is no answer to anything that was asked.
std::optional<ProbeAnswer> read(const std::string& line) {
  const auto json = Json::parse(line, nullptr, false);
  const auto file = json.is_object() ? json.find("file") : json.end();
  if (!json.is_object() || file == json.end() || !file->is_string()) return {};
  try {
    return probe_answer_from_json(json);
  } catch (const std::exception& error) {
    const auto name = file->get<std::string>();
    return ProbeAnswer{
        .file = name,
        .refused = name + ": the output of the probe cannot be parsed: " + error.what()};
  }
}

// Throws where the worker could not start, with what it said of it, such as that LibTorch is
// missing.
void ask(const std::filesystem::path& worker, const Files& files, Answers& answers) {
  std::vector<std::string> words = {std::filesystem::absolute(worker).string(), "probe"};
  for (const auto& file : files) words.push_back(file.string());
  const auto said = run_command(std::move(words), kNoTimeLimit);
  if (!said) throw std::runtime_error(std::strerror(errno));
  std::istringstream lines(said->out);
  for (std::string line; std::getline(lines, line);)
    if (const auto answer = read(line)) answers[answer->file] = *answer;
  if (!answers.empty() || said->code == 0 || said->code > 128) return;  // above: by a signal
  const auto first = said->err.substr(0, said->err.find('\n'));
  throw std::runtime_error(first.empty() ? "it ended without a message" : first);
}

// A plugin that kills the worker that probes it takes the answers on those after it along: they
// are asked for once more, without it.
Files after_the_last_answer(const Files& files, const Answers& answers) {
  auto next = files.end();
  while (next != files.begin() && !answers.contains((next - 1)->string())) --next;
  if (next != files.end()) ++next;
  return {next, files.end()};
}

}  // namespace

std::vector<ProbeAnswer> probe_files(const std::filesystem::path& worker,
                                     const std::vector<std::filesystem::path>& files) {
  Answers answers;
  try {
    for (Files left = files; !left.empty(); left = after_the_last_answer(left, answers))
      ask(worker, left, answers);
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kPlugin,
                worker.string() + " cannot be started: " + error.what() +
                    "; it must be beside `assay`, with the LibTorch that it was "
                    "built with");
  }
  std::vector<ProbeAnswer> all;
  for (auto& [file, answer] : answers) all.push_back(std::move(answer));
  return all;
}

}  // namespace assay
