// Files to components: remembered answers first, one probe for the rest.
#include "runner/catalog/load.h"

#include <algorithm>
#include <map>

#include "assay/error.h"
#include "runner/catalog/cache.h"
#include "runner/catalog/probe.h"
#include "runner/catalog/quarantine.h"
#include "runner/files/build_id.h"
#include "runner/files/rights.h"
#include "runner/files/stamp.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> plugin_files(const std::vector<fs::path>& folders, Catalog& catalog) {
  std::vector<fs::path> files;
  for (const auto& folder : folders) {
    std::vector<fs::path> here;
    std::error_code error;
    const fs::directory_iterator entries(folder, error);
    if (error)
      catalog.refused.push_back({folder.string(), folder.string() +
                                                      ": cannot be listed: " + error.message() +
                                                      "; remove it from the search path"});
    for (const auto& entry : entries)
      if (entry.path().extension() == ".so") here.push_back(entry.path());
    std::sort(here.begin(), here.end());
    files.insert(files.end(), here.begin(), here.end());
  }
  return files;
}

// Whoever can write a plugin, or put another in its place, can run code as its user.
std::string open_to_all_at(const fs::path& file) {
  const auto why = open_to_all(file);
  return why.empty() ? open_to_all(file.parent_path()) : why;
}

void add(Catalog& catalog, const ProbeAnswer& answer) {
  const auto& file = answer.file;
  if (!answer.refused.empty()) {
    catalog.refused.push_back({file, answer.refused});
    return;
  }
  std::vector<ComponentInfo> fresh;
  for (const auto& one : answer.components) {
    const auto* other = catalog.find(one.kind, one.name);
    if (other == nullptr) {
      fresh.push_back(one);
      continue;
    }
    catalog.hidden.push_back({one.kind, one.name, file});
    catalog.warnings.push_back(one.kind + " `" + one.name + "` is taken from " + other->plugin +
                               ", which comes first on the search path; " + file +
                               " has one of the same name, which is not used: rename one of them");
  }
  if (fresh.empty())
    catalog.refused.push_back(
        {file, file + ": registers nothing that other plugins before it do not register already; "
                      "remove it, or rename its components"});
  catalog.components.insert(catalog.components.end(), fresh.begin(), fresh.end());
}

// One that crashed is not to be tried again, not even by the next worker or with an empty cache.
bool isolate(const ProbeAnswer& answer, Quarantine& quarantine) try {
  const auto prefix = answer.file + ": ";
  const auto& reason = answer.refused;
  quarantine.put(answer.file, reason.starts_with(prefix) ? reason.substr(prefix.size()) : reason,
                 {});
  return true;
} catch (
    const std::exception&) {  // the state folder cannot be written: the cache remembers it, for now
  return false;
}

void learn(Cache& cache, Quarantine& quarantine, const fs::path& worker,
           const std::vector<fs::path>& files) {
  std::map<std::string, std::string> stamps;
  for (const auto& file : files) stamps[file.string()] = stamp(file);
  for (const auto& answer : probe_files(worker, files)) {
    // Not in the cache too: once released it is to be probed.
    if (answer.crashed && isolate(answer, quarantine)) continue;
    cache.put(answer, stamps[answer.file]);
  }
  if (!files.empty()) cache.save();
}

// A probe that was killed says nothing of the plugin: nothing is remembered then.
ProbeAnswer answer_on(const fs::path& file, const Cache& cache) {
  if (const auto answer = cache.find(file)) return *answer;
  return {.file = file,
          .refused = file.string() +
                     ": its probe was killed, or memory ran out; Assay probes it "
                     "again next time"};
}

}  // namespace

std::vector<ProbeAnswer> check_plugins(const std::vector<fs::path>& files) {
  const auto worker = worker_program();
  Cache cache(worker);
  Quarantine quarantine;
  std::vector<fs::path> asked;
  for (const auto& file : files)
    if (!quarantine.find(file) && open_to_all_at(file).empty()) asked.push_back(file);
  learn(cache, quarantine, worker, asked);
  std::vector<ProbeAnswer> answers;
  for (const auto& file : files) {
    if (const auto entry = quarantine.find(file))
      answers.push_back({.file = file, .refused = entry->sentence()});
    else if (const auto why = open_to_all_at(file); !why.empty())
      answers.push_back({.file = file, .refused = why});
    else
      answers.push_back(answer_on(file, cache));
  }
  return answers;
}

Strings last_known_components(const fs::path& file) {
  Strings names;
  if (const auto answer = Cache(worker_program()).find(file))
    for (const auto& one : answer->components) names.push_back(one.kind + "/" + one.name);
  return names;
}

Catalog load_catalog(const std::vector<fs::path>& first, bool safe) {
  const auto folders = search_path(first, safe);
  const auto worker = worker_program();
  Catalog catalog;
  catalog.core = core_builds(worker);
  for (const auto& folder : folders) catalog.folders.push_back(folder.string());
  std::vector<fs::path> files, unknown;
  Cache cache(worker);
  Quarantine quarantine;
  if (const auto& problem = quarantine.problem(); !problem.empty())
    catalog.warnings.push_back(problem);
  for (const auto& file : plugin_files(folders, catalog)) {
    if (const auto why = open_to_all_at(file); !why.empty()) {
      catalog.refused.push_back({file.string(), why});
      continue;
    }
    files.push_back(file);
    if (!quarantine.find(file) && !cache.find(file)) unknown.push_back(file);
  }
  learn(cache, quarantine, worker, unknown);
  for (const auto& file : files) {
    if (const auto entry = quarantine.find(file))
      catalog.refused.push_back({entry->file, entry->sentence(), entry->components, true});
    else
      add(catalog, answer_on(file, cache));
  }
  std::sort(catalog.components.begin(), catalog.components.end(), [](const auto& a, const auto& b) {
    return std::tie(a.kind, a.name) < std::tie(b.kind, b.name);
  });
  return catalog;
}

}  // namespace assay
