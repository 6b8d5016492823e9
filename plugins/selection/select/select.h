// `select`: samples of the training split to learn from, as an artifact that a later stage reads.
#pragma once

#include "assay/registry.h"
#include "selection/select/pool_predictor.h"

namespace selection {

class Select final : public assay::Procedure {
 public:
  using Params = SelectParams;
  static assay::Schema<Params> schema();
  static assay::Strings needs() { return {"dataset", "selector", "model?"}; }
  static assay::Strings artifacts() { return {"ids"}; }

  Select(const Params& params, const assay::Info& info);
  std::int64_t units(const assay::Parts& parts) const override;
  bool finished() const override { return finished_; }
  void advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
               assay::Results& results) override;
  void save(assay::State& state) const override;
  void load(const assay::State& state) override;

 private:
  std::int64_t prediction_units(const assay::Parts& parts) const;
  void start(std::int64_t unit, const assay::Parts& parts, const assay::Context& context);
  void predict_unit(std::int64_t unit, assay::Parts& parts, const assay::Context& context);
  assay::Pool pool_of(const assay::Parts& parts) const;
  void write(const assay::Selector::Choice& choice, const assay::Parts& parts,
             assay::Results& results);

  Params p_;
  assay::Info info_;
  std::shared_ptr<PoolPredictor> predictor_;
  std::vector<assay::PredictionLoop> loops_;  // over the training and the validation split
  std::optional<assay::Pool> pool_;           // once the loops have ended
  std::optional<assay::State> loaded_;
  bool finished_ = false;
};

}  // namespace selection
