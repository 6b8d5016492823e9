// One worker for all files; it forks for each, and answers for each within ten seconds.
#include "runner/catalog/probe.h"

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

}  // namespace

std::map<std::string, std::string> probe_files(const std::filesystem::path& worker,
                                               const std::vector<std::filesystem::path>& files) {
  std::map<std::string, std::string> answers;
  if (files.empty()) return answers;
  std::vector<std::string> words = {"probe"};
  for (const auto& file : files) words.push_back(file.string());
  try {
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
    if (answers.empty() && child.exit_code() != 0) throw std::runtime_error(first_line(*errors));
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kPlugin, worker.string() + " cannot be started: " + error.what() +
                                        "; it belongs beside `assay`, with the LibTorch it was "
                                        "built with");
  }
  return answers;
}

}  // namespace assay
