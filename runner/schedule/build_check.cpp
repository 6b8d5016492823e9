#include "runner/schedule/build_check.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "assay/error.h"
#include "runner/catalog/load.h"
#include "runner/files/file_system.h"
#include "runner/files/hash.h"
#include "runner/files/plain.h"
#include "runner/schedule/job.h"
#include "runner/system/command.h"
#include "runner/system/user_folder.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr double kSeconds = 30;  // for one combination of components
constexpr const char* kNoAnswer = "no answer";
constexpr std::size_t kMostRemembered = 1000;

// Answers by what was asked. One that cannot be read or written is no error.
class Remembered {
 public:
  Remembered() : file_(user_folder("XDG_CACHE_HOME", ".cache") / "builds.json") {
    try {
      answers_ = Json::parse(read_file(file_));
    } catch (const std::exception&) {
      answers_ = Json::object();
    }
    if (!answers_.is_object() || answers_.size() > kMostRemembered) answers_ = Json::object();
  }
  std::optional<CheckAnswer> find(const std::string& key) const try {
    return check_answer_from_json(answers_.at(key));
  } catch (const std::exception&) {
    return {};
  }
  void put(const std::string& key, const CheckAnswer& answer) { answers_[key] = to_json(answer); }
  void save() const try {
    fs::create_directories(file_.parent_path());
    write_atomically(file_, answers_.dump());
  } catch (const std::exception&) {
  }

 private:
  fs::path file_;
  Json answers_;
};

struct Question {
  const Stage* stage;
  std::string job, key;
};

Question make_question(const Stage& stage, const Trial& trial,
                       const std::map<std::string, Spec>& components) {
  Job job = job_of(
      {}, trial, stage, [](const std::string&) { return "/"; }, 1);
  job.seed = 0;  // stages that differ in these alone are built alike
  job.stage = job.id = "";
  if (!job.subset.empty()) job.subset = "/";  // whatever is chosen
  job.components = components;
  auto data = stage.data;
  if (!components.contains("model")) {
    job.earlier.clear();
    job.weights = {};
  }
  for (auto& [name, earlier] : job.earlier) {
    earlier.subset = "";
    earlier.seed = 0;
    for (const auto& other : trial.stages)
      if (other.name == name) data.insert(other.data.begin(), other.data.end());
  }
  const auto line = write_job(job);
  return {&stage, line, sha256(line + Json(data).dump())};
}

// A file that is gone when nobody needs it any more.
class JobFile {
 public:
  explicit JobFile(const std::string& job) : path_(fs::temp_directory_path() / "assay-job-XXXXXX") {
    std::string name = path_.string();
    const int fd = ::mkstemp(name.data());
    if (fd < 0) fail_io(path_, "created", errno);
    ::close(fd);
    path_ = name;
    std::ofstream(path_) << job << '\n';
  }
  ~JobFile() { file_system().try_remove(path_); }
  JobFile(const JobFile&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// The answer of a worker of its own: a component that crashes costs no other answer.
CheckAnswer ask(const Question& question) try {
  const JobFile file(question.job);
  const auto said =
      run_command({worker_program().string(), "check", file.path().string()}, kSeconds);
  const int reason = errno;
  if (!said)
    return {.error_kind = kNoAnswer,
            .message = reason == ETIMEDOUT
                           ? fmt::format("building the components takes more than {} s", kSeconds)
                           : std::strerror(reason)};
  const auto json = Json::parse(said->out.substr(0, said->out.find('\n')), nullptr, false);
  if (json.is_object()) return check_answer_from_json(json);
  const auto words = fmt::format(
      "the worker ended with exit code {} while it built the components; "
      "it said: {}",
      said->code, trimmed(said->err));
  return {.error_kind = "crash", .message = plain(words)};
} catch (const std::exception& error) {  // no place for the file, say
  return {.error_kind = kNoAnswer, .message = error.what()};
}

// Whether the answer will be the same next time. What a component found elsewhere may change.
bool is_lasting(const CheckAnswer& answer) {
  return answer.error_kind.empty() || answer.error_kind == name_of(ErrorKind::kParameter) ||
         answer.error_kind == name_of(ErrorKind::kShape);
}

BuildChecks check_all(const std::vector<Question>& questions) {
  BuildChecks checks;
  Remembered remembered;
  std::set<std::string> seen;
  std::size_t asked = 0;
  for (const auto& one : questions) {
    if (!seen.insert(one.key).second) continue;
    ++checks.combinations;
    auto answer = remembered.find(one.key);
    if (!answer && ++asked <= kMostCombinations) {
      answer = ask(one);
      if (is_lasting(*answer)) remembered.put(one.key, *answer);
    }
    if (answer && answer->error_kind == kNoAnswer)
      checks.problem = answer->message;
    else if (answer)
      checks.done.push_back({one.stage, *answer});
  }
  if (asked > 0) remembered.save();
  return checks;
}

}  // namespace

BuildChecks check_builds(const Experiment& experiment, StagesToBuild which) {
  std::vector<Question> questions;
  for (const auto& trial : experiment.trials)
    for (const auto& stage : trial.stages)
      if (which == StagesToBuild::kAll || !stage.after.empty())
        questions.push_back(make_question(stage, trial, stage.components));
  return check_all(questions);
}

bool is_mistake(const CheckAnswer& answer) {
  // A label that is no column is a mistake of the manifest as much as a parameter.
  for (const auto kind :
       {ErrorKind::kParameter, ErrorKind::kData, ErrorKind::kShape, ErrorKind::kPlugin})
    if (answer.error_kind == name_of(kind)) return true;
  return false;
}

Diagnostic locate(const BuildCheck& check, const Experiment& experiment) {
  const auto& path = check.answer.error_path;
  const auto* place = place_of(*check.stage, path.empty() ? "procedure" : path);
  if (place == nullptr) place = place_of(*check.stage, "procedure");  // of what is only implied
  return {place == nullptr ? Location{experiment.source->file.string(), 1, 1} : *place,
          check.answer.message};
}

BuildChecks check_tables(const Experiment& experiment, const Catalog& catalog) {
  std::vector<Question> questions;
  for (const auto& trial : experiment.trials)
    for (const auto& stage : trial.stages) {
      const auto it = stage.components.find("dataset");
      if (it == stage.components.end()) continue;
      const auto* info = catalog.find("dataset", it->second.use);
      if (info != nullptr && info->has("Table"))
        questions.push_back(make_question(stage, trial, {*it}));
    }
  return check_all(questions);
}

}  // namespace assay
