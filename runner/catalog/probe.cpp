// One worker for all files; it forks for each, and answers for each within ten seconds.
#include "runner/catalog/probe.h"

#include <boost/process.hpp>
#include <nlohmann/json.hpp>

#include "assay/error.h"

namespace assay {
namespace {

namespace bp = boost::process;
using Json = nlohmann::ordered_json;

std::string refused(const std::string& file, const std::string& why) {
  return Json{{"file", file}, {"refused", file + ": " + why}}.dump();
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
    bp::child child(bp::exe = worker.string(), bp::args = words, bp::std_out > out,
                    bp::std_err > bp::null, bp::std_in < bp::null);
    for (std::string line; std::getline(out, line);) {
      const auto json = Json::parse(line, nullptr, false);
      if (json.is_object() && json.contains("file")) answers[json["file"]] = line;
    }
    child.wait();
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kPlugin, worker.string() + " cannot be started: " + error.what() +
                                        "; it belongs beside `assay`");
  }
  for (const auto& file : files)
    if (!answers.contains(file.string()))
      answers[file.string()] = refused(file.string(), "the probe ended without a word on it");
  return answers;
}

}  // namespace assay
