#include "models/saved_rules.h"

#include <fstream>
#include <sstream>

#include "models/samples.h"
#include "rules/rules_json.h"

namespace glc {
namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    throw assay::Error(assay::ErrorKind::kData, file.string() + ": cannot be read");
  return text.str();
}

}  // namespace

assay::Schema<SavedRules::Params> SavedRules::schema() {
  return assay::Schema<Params>().required("path", &Params::path, assay::any(),
                                          "Rule file, as `fit` and the page write it.");
}

SavedRules::SavedRules(const Params& params, const assay::Info& info)
    : RuleModel(info, "as saved") {
  const auto names = named_after(info);
  const auto source = params.path.string();
  keep(fitted_to(from_json(text_of(params.path), source), names.columns, names.classes, source));
}

}  // namespace glc
