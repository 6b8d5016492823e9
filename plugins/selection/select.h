// `select`: samples of the training split to learn from, as an artifact that a later stage reads.
#pragma once

#include "assay/registry.h"
#include "assay/selector.h"
#include "assay/training.h"
#include "gradients/per_sample.h"

namespace selection {

class Select final : public assay::Procedure {
 public:
  struct Params {
    std::int64_t n = 1;
    std::int64_t batch = 128;
    std::string gradient = "loss";
    std::string sketch = "kronecker";
    std::int64_t width = 256;
    std::int64_t layers = 0;
    std::string labels = "random";
    bool fall_back = false;
  };
  static assay::Schema<Params> schema();
  static assay::Strings needs() { return {"dataset", "selector"}; }

  Select(const Params& params, const assay::Info& info);
  std::int64_t units(const assay::Parts& parts) const override;
  bool finished() const override { return finished_; }
  void advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
               assay::Results& results) override;
  void save(assay::State& state) const override;
  void load(const assay::State& state) override;

 private:
  std::int64_t looks(const assay::Parts& parts) const;
  void look(std::int64_t unit, assay::Parts& parts, const assay::Context& context);
  void look_at(std::span<const std::int64_t> ids, const std::string& prefix,
               const assay::Selector::Needs& needs, assay::Parts& parts,
               const assay::Context& context);
  torch::Tensor gradients(const assay::Batch& batch, assay::Model& model,
                          const assay::Context& context);
  torch::Tensor sketched(const torch::Tensor& features, const assay::Context& context) const;
  std::unique_ptr<Sketch> sketch(const assay::Context& context) const;
  void check_width(std::int64_t width) const;
  torch::Tensor drawn_labels(const torch::Tensor& id, const assay::Rng& rng) const;
  void write(const assay::Selector::Choice& choice, const assay::Parts& parts,
             assay::Results& results);

  Params p_;
  assay::Info info_;
  assay::TensorMap rows_;  // what was looked at so far, by name
  std::unique_ptr<PerSample> per_sample_;
  bool finished_ = false;
};

}  // namespace selection
