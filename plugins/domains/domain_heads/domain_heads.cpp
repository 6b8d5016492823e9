// One network with a head per domain: hard parameter sharing, Caruana, "Multitask Learning",
// Machine Learning 1997.
#include <ATen/ops/relu.h>
#include <ATen/ops/stack.h>
#include <torch/nn/modules/linear.h>

#include "assay/registry.h"

namespace {

class DomainHeads final : public assay::Model, public assay::Partitioned {
 public:
  struct Params {
    assay::Integers hidden = {128};
  };

  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("hidden", &Params::hidden, assay::at_least(1),
                                         "Number of units of each hidden layer, which all domains "
                                         "share.");
  }

  DomainHeads(const Params& params, const assay::Info& info) : domains_(info.groups) {
    if (domains_.empty())
      throw assay::Error(assay::ErrorKind::kParameter,
                         "has a head per group, but the dataset has no groups: use `mlp`, or a "
                         "dataset with groups");
    std::int64_t width = 1;
    for (const auto size : info.input_shape) width *= size;
    for (std::size_t k = 0; k < params.hidden.size(); ++k) {
      hidden_.push_back(register_module("hidden" + std::to_string(k),
                                        torch::nn::Linear(width, params.hidden[k])));
      width = params.hidden[k];
    }
    const auto outputs = info.classes > 0 ? info.classes : info.targets;
    for (std::size_t d = 0; d < domains_.size(); ++d)
      heads_.push_back(
          register_module("head" + std::to_string(d), torch::nn::Linear(width, outputs)));
  }

  /// The head of each sample's group answers.
  assay::Output forward(const assay::Batch& batch) override {
    auto x = batch.input.flatten(1);
    for (auto& layer : hidden_) x = at::relu(layer->forward(x));
    if (!batch.group.defined())
      throw assay::Error(assay::ErrorKind::kShape,
                         "`domain_heads` needs the group of each sample to choose its head");
    assay::Tensors all;
    for (auto& head : heads_) all.push_back(head->forward(x));
    const auto of_group = batch.group.view({1, -1, 1}).expand({1, -1, all.front().size(1)});
    return {at::stack(all).gather(0, of_group).squeeze(0), x};
  }

  /// The head of the domain that a term is named after, as in the objective `domains`.
  assay::Tensors own(const std::string& term) override {
    for (std::size_t d = 0; d < domains_.size(); ++d)
      if (domains_[d] == term) return {heads_[d]->weight, heads_[d]->bias};
    return {};
  }

 private:
  std::vector<std::string> domains_;
  std::vector<torch::nn::Linear> hidden_, heads_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<DomainHeads>("domain_heads",
                            "Multi-layer perceptron with an output layer for each group of the "
                            "dataset (Caruana, Machine Learning 1997).");
}
