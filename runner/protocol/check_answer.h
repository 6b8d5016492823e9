// CheckAnswer: what came of building the components of a job, by `assay-worker check FILE`.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace assay {

struct CheckAnswer {
  std::string read = {};  // what the dataset read, as Info::read
  /// As in Error; all empty if everything could be built.
  std::string error_kind = {}, error_path = {}, message = {};
};

nlohmann::ordered_json to_json(const CheckAnswer& answer);
/// Throws nlohmann's exception for what to_json() does not write. What a terminal would obey is
/// replaced.
CheckAnswer check_answer_from_json(const nlohmann::ordered_json& json);

}  // namespace assay
