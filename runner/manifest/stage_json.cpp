#include "runner/manifest/stage_json.h"

#include "runner/protocol/values.h"

namespace assay {

nlohmann::ordered_json to_json(const Stage& stage) {
  nlohmann::ordered_json json = {{"stage", stage.name},
                                 {"id", stage.id},
                                 {"recipe", stage.recipe},
                                 {"seed", stage.seed},
                                 {"device", stage.device},
                                 {"deterministic", stage.deterministic},
                                 {"components", components_json(stage.components)},
                                 {"after", stage.after},
                                 {"after_recipes", stage.after_recipes},
                                 {"weights", to_json(stage.weights)},
                                 {"models", stage.models},
                                 {"subset", stage.subset},
                                 {"plugins", stage.plugins},
                                 {"core", stage.core},
                                 {"data", stage.data}};
  if (!stage.hidden.empty()) json["hidden"] = stage.hidden;
  return json;
}

Stage stage_from_json(const nlohmann::ordered_json& json) {
  Stage stage;
  json.at("stage").get_to(stage.name);
  json.at("id").get_to(stage.id);
  json.at("recipe").get_to(stage.recipe);
  json.at("seed").get_to(stage.seed);
  json.at("device").get_to(stage.device);
  json.at("deterministic").get_to(stage.deterministic);
  stage.components = components_from(json.at("components"));
  json.at("after").get_to(stage.after);
  json.at("after_recipes").get_to(stage.after_recipes);
  stage.weights = initial_weights_from_json(json.at("weights"));
  stage.models = json.value("models", Strings());
  json.at("subset").get_to(stage.subset);
  json.at("plugins").get_to(stage.plugins);
  if (json.contains("hidden")) json["hidden"].get_to(stage.hidden);
  json.at("core").get_to(stage.core);
  json.at("data").get_to(stage.data);
  return stage;
}

}  // namespace assay
