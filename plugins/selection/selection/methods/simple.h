// Selections that look at nothing, or at the classes alone.
#pragma once

#include "assay/registry.h"
#include "assay/selector.h"

namespace selection {

class Uniform final : public assay::Selector {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit Uniform(const Params&) {}
  Needs needs() const override { return {}; }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) override;
};

class ClassBalanced final : public assay::Selector {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit ClassBalanced(const Params&) {}
  Needs needs() const override { return {.label = true, .every_class = true}; }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) override;
};

class Full final : public assay::Selector {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit Full(const Params&) {}
  Needs needs() const override { return {}; }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) override;
};

}  // namespace selection
