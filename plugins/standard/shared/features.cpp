#include "features.h"

#include <ATen/ops/empty.h>
#include <nlohmann/json.hpp>

namespace {

using assay::Error, assay::ErrorKind, assay::Split;
using Json = nlohmann::json;

constexpr Split kAll[] = {Split::kTrain, Split::kValidation, Split::kTest};
constexpr std::pair<const char*, torch::Tensor SplitFeatures::*> kParts[] = {
    {"features", &SplitFeatures::features},
    {"ids", &SplitFeatures::id},
    {"targets", &SplitFeatures::target},
    {"groups", &SplitFeatures::group}};
constexpr const char* kDescription = "description";

std::string key(Split split, const char* part) {
  return std::string(assay::name_of(split)) + "." + part;
}

torch::Tensor bytes_of(const std::string& text) {
  const auto bytes = at::empty({static_cast<std::int64_t>(text.size())}, torch::kByte);
  std::copy(text.begin(), text.end(), bytes.mutable_data_ptr<std::uint8_t>());
  return bytes;
}

std::string text_of(const torch::Tensor& bytes) {
  const auto* first = bytes.const_data_ptr<std::uint8_t>();
  return {first, first + bytes.numel()};
}

}  // namespace

assay::TensorMap to_artifact(const FeatureSet& set) {
  assay::TensorMap artifact;
  for (const auto split : kAll)
    for (const auto& [name, part] : kParts)
      if (const auto& tensor = set.splits[static_cast<int>(split)].*part; tensor.defined())
        artifact[key(split, name)] = tensor;
  const auto& info = set.info;
  const Json description{{"classes", info.classes},
                         {"targets", info.targets},
                         {"class_names", info.class_names},
                         {"groups", info.groups}};
  artifact[kDescription] = bytes_of(description.dump());
  return artifact;
}

FeatureSet features_from(const assay::TensorMap& artifact) try {
  FeatureSet set;
  for (const auto split : kAll)
    for (const auto& [name, part] : kParts)
      if (const auto it = artifact.find(key(split, name)); it != artifact.end())
        set.splits[static_cast<int>(split)].*part = it->second;
  const auto description = Json::parse(text_of(artifact.at(kDescription)));
  description.at("classes").get_to(set.info.classes);
  description.at("targets").get_to(set.info.targets);
  description.at("class_names").get_to(set.info.class_names);
  description.at("groups").get_to(set.info.groups);
  return set;
} catch (const std::exception& error) {
  throw Error(ErrorKind::kData, std::string("the artifact `") + kFeatures +
                                    "` is not what `embed` leaves: " + error.what());
}
