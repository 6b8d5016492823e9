// Example of a kind of one's own: statistics of a dataset, and the procedure that takes one.
#include "assay/registry.h"

namespace {

// The interface. In a header of its own, other plugins can implement it.
class Statistic {
 public:
  using Interface = Statistic;
  static constexpr std::string_view kind = "statistic";
  static constexpr std::string_view version = "1";  // another one after each change of this class
  virtual ~Statistic() = default;
  virtual double of(const torch::Tensor& inputs) const = 0;
};

class Largest final : public Statistic {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit Largest(Params) {}
  double of(const torch::Tensor& inputs) const override { return inputs.max().item<double>(); }
};

// Takes `statistic:` from the manifest: a kind that no procedure needs is refused there.
class Measure final : public assay::Procedure {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  static assay::Strings needs() { return {"dataset", "statistic"}; }
  explicit Measure(Params) {}

  std::int64_t units(const assay::Parts&) const override { return 1; }
  void advance(std::int64_t, assay::Parts& parts, const assay::Context& context,
               assay::Results& results) override {
    const auto ids = parts.dataset->ids(assay::Split::kTrain);
    const auto inputs = parts.dataset->load(ids, context).input;
    results.metric("statistic/value", parts.other<Statistic>()->of(inputs));
  }

  void save(assay::State&) const override {}
  void load(const assay::State&) override {}
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Largest>("largest", "The largest input.");
  registry.add<Measure>("measure", "Measures a statistic of the training inputs.");
}
