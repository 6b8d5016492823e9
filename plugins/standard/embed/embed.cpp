// `embed`: the features of every sample, kept for later stages.
#include "assay/registry.h"
#include "assay/sdk/prediction.h"
#include "standard/shared/features.h"

namespace {

using assay::Error, assay::ErrorKind, assay::Split;

class Embed final : public assay::Procedure {
 public:
  struct Params {
    std::int64_t batch = 256;
  };

  static assay::Strings needs() { return {"model", "weights", "dataset"}; }
  static assay::Strings artifacts() { return {kFeatures}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("batch", &Params::batch, assay::at_least(1),
                                         "Samples per forward pass.");
  }

  explicit Embed(Params params) : p_(params) {}

  std::int64_t units(const assay::Parts& parts) const override {
    std::int64_t all = 0;
    for (const auto& loop : loops_of(parts)) all += loop.units();
    return all;
  }

  void advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
               assay::Results& results) override {
    if (loops_.empty()) start(unit, parts);
    const auto last = units(parts) - 1;
    auto place = unit;
    for (auto& loop : loops_) {
      if (place < loop.units()) {
        loop.advance(place, parts, context);
        break;
      }
      place -= loop.units();
    }
    if (unit == last) finish(parts, results);
  }

  void save(assay::State& state) const override {
    if (loops_.empty() && loaded_) state = *loaded_;
    for (std::size_t i = 0; i < loops_.size(); ++i)
      state.put_nested(std::string(name_of(kSplits[i])), loops_[i]);
  }
  void load(const assay::State& state) override { loaded_ = state; }

 private:
  static constexpr Split kSplits[] = {Split::kTrain, Split::kValidation, Split::kTest};

  std::vector<assay::PredictionLoop> loops_of(const assay::Parts& parts) const {
    std::vector<assay::PredictionLoop> loops;
    for (const auto split : kSplits)
      loops.emplace_back(std::make_shared<assay::OnePass>(), parts.dataset, split, p_.batch,
                         assay::Keeps{.features = true, .answers = false});
    return loops;
  }

  void start(std::int64_t unit, const assay::Parts& parts) {
    loops_ = loops_of(parts);
    for (std::size_t i = 0; unit > 0 && i < loops_.size(); ++i)
      loops_[i].load(loaded_.value().nested(std::string(name_of(kSplits[i]))));
  }

  void finish(const assay::Parts& parts, assay::Results& results) const {
    FeatureSet set;
    set.info = parts.dataset->info();
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      if (loops_[i].units() == 0) continue;
      const auto found = loops_[i].finish();
      if (!found.features.defined())
        throw Error(ErrorKind::kParameter,
                    "the model gives no features: use one that does, such as `resnet`");
      if (found.features.dim() != 2)
        throw Error(ErrorKind::kShape, "the model's features have " +
                                           std::to_string(found.features.dim()) +
                                           " dimensions, expected [B, D]");
      assay::check_not_nan(found, std::string(name_of(kSplits[i])));
      set.splits[i] = {found.features, found.id, found.target, found.group};
    }
    results.artifact(kFeatures, to_artifact(set));
  }

  Params p_;
  std::vector<assay::PredictionLoop> loops_;
  std::optional<assay::State> loaded_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Embed>(
      "embed",
      "Leaves the features of all samples, the input of the model's last layer, for "
      "the dataset `embedded` of later stages.");
}
