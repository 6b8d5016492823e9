// The plugin's border: everything a file can do wrong in form is found here.
#include "runner/worker/plugin_loader.h"

#include <algorithm>
#include <exception>

#include <boost/dll/shared_library.hpp>

#include "runner/worker/left_running.h"
#include "runner/worker/plugin_file.h"
#include "runner/worker/process_state.h"

namespace assay {
namespace {

namespace dll = boost::dll;

dll::shared_library& open(const std::filesystem::path& file) {
  try {
    // Leaked on purpose: a LibTorch plugin that is unloaded takes the process with it.
    return *new dll::shared_library(file.string(),
                                    dll::load_mode::rtld_now | dll::load_mode::rtld_local);
  } catch (const boost::system::system_error& error) {
    refuse_plugin(std::string("cannot be loaded: ") + error.what() +
                  "; rebuild it against this Assay");
  } catch (...) {
    // A static constructor threw through the dynamic loader, which is left locked. Whether such an
    // exception arrives here depends on the optimizer, so it always ends the process.
    std::terminate();
  }
}

// Registers into a list of its own first, so that a plugin that fails half-way leaves nothing.
void enter(dll::shared_library& library, Registry& registry, const Strings& hidden) {
  if (!library.has("assay_register"))
    refuse_plugin("has no assay_register; end it with ASSAY_PLUGIN(registry) { ... }");
  Registry own;
  try {
    library.get<void(Registry&)>("assay_register")(own);
  } catch (const std::bad_alloc&) {
    refuse_plugin("ran out of memory while registering; a plugin only registers");
  } catch (const std::exception& error) {
    refuse_plugin(std::string("failed while registering: ") + error.what());
  } catch (...) {
    refuse_plugin("threw something that is not a std::exception while registering");
  }
  if (own.entries().empty())
    refuse_plugin("registers no component; call registry.add<T>(name, doc)");
  for (const auto& entry : own.entries()) {
    if (entry.doc.empty())
      refuse_plugin(entry.kind + " `" + entry.name +
                    "` has no documentation; give registry.add a sentence");
    for (const auto& field : entry.fields)
      if (field.doc.empty())
        refuse_plugin(entry.kind + " `" + entry.name + "`: field `" + field.name +
                      "` has no documentation; give it a sentence");
  }
  for (const auto& entry : own.entries())
    if (std::find(hidden.begin(), hidden.end(), entry.kind + "/" + entry.name) == hidden.end())
      registry.insert(entry);
}

Loaded load(const std::filesystem::path& file, Registry& registry, const Strings& hidden) {
  const auto found = read_plugin_file(file);
  if (found.tag != abi_tag())
    refuse_plugin("was built for " + found.tag + ", but this Assay is " + std::string(abi_tag()) +
                  "; rebuild it against this Assay");
  const ProcessState before;
  const RunningBefore running;
  auto& library = open(file);
  if (const auto changed = before.restore(); !changed.empty()) refuse_plugin(changed);
  if (const auto other = second_libtorch(); !other.empty())
    refuse_plugin("loads a second LibTorch (" + other +
                  "); link it dynamically to the LibTorch of this Assay");
  enter(library, registry, hidden);
  if (const auto changed = before.restore(); !changed.empty()) refuse_plugin(changed);
  if (const auto added = running.added(); !added.empty()) refuse_plugin(added);
  return {file.string(), found.build};
}

}  // namespace

Loaded load_plugin(const std::filesystem::path& file, Registry& registry,
                   const Strings& hidden) try {
  return load(file, registry, hidden);
} catch (const Error& error) {
  throw Error(ErrorKind::kPlugin, file.string() + ": " + error.what());
}

void load_plugin_of(const Job& job, const std::filesystem::path& file, const std::string& build,
                    Registry& registry) {
  const auto hidden = job.hidden.find(file);
  const auto loaded =
      load_plugin(file, registry, hidden == job.hidden.end() ? Strings() : hidden->second);
  if (loaded.build != build)
    throw Error(ErrorKind::kPlugin, file.string() +
                                        " was rebuilt after this sweep started: run the manifest "
                                        "again, which starts new trials with it");
}

}  // namespace assay
