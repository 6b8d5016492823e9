#include "runner/worker/training_subset.h"

#include "assay/error.h"
#include "runner/worker/earlier_stages.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr const char *kIds = "ids", *kWeights = "weights";  // artifact and tensors

std::vector<double> weights_in(const TensorMap& selection, const fs::path& file) {
  const auto it = selection.find(kWeights);
  if (it == selection.end()) return {};
  if (it->second.dim() != 1 || !it->second.is_floating_point() ||
      it->second.numel() != selection.at(kIds).numel())
    throw Error(ErrorKind::kData,
                file.string() + ": `weights` must be a vector of real numbers, one per id");
  const auto weights = it->second.to(torch::kDouble).contiguous();
  const auto* first = weights.data_ptr<double>();
  return {first, first + weights.numel()};
}

}  // namespace

Selection read_selection(const fs::path& stage) {
  const auto file = artifact_file(stage, kIds);
  const auto tensors = read_tensors(file);
  const auto it = tensors.find(kIds);
  if (it == tensors.end() || it->second.scalar_type() != torch::kInt64 || it->second.dim() != 1)
    throw Error(ErrorKind::kData,
                file.string() + ": expected a one-dimensional int64 tensor `ids`");
  const auto ids = it->second.contiguous();
  const auto* first = ids.data_ptr<std::int64_t>();
  return {{first, first + ids.numel()}, weights_in(tensors, file)};
}

}  // namespace assay
