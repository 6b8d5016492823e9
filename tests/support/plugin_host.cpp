// Plain dlopen: the checks of the product's loader have tests of their own.
#include "tests/support/plugin_host.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace assay::testing {
namespace {

Registry load_all() {
  const char* build = std::getenv("ASSAY_BUILD");
  if (build == nullptr)
    throw std::runtime_error("ASSAY_BUILD is not set: run the tests with ctest");
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(build) / "plugins"))
    if (entry.path().extension() == ".so") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  Registry registry;
  for (const auto& file : files) {
    void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed, like the product
    if (library == nullptr) throw std::runtime_error(dlerror());
    using Register = void (*)(Registry&);
    reinterpret_cast<Register>(dlsym(library, "assay_register"))(registry);
  }
  return registry;
}

}  // namespace

const Registry& plugins() {
  static const Registry registry = load_all();
  return registry;
}

}  // namespace assay::testing
