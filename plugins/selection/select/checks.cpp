#include "selection/select/checks.h"

#include <algorithm>
#include <cmath>

#include "selection/shared/places.h"

namespace selection {

using assay::Error;
using assay::ErrorKind;
using assay::Split;

namespace {

std::vector<std::int64_t> row_of(const assay::TensorMap& artifact, const std::string& name) {
  const auto it = artifact.find(name);
  if (it == artifact.end() || it->second.scalar_type() != torch::kInt64)
    throw Error(ErrorKind::kData,
                "the artifact `forgetting` needs a one-dimensional int64 tensor `" + name + "`");
  return places_in(it->second);
}

std::string name_of(const assay::Info& info, std::int64_t c) {
  const auto place = static_cast<std::size_t>(c);
  return place < info.class_names.size() ? " (`" + info.class_names[place] + "`)" : "";
}

}  // namespace

torch::Tensor forgotten(const assay::Parts& parts) {
  const auto stages =
      parts.inputs ? parts.inputs->stages_with_artifact("forgetting") : assay::Strings();
  if (stages.size() != 1)
    throw Error(
        ErrorKind::kParameter,
        "the selector needs exactly one earlier training stage that counted forgetting, but "
        "there are " +
            std::to_string(stages.size()) +
            ": name one stage with `{use: train, callbacks: [count_forgetting]}` in `after:`");
  const auto counted = parts.inputs->artifact(stages[0], "forgetting");
  const auto ids = row_of(counted, "ids"), times = row_of(counted, "forgotten");
  if (ids.size() != times.size())
    throw Error(ErrorKind::kData, "the artifact `forgetting` needs one number per id");
  std::vector<std::int64_t> found;
  for (const auto id : parts.dataset->ids(Split::kTrain)) {
    const auto it = std::lower_bound(ids.begin(), ids.end(), id);
    if (it == ids.end() || *it != id)
      throw Error(ErrorKind::kParameter, "stage `" + stages[0] + "` was not trained on sample " +
                                             std::to_string(id) +
                                             ", which is among those to select from");
    found.push_back(times[static_cast<std::size_t>(it - ids.begin())]);
    if (found.back() < -1)
      throw Error(ErrorKind::kParameter, "stage `" + stages[0] + "` ended before sample " +
                                             std::to_string(id) +
                                             " was in a batch: train it for at least one epoch");
  }
  return torch::tensor(found, torch::kInt64);
}

bool needs_model(const assay::Selector::Needs& needs) {
  return needs.features || needs.logits || needs.gradients || needs.norms || needs.validation;
}

void check_needs(const assay::Selector::Needs& needs, const assay::Parts& parts,
                 const assay::Info& info) {
  if (needs_model(needs) && !parts.model)
    throw Error(ErrorKind::kParameter,
                "the selector needs the outputs of a model: add `model:` to the manifest");
  if ((needs.label || needs.logits) && info.classes == 0)
    throw Error(
        ErrorKind::kParameter,
        "the selector needs classes, but the dataset has real targets: use a selector based on "
        "features or gradients, such as skmm or k_centre");
  if (needs.validation && parts.dataset->ids(Split::kValidation).empty())
    throw Error(ErrorKind::kParameter,
                "the selector needs a validation split, but the dataset has none: give it one, "
                "such as by `validation: 1000`");
}

void check_classes(const torch::Tensor& label, const assay::Info& info) {
  const auto sizes = label.bincount({}, info.classes).contiguous();
  for (std::int64_t c = 0; c < info.classes; ++c)
    if (sizes.const_data_ptr<std::int64_t>()[c] == 0)
      throw Error(ErrorKind::kParameter,
                  "the selector works per class, but class " + std::to_string(c) +
                      name_of(info, c) +
                      " has no sample in the training split: take a larger part of the dataset, "
                      "leave the class out by `class_subset`, or use a selector that does not work "
                      "per class");
}

void check_choice(const assay::Selector::Choice& choice, std::int64_t size) {
  const auto refuse = [](const std::string& what) {
    throw Error(ErrorKind::kPlugin, "the selector " + what, "selector");
  };
  const auto count = std::ssize(choice.places);
  if (count == 0) refuse("chose no sample");
  auto sorted = choice.places;
  std::sort(sorted.begin(), sorted.end());
  if (sorted.front() < 0 || sorted.back() >= size)
    refuse("chose the place " +
           std::to_string(sorted.front() < 0 ? sorted.front() : sorted.back()) +
           ", and the pool has the places 0 to " + std::to_string(size - 1));
  if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
    refuse("chose the place " + std::to_string(*twice) + " twice");
  const auto& weights = choice.weights;
  if (!weights.empty() && weights.size() != choice.places.size())
    refuse("gives " + std::to_string(weights.size()) + " weights for " + std::to_string(count) +
           " places");
  for (const double weight : weights)
    if (!(weight >= 0) || !std::isfinite(weight))
      refuse("gives the weight " + std::to_string(weight) + "; it must be finite and at least 0");
}

}  // namespace selection
