// Rules of a file: drawn on the page, or found before.
#include <fstream>
#include <sstream>

#include "assay/registry.h"
#include "glc/shared/models/rule_model.h"
#include "glc/shared/models/samples.h"
#include "glc/shared/rules/rules_json.h"

namespace glc {

class SavedRules final : public RuleModel {
 public:
  struct Params {
    std::filesystem::path path;
  };
  static assay::Schema<Params> schema();

  SavedRules(const Params& params, const assay::Info& info);
  std::int64_t steps() const override { return 1; }

 private:
  bool learns() const override { return false; }
  bool find(std::int64_t, const Table&, std::vector<Rule>&) override { return false; }
};

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
                                          "Rule file, as written by `fit` or by the HTML page.");
}

SavedRules::SavedRules(const Params& params, const assay::Info& info)
    : RuleModel(info, "as saved") {
  const auto names = named_after(info);
  const auto source = params.path.string();
  keep(fitted_to(from_json(text_of(params.path), source), names.columns, names.classes, source));
}

}  // namespace glc

ASSAY_PLUGIN(registry) {
  registry.add<glc::SavedRules>("saved_rules",
                                "Rules from a file, as written by `fit` and the HTML page.");
}
