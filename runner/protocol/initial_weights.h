// InitialWeights: with which weights the model of a stage starts.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "assay/value.h"

namespace assay {

/// With its own random ones, if `stage` and `file` are empty.
struct InitialWeights {
  std::string stage;  // one of `after`, whose final weights they are
  std::string file;   // absolute path of a safetensors file, or of a folder of them
  std::string names;  // of a file: the model's name for the convention of its tensors' names, or ""
  /// Patterns of names there, and what they are called in the model; the first that matches holds.
  /// If there are any, other tensors are left out.
  std::vector<std::pair<std::string, std::string>> take = {};
  Strings kept = {};  // `new:`, patterns of the model's tensors that stay as they are initialized

  bool empty() const { return stage.empty() && file.empty(); }
  /// Whether they are all weights of a stage, under their own names.
  bool is_plain() const { return file.empty() && take.empty() && kept.empty(); }
};

/// The stage as a string if it is_plain().
nlohmann::ordered_json to_json(const InitialWeights& weights);
/// Throws nlohmann's exception for what to_json() does not write.
InitialWeights initial_weights_from_json(const nlohmann::ordered_json& json);

}  // namespace assay
