// Files to components: remembered answers first, one probe for the rest.
#include "runner/catalog/load.h"

#include <sys/stat.h>

#include <algorithm>

#include "core/src/value_json.h"
#include "runner/catalog/cache.h"
#include "runner/catalog/probe.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::vector<fs::path> plugin_files(const std::vector<fs::path>& folders) {
  std::vector<fs::path> files;
  for (const auto& folder : folders) {
    std::vector<fs::path> here;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".so") here.push_back(entry.path());
    std::sort(here.begin(), here.end());
    files.insert(files.end(), here.begin(), here.end());
  }
  return files;
}

// Whoever can write a plugin can run code as its user.
bool writable_by_others(const fs::path& path) {
  struct stat s = {};
  return ::stat(path.c_str(), &s) == 0 && (s.st_mode & S_IWOTH) != 0 && (s.st_mode & S_ISVTX) == 0;
}

ComponentInfo component_of(const Json& json, const std::string& file, const std::string& build) {
  ComponentInfo info{json.at("kind"), json.at("name"), json.at("doc"), file, build, {}, {}};
  for (const auto& field : json.at("fields")) info.fields.push_back(field_from_json(field));
  info.needs = json.at("needs").get<Strings>();
  return info;
}

void add(Catalog& catalog, const std::string& file, const Json& answer) try {
  if (answer.contains("refused")) {
    catalog.refused.push_back({file, answer["refused"]});
    return;
  }
  std::vector<ComponentInfo> found;
  for (const auto& json : answer.at("components")) {
    found.push_back(component_of(json, file, answer.at("build")));
    if (const auto* other = catalog.find(found.back().kind, found.back().name)) {
      catalog.refused.push_back({file, file + ": offers " + other->kind + " `" + other->name +
                                           "`, which " + other->plugin +
                                           " offers already; remove one of them"});
      return;
    }
  }
  catalog.components.insert(catalog.components.end(), found.begin(), found.end());
} catch (const std::exception& error) {
  catalog.refused.push_back({file, file + ": the probe's answer cannot be read: " + error.what()});
}

void learn(Cache& cache, const fs::path& worker, const std::vector<fs::path>& files) {
  for (const auto& [file, text] : probe_files(worker, files)) cache.put(file, Json::parse(text));
  if (!files.empty()) cache.save();
}

// A probe that was killed says nothing of the plugin: nothing is remembered then.
Json answer_on(const fs::path& file, const Cache& cache) {
  if (const auto* answer = cache.find(file)) return *answer;
  return {
      {"file", file.string()},
      {"refused", file.string() + ": its probe was ended from outside, or memory ran out; it is "
                                  "asked again next time"}};
}

}  // namespace

std::vector<Json> check_plugins(const std::vector<fs::path>& files) {
  const auto worker = worker_program();
  Cache cache(worker);
  learn(cache, worker, files);
  std::vector<Json> answers;
  for (const auto& file : files) answers.push_back(answer_on(file, cache));
  return answers;
}

Catalog load_catalog(const std::vector<fs::path>& first) {
  const auto folders = search_path(first);
  const auto worker = worker_program();
  Catalog catalog;
  for (const auto& folder : folders) catalog.folders.push_back(folder.string());
  std::vector<fs::path> files, unknown;
  Cache cache(worker);
  for (const auto& file : plugin_files(folders)) {
    if (writable_by_others(file) || writable_by_others(file.parent_path())) {
      catalog.refused.push_back(
          {file.string(), file.string() + ": it, or its folder, can be written by anybody; "
                                          "take that right away with chmod o-w"});
      continue;
    }
    files.push_back(file);
    if (cache.find(file) == nullptr) unknown.push_back(file);
  }
  learn(cache, worker, unknown);
  for (const auto& file : files) add(catalog, file.string(), answer_on(file, cache));
  std::sort(catalog.components.begin(), catalog.components.end(), [](const auto& a, const auto& b) {
    return std::tie(a.kind, a.name) < std::tie(b.kind, b.name);
  });
  return catalog;
}

}  // namespace assay
