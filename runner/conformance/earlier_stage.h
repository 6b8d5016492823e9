// What an earlier stage left, in memory.
#pragma once

#include "assay/inputs.h"
#include "assay/sdk/weights.h"

namespace assay::testing {

/// Every stage of any name is the same one, but for the models of those in `others`.
class EarlierStage final : public Inputs {
 public:
  TensorMap artifact(std::string_view, std::string_view name) const override {
    return artifacts.at(std::string(name));
  }
  TensorMap weights(std::string_view stage) const override {
    return weights_of(*model(stage).model);
  }
  EarlierModel model(std::string_view stage) const override {
    const auto it = others.find(stage);
    return it == others.end() ? left : it->second;
  }
  std::vector<std::string> stages() const override { return {"before"}; }
  std::vector<std::string> stages_with_artifact(std::string_view name) const override {
    return artifacts.contains(std::string(name)) ? stages() : std::vector<std::string>();
  }

  std::map<std::string, TensorMap> artifacts;
  EarlierModel left;
  std::map<std::string, EarlierModel, std::less<>> others;
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
