// One JSON file in the user's state folder, read whole and replaced whole.
#include "runner/catalog/quarantine.h"

#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "assay/error.h"
#include "runner/files/file_system.h"
#include "runner/files/run_folder.h"
#include "runner/files/stamp.h"
#include "runner/system/user_folder.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
constexpr double kPatience = 5;  // seconds, for another front end that writes the list

fs::path list_file() {
  return user_folder("XDG_STATE_HOME", ".local/state") / "quarantine.json";
}

Json read_list() {
  const auto file = list_file();
  std::error_code none;
  if (!fs::exists(file, none)) return Json::object();
  auto list = Json::parse(read_file(file), nullptr, false);
  if (!list.is_object())
    throw Error(ErrorKind::kCorrupt,
                file.string() +
                    ": is not a quarantine list; repair it, or remove it to release all plugins");
  return list;
}

Quarantined entry_of(const std::string& file, const Json& json) {
  return {file, json.value("reason", ""), json.value("since", ""),
          json.value("components", Strings())};
}

}  // namespace

std::string Quarantined::sentence() const {
  return fmt::format(
      "{}: is in quarantine since {}: {}; rebuild it, or release it with `assay plugin release "
      "{}`",
      file, since, reason, file);
}

Quarantine::Quarantine() {
  try {
    const auto list = read_list();
    for (const auto& [file, json] : list.items())
      if (json.is_object() && json.value("stamp", "") == stamp(file))
        entries_.push_back(entry_of(file, json));
  } catch (const std::exception& error) {
    problem_ = error.what();
  }
}

std::optional<Quarantined> Quarantine::find(const fs::path& file) const {
  for (const auto& entry : entries_)
    if (entry.file == file.string()) return entry;
  return {};
}

void Quarantine::change(const std::string& file, const Json* entry) {
  const auto folder = list_file().parent_path();
  std::error_code none;
  fs::create_directories(folder, none);
  const FolderLock lock(folder, kPatience);
  auto list = read_list();
  list.erase(file);
  if (entry != nullptr) list[file] = *entry;
  write_atomically(list_file(), list.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void Quarantine::put(const fs::path& file, const std::string& reason, Strings components) {
  const Json entry{{"stamp", stamp(file)},
                   {"reason", reason},
                   {"since", fmt::format("{:%Y-%m-%d %H:%M}", fmt::localtime(std::time(nullptr)))},
                   {"components", components}};
  change(file.string(), &entry);
  entries_.push_back(entry_of(file.string(), entry));
}

bool Quarantine::release(const fs::path& file) {
  if (!find(file)) return false;
  change(file.string(), nullptr);
  std::erase_if(entries_, [&](const auto& entry) { return entry.file == file.string(); });
  return true;
}

}  // namespace assay
