// What every component owes, asked of every component that is registered: there is no list to keep.
#include <filesystem>

#include <catch2/catch.hpp>

#include "runner/conformance/conformance.h"
#include "tests/support/data.h"
#include "tests/support/tiny_trial.h"

using namespace assay;
using namespace assay::testing;

namespace {

// Whether a file or folder that the dataset or one within it reads is not there.
bool lacks_data(const Spec& spec) {
  const auto& entry = plugins().find("dataset", spec.use);
  for (const auto& field : entry.fields) {
    const auto it = spec.params.find(field.name);
    const Value& value = it == spec.params.end() ? field.default_value : it->second;
    if (field.type == Type::kPath) {
      const auto& path = std::get<std::string>(value);
      if (!path.empty() && !std::filesystem::exists(path)) return true;
    }
    if (field.kind == "dataset" && lacks_data(std::get<Spec>(value))) return true;
  }
  return false;
}

bool is_testable(const Entry& entry) {
  if (entry.kind != "dataset" || !lacking_values(entry).empty()) return true;
  return !lacks_data({entry.name, required_values(entry)}) || !fashion_missing();
}

}  // namespace

TEST_CASE("plugins are there to be looked at") {
  REQUIRE(plugins().entries().size() >= 10);
}

TEST_CASE("every component keeps what it owes") {
  for (const auto* entry : of_kind("")) {
    if (!is_testable(*entry)) continue;
    INFO(entry->kind << " " << entry->name);
    const auto verdict = conformance::test_component(plugins(), *entry);
    if (!verdict.skipped.empty())
      WARN(entry->kind << " " << entry->name << ": " << verdict.skipped);
    const auto& broken = verdict.broken;
    CAPTURE(broken);
    CHECK(broken.empty());
  }
}

// A training's end, from the same start on the same batches.
Tensors trained(const Entry& entry) {
  TinyTrial trial{{"train", {{"steps", std::int64_t{3}}, {"batch", std::int64_t{16}}}}};
  trial.objective = std::make_shared<TwoTerms>();
  trial.optimizer = {entry.name, required_values(entry)};
  return carry_out(trial, -1, 1).weights;
}

TEST_CASE("two optimizers of different names take different steps") {
  const auto all = of_kind("optimizer");
  std::vector<Tensors> ends;
  for (const auto* entry : all) ends.push_back(trained(*entry));
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      INFO(all[i]->name << " and " << all[j]->name);
      CHECK_FALSE(same(ends[i], ends[j]));
    }
}

TEST_CASE("a training that counts forgetting resumes bit for bit") {
  TinyTrial trial{
      {"train", {{"steps", std::int64_t{20}}, {"callbacks", Specs{{"count_forgetting", {}}}}}}};
  trial.optimizer = {"sgd", {{"lr", 2.0}}};
  const auto whole = carry_out(trial, -1, 1);
  CHECK(whole.artifacts.at(0).max().item<std::int64_t>() > 0);
  const auto resumed = carry_out(trial, 7, 1);
  CHECK(whole.rows == resumed.rows);
  CHECK(same(whole.weights, resumed.weights));
  CHECK(same(whole.artifacts, resumed.artifacts));
}
