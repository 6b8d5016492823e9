// Every optimizer with everything that a training may turn on: accumulation, bfloat16, clipping, an
// average of the weights, batch norm and dropout, an interruption.
#include <catch2/catch.hpp>

#include "tests/support/tiny_trial.h"

using namespace assay;
using namespace assay::testing;

namespace {

TinyTrial trial_of(const Entry& entry, unsigned options) {
  Values train{{"steps", std::int64_t{7}},
               {"batch", std::int64_t{8}},
               {"evaluate_steps", std::int64_t{4}},
               {"log_every", std::int64_t{2}},
               {"schedule", std::string("cosine")}};
  if ((options & 1) != 0) train["accumulate"] = std::int64_t{3};
  if ((options & 2) != 0) train["bf16"] = true;
  if ((options & 4) != 0) train["clip"] = 0.05;
  if ((options & 8) != 0) train["callbacks"] = Specs{{"ema", {{"decay", 0.9}}}};
  if ((options & 16) != 0) train["resample"] = 1.0;
  return {{"train", train}, {entry.name, required_values(entry)}, std::make_shared<TwoTerms>()};
}

}  // namespace

TEST_CASE("every optimizer resumes bit for bit with everything that can be turned on") {
  for (const auto* entry : of_kind("optimizer"))
    for (unsigned options = 0; options < 32; ++options) {
      INFO(entry->name << ", options " << options);
      const auto whole = carry_out(trial_of(*entry, options), -1, 1);
      const auto resumed = carry_out(trial_of(*entry, options), 3, 1);
      for (const auto& tensor : whole.weights) REQUIRE(tensor.isfinite().all().item<bool>());
      CHECK(whole.rows == resumed.rows);
      CHECK(same(whole.weights, resumed.weights));
    }
}

TEST_CASE("each option changes what every optimizer does") {
  for (const auto* entry : of_kind("optimizer")) {
    const auto plain = carry_out(trial_of(*entry, 0), -1, 1);
    for (const unsigned option : {1U, 2U, 4U, 8U, 16U}) {
      INFO(entry->name << ", option " << option);
      CHECK_FALSE(same(plain.weights, carry_out(trial_of(*entry, option), -1, 1).weights));
    }
  }
}

TEST_CASE("batch-norm statistics move once a step with every optimizer") {
  // TinyModel normalizes its input, so that its statistics depend on the batches alone.
  const auto statistics = [](const Run& run) {
    return Tensors(run.weights.end() - 2, run.weights.end());
  };
  for (const unsigned options : {0U, 1U}) {
    const auto right =
        statistics(carry_out(trial_of(*of_kind("optimizer").front(), options), -1, 1));
    for (const auto* entry : of_kind("optimizer")) {
      INFO(entry->name << ", options " << options);
      // m_sam runs the model on parts of a batch alone; the first part's statistics stay.
      if (entry->name == "m_sam") continue;
      CHECK(same(right, statistics(carry_out(trial_of(*entry, options), -1, 1))));
    }
  }
}
