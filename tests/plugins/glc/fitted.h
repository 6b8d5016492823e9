// Fits a model of a table by hand, as the procedure `fit` does.
#pragma once

#include <catch2/catch.hpp>

#include "tests/support/plugin_host.h"

namespace assay::testing {

inline torch::Tensor rows_of(const std::vector<std::vector<double>>& rows) {
  std::vector<float> all;
  for (const auto& row : rows) all.insert(all.end(), row.begin(), row.end());
  return torch::tensor(all).view({static_cast<std::int64_t>(rows.size()), -1});
}

inline Info table_info(std::int64_t columns, std::int64_t classes) {
  Info info;
  info.input_shape = {columns};
  info.classes = classes;
  for (std::int64_t k = 0; k < columns; ++k) info.input_names.push_back("c" + std::to_string(k));
  return info;
}

struct FittedModel {
  std::shared_ptr<Model> model;

  FittedModel(const Spec& spec, const Info& info, const Samples& samples)
      : model(plugins().make<Model>(spec, &info)) {
    auto& fitted = dynamic_cast<Fitted&>(*model);
    std::int64_t step = 0;
    while (step < fitted.steps() &&
           fitted.fit(step, samples, {torch::kCPU, Rng(1).fork(static_cast<std::uint64_t>(step))}))
      ++step;
  }

  Output operator()(const torch::Tensor& x) const { return model->forward({.input = x}); }
  std::map<std::string, std::string> documents(const Samples& samples) const {
    return dynamic_cast<Legible&>(*model).documents({samples});
  }
  std::int64_t right(const Samples& samples) const {
    const auto output = (*this)(samples.input);
    auto hit = output.logits.argmax(1) == samples.target;
    if (output.abstained.defined()) hit = hit.logical_and(output.abstained.logical_not());
    return hit.sum().item<std::int64_t>();
  }
};

}  // namespace assay::testing
