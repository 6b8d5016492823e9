#include "glc/glc_pictures/description.h"

#include "glc/shared/models/line_documents.h"
#include "glc/shared/rules/rules_json.h"

namespace glc {
namespace {

constexpr const char* kFile = "rules.json";

CutLine cut_line(const LineModel& model) {
  CutLine line{model.weight[1], model.bias[0] - model.bias[1]};
  for (std::size_t k = 0; k < line.weights.size(); ++k) line.weights[k] -= model.weight[0][k];
  return line;
}

}  // namespace

Description read_description(assay::Model* model, const Rules& names) {
  Description found{names, {}};
  auto* legible = dynamic_cast<assay::Legible*>(model);
  if (legible == nullptr) return found;
  const auto documents = legible->documents({});
  const auto it = documents.find(kFile);
  if (it == documents.end()) return found;
  const auto line = line_from_json(it->second, kFile);
  if (!line) {
    found.rules = fitted_to(from_json(it->second, kFile), names.columns, names.classes, kFile);
    return found;
  }
  if (line->columns != names.columns || line->classes != names.classes)
    throw assay::Error(assay::ErrorKind::kData,
                       "the columns or classes of the model differ from those of the dataset");
  if (line->classes.size() == 2) found.line = cut_line(*line);
  return found;
}

}  // namespace glc
