#include "runner/protocol/initial_weights.h"

namespace assay {

nlohmann::ordered_json to_json(const InitialWeights& weights) {
  if (weights.is_plain()) return weights.stage;
  return {{"stage", weights.stage},
          {"file", weights.file},
          {"names", weights.names},
          {"take", weights.take},
          {"new", weights.kept}};
}

InitialWeights initial_weights_from_json(const nlohmann::ordered_json& json) {
  InitialWeights weights;
  if (json.is_string()) {
    json.get_to(weights.stage);
    return weights;
  }
  json.at("stage").get_to(weights.stage);
  json.at("file").get_to(weights.file);
  json.at("names").get_to(weights.names);
  json.at("take").get_to(weights.take);
  json.at("new").get_to(weights.kept);
  return weights;
}

}  // namespace assay
