// Rules of a file: drawn on the page, or found before.
#pragma once

#include "models/rule_model.h"

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

}  // namespace glc
