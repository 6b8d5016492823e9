// Where plugins are looked for. A manifest has no say in it.
#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "assay/error.h"
#include "runner/catalog/load.h"
#include "runner/system/user_folder.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

fs::path program_folder() {
  return fs::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace

std::vector<fs::path> search_path(const std::vector<fs::path>& first, bool safe) {
  std::vector<fs::path> folders;
  const auto add = [&](const fs::path& folder) {
    std::error_code none;
    const auto whole = fs::canonical(folder, none);
    if (!none && fs::is_directory(whole) &&
        std::find(folders.begin(), folders.end(), whole) == folders.end())
      folders.push_back(whole);
  };
  const auto own = [&] {
    add(program_folder() / ".." / ASSAY_LIBDIR / "assay" / "plugins");  // installed
    add(program_folder() / ".." / "plugins");                           // a build folder
    return folders;
  };
  if (safe) return own();
  for (const auto& folder : first) {
    if (!fs::is_directory(folder))
      throw Error(ErrorKind::kPlugin,
                  folder.string() + ": is not a folder; --plugins takes a folder of .so files");
    add(folder);
  }
  std::istringstream listed(variable("ASSAY_PLUGIN_PATH"));
  for (std::string folder; std::getline(listed, folder, ':');)
    if (!folder.empty()) add(folder);
  add(user_folder("XDG_DATA_HOME", ".local/share") / "plugins");
  return own();
}

fs::path worker_program() {
  const auto told = variable("ASSAY_WORKER");
  return told.empty() ? program_folder() / "assay-worker" : fs::path(told);
}

}  // namespace assay
