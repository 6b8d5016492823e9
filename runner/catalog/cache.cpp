// One JSON file in the user's cache folder.
#include "runner/catalog/cache.h"

#include <fstream>

#include "runner/files/file_system.h"
#include "runner/files/stamp.h"
#include "runner/system/user_folder.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

fs::path cache_file() {
  return user_folder("XDG_CACHE_HOME", ".cache") / "plugins.json";
}

}  // namespace

Cache::Cache(const fs::path& worker)
    : worker_(worker.string() + " " + stamp(worker)), entries_(Json::object()) {
  std::ifstream in(cache_file());
  auto read = in ? Json::parse(in, nullptr, false) : Json();
  if (read.is_object() && read.value("worker", "") == worker_ && read["plugins"].is_object())
    entries_ = std::move(read["plugins"]);
}

// One that is damaged is none.
std::optional<ProbeAnswer> Cache::find(const fs::path& file) const try {
  const auto it = entries_.find(file.string());
  if (it == entries_.end() || it->at("stamp") != stamp(file)) return {};
  return probe_answer_from_json(*it);
} catch (const std::exception&) {
  return {};
}

void Cache::put(const ProbeAnswer& answer, const std::string& stamp) {
  auto& entry = entries_[answer.file];
  entry = to_json(answer);
  entry["stamp"] = stamp;
}

void Cache::save() const {
  auto lasting = Json::object();
  for (const auto& [file, answer] : entries_.items())
    if (!answer.value("hung", false)) lasting[file] = answer;
  try {
    fs::create_directories(cache_file().parent_path());
    write_atomically(cache_file(), Json{{"worker", worker_}, {"plugins", lasting}}.dump());
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace assay
