// The catalog's front door.
#pragma once

#include <filesystem>
#include <vector>

#include "runner/catalog/catalog.h"

namespace assay {

/// The components of every plugin on the search path: `first`, ASSAY_PLUGIN_PATH, the user's data
/// folder, the installation or build folder this program lies in. Files are probed by assay-worker
/// once, and remembered until they change; one that crashes goes into quarantine. In safe
/// mode the installation or build folder is all there is. Throws Error{kPlugin} for a folder of
/// `first` that is not there.
Catalog load_catalog(const std::vector<std::filesystem::path>& first, bool safe = false);

/// What the worker says of these files now; remembered for the next load_catalog. A file in
/// quarantine is not probed.
std::vector<ProbeAnswer> check_plugins(const std::vector<std::filesystem::path>& files);

/// The components, as kind/name, that this file was last known to offer.
Strings last_known_components(const std::filesystem::path& file);

/// The search path, in order, with folders that are not there left out.
std::vector<std::filesystem::path> search_path(const std::vector<std::filesystem::path>& first,
                                               bool safe = false);

/// assay-worker: ASSAY_WORKER, or the one beside this program.
std::filesystem::path worker_program();

}  // namespace assay
