#include "bayes/shared/fixed.h"

#include "assay/error.h"
#include "assay/sdk/weights.h"

namespace bayes {
namespace {

constexpr std::string_view kPrefix = "fixed/";

}  // namespace

void add_fixed(assay::TensorMap& artifact, const assay::Model& model) {
  for (const auto& [name, tensor] : assay::weights_of(model))
    if (!artifact.contains("mean/" + name) && !artifact.contains("samples/" + name))
      artifact[std::string(kPrefix) + name] = tensor.cpu().contiguous();
}

void set_fixed(const assay::TensorMap& artifact, assay::Model& model, const std::string& stage) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : assay::weights_of(model)) {
    const auto it = artifact.find(std::string(kPrefix) + name);
    if (it == artifact.end()) continue;
    if (it->second.sizes() != tensor.sizes())
      throw assay::Error(assay::ErrorKind::kData,
                         "the posterior of stage `" + stage +
                             "` is that of another architecture: it has `" + name +
                             "` of the shape " + c10::str(it->second.sizes()) +
                             ", and the model has it of the shape " + c10::str(tensor.sizes()) +
                             "; evaluate it with the model of that stage");
    tensor.copy_(it->second);
  }
}

}  // namespace bayes
