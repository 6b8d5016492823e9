// What an earlier stage left, in memory.
#pragma once

#include "assay/sdk/weights.h"

namespace assay::testing {

/// Every stage of any name is the same one.
class EarlierStage final : public Inputs {
 public:
  TensorMap artifact(std::string_view, std::string_view name) const override {
    return artifacts.at(std::string(name));
  }
  TensorMap weights(std::string_view) const override { return weights_of(*left.model); }
  EarlierModel model(std::string_view) const override { return left; }
  std::vector<std::string> stages() const override { return {"before"}; }
  std::vector<std::string> stages_with_artifact(std::string_view name) const override {
    return artifacts.contains(std::string(name)) ? stages() : std::vector<std::string>();
  }

  std::map<std::string, TensorMap> artifacts;
  EarlierModel left;
};

/// A stage that ended with `model`, whose parameters require no gradient any more.
inline std::shared_ptr<EarlierStage> stage_of(std::shared_ptr<Model> model, const Info& info) {
  auto stage = std::make_shared<EarlierStage>();
  for (auto& weight : model->parameters()) weight.requires_grad_(false);
  model->eval();
  stage->left = {std::move(model), info};
  return stage;
}

}  // namespace assay::testing
