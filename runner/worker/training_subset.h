// What an earlier stage selected for the training split.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace assay {

/// The arguments of subset(): `weights` is empty if the selection has none.
struct Selection {
  std::vector<std::int64_t> ids;
  std::vector<double> weights;
};

/// The artifact `ids` in the run folder `stage`. Throws Error{kData}, with the file, for an
/// artifact of another form.
Selection read_selection(const std::filesystem::path& stage);

}  // namespace assay
