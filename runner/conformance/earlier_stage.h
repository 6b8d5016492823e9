// What an earlier stage left, in memory.
#pragma once

#include "assay/inputs.h"
#include "assay/model.h"

namespace assay::testing {

/// Every stage of any name is the same one.
class EarlierStage final : public Inputs {
 public:
  TensorMap artifact(std::string_view, std::string_view name) const override {
    return artifacts.at(std::string(name));
  }
  TensorMap weights(std::string_view) const override { return left; }
  std::vector<std::string> stages() const override { return {"before"}; }
  std::vector<std::string> stages_with_artifact(std::string_view name) const override {
    return artifacts.contains(std::string(name)) ? stages() : std::vector<std::string>();
  }

  std::map<std::string, TensorMap> artifacts;
  TensorMap left;  // the weights
};

/// A stage that ended with the weights of `model`.
inline std::shared_ptr<EarlierStage> stage_of(const Model& model) {
  auto stage = std::make_shared<EarlierStage>();
  for (const auto& item : model.named_parameters())
    stage->left[item.key()] = item.value().detach().clone();
  for (const auto& item : model.named_buffers())
    stage->left[item.key()] = item.value().detach().clone();
  return stage;
}

}  // namespace assay::testing
