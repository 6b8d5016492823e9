// One worker for all files; it forks for each, and answers for each within ten seconds.
#include "runner/catalog/probe.h"

#include <sys/wait.h>

#include <boost/process.hpp>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>
#include <stdexcept>

#include "assay/error.h"

namespace assay {
namespace {

namespace bp = boost::process;
using Json = nlohmann::ordered_json;

// What a worker that could not start said of it, such as that LibTorch is not there.
std::string first_line(std::FILE& file) {
  char line[512] = {};
  std::rewind(&file);
  if (std::fgets(line, sizeof line, &file) == nullptr) return "it ends without a word";
  std::string text = line;
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

using Answers = std::map<std::string, std::string>;
using Files = std::vector<std::filesystem::path>;

// Throws where the worker could not start.
void ask(const std::filesystem::path& worker, const Files& files, Answers& answers) {
  std::vector<std::string> words = {"probe"};
  for (const auto& file : files) words.push_back(file.string());
  bp::ipstream out;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> errors(std::tmpfile(), std::fclose);
  if (!errors) throw std::runtime_error("no temporary file can be made");
  bp::child child(bp::exe = worker.string(), bp::args = words, bp::std_out > out,
                  bp::std_err > errors.get(), bp::std_in < bp::null);
  for (std::string line; std::getline(out, line);) {
    const auto json = Json::parse(line, nullptr, false);
    if (json.is_object() && json.contains("file")) answers[json["file"]] = line;
  }
  child.wait();
  const int status = child.native_exit_code();
  if (answers.empty() && WIFEXITED(status) && WEXITSTATUS(status) != 0)
    throw std::runtime_error(first_line(*errors));
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

std::map<std::string, std::string> probe_files(const std::filesystem::path& worker,
                                               const std::vector<std::filesystem::path>& files) {
  Answers answers;
  try {
    for (Files left = files; !left.empty(); left = after_the_last_answer(left, answers))
      ask(worker, left, answers);
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kPlugin, worker.string() + " cannot be started: " + error.what() +
                                        "; it belongs beside `assay`, with the LibTorch it was "
                                        "built with");
  }
  return answers;
}

}  // namespace assay
