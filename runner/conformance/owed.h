// What a component owes and does not keep.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "assay/registry.h"

namespace assay::conformance {

/// Gathers a sentence for each promise that is not kept; a sentence once.
class Owed {
 public:
  void expect(bool kept, const std::string& otherwise) {
    if (!kept && std::find(broken_.begin(), broken_.end(), otherwise) == broken_.end())
      broken_.push_back(otherwise);
  }
  const Strings& broken() const { return broken_; }

 private:
  Strings broken_;
};

/// Thrown if data that a dataset reads by default are not here.
class DataMissing : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One function per kind. What they throw is a broken promise too.
void test_fields(const Registry& registry, const Entry& entry, Owed& owed);
void test_optimizer(const Registry& registry, const Entry& entry, Owed& owed);
void test_model(const Registry& registry, const Entry& entry, Owed& owed);
void test_objective(const Registry& registry, const Entry& entry, Owed& owed);
void test_dataset(const Registry& registry, const Entry& entry, Owed& owed);
void test_transform(const Registry& registry, const Entry& entry, Owed& owed);
void test_callback(const Registry& registry, const Entry& entry, Owed& owed);
void test_metric(const Registry& registry, const Entry& entry, Owed& owed);
void test_predictor(const Registry& registry, const Entry& entry, Owed& owed);
void test_procedure(const Registry& registry, const Entry& entry, Owed& owed);
void test_selector(const Registry& registry, const Entry& entry, Owed& owed);

}  // namespace assay::conformance
