// Passes are counted, not declared, so that they are right for any plugin and any nesting.
#include "runner/worker/passes.h"

#include <unistd.h>

#include <cmath>
#include <map>

#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <fmt/core.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/sdk/training.h"
#include "core/base/value_json.h"
#include "runner/protocol/values.h"
#include "runner/system/descriptor.h"
#include "runner/worker/plugin_loader.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kSamples = 12;
constexpr int kSteps = 24;  // some methods do more every few steps

// In multiples of a pass over the whole batch: a pass over a part of it counts for less.
struct Passes {
  double forward = 0, backward = 0;
};

// Multiplies the input by its weights, and counts the backward passes through its output.
class CountingModel final : public Model {
 public:
  explicit CountingModel(Passes& passes) : passes_(passes) {
    weights_ = register_parameter("weights", at::ones({2}));
  }
  Output forward(const Batch& batch) override {
    const auto logits = batch.input * weights_;
    if (logits.requires_grad()) {
      const double part = static_cast<double>(batch.size()) / kSamples;
      logits.register_hook(
          [this, part](const torch::Tensor&) -> void { passes_.backward += part; });
    }
    return {logits};
  }

 private:
  Passes& passes_;
  torch::Tensor weights_;
};

// Squared distances to a point per term; counts its evaluations.
class CountingObjective final : public Objective {
 public:
  CountingObjective(std::int64_t terms, Passes& passes) : passes_(passes) {
    for (std::int64_t k = 0; k < terms; ++k) names_.push_back("term" + std::to_string(k));
  }
  const std::vector<std::string>& terms() const override { return names_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    passes_.forward += static_cast<double>(batch.size()) / kSamples;
    const auto logits = model.forward(batch).logits;
    std::vector<Term> terms;
    for (std::size_t k = 0; k < names_.size(); ++k) {
      const double angle = 1.0 + 2.0 * static_cast<double>(k);
      const auto point = torch::tensor({2 * std::cos(angle), 2 * std::sin(angle)}, torch::kFloat);
      const auto each = (logits - point).square().sum(1);
      terms.push_back({each.mean(), 1.0, each});
    }
    return terms;
  }

 private:
  Passes& passes_;
  std::vector<std::string> names_;
};

Batch batch_of(std::int64_t groups) {
  const auto id = torch::arange(kSamples, torch::kInt64);
  const auto x = id.to(torch::kFloat) / kSamples;
  Batch batch;
  batch.input = at::stack({0.2 + 0.1 * x, 0.3 - 0.1 * x}, 1);
  batch.target = at::zeros_like(batch.input);
  batch.id = id;
  batch.group = id % groups;
  return batch;
}

// The largest numbers of any step, and whether steps differ.
struct Counted {
  Passes most = {};
  bool varies = false;
};

Counted count(const Registry& registry, const Spec& spec, std::int64_t terms, std::int64_t groups) {
  Info info{.input_shape = {2}, .targets = 2};
  for (std::int64_t g = 0; g < groups; ++g) info.groups.push_back("group" + std::to_string(g));
  info.group_sizes.assign(static_cast<std::size_t>(groups), kSamples / groups);
  Passes passes;
  CountingModel model(passes);
  CountingObjective objective(terms, passes);
  BatchProblem problem(model, objective, {.groups = info.groups});
  const auto optimizer = registry.make<Optimizer>(spec, &info);
  optimizer->check(problem);
  Counted counted;
  for (int step = 0; step < kSteps; ++step) {
    passes = {};
    const Context context{torch::kCPU, Rng(0).fork(static_cast<std::uint64_t>(step)), nullptr};
    problem.begin({batch_of(groups)}, context, 1.0);
    problem.step(*optimizer);
    passes = {std::round(passes.forward * 1e6) / 1e6, std::round(passes.backward * 1e6) / 1e6};
    auto& most = counted.most;
    if (step > 0 && (passes.forward != most.forward || passes.backward != most.backward))
      counted.varies = true;
    most = {std::max(most.forward, passes.forward), std::max(most.backward, passes.backward)};
  }
  return counted;
}

using Table = std::map<std::pair<std::int64_t, std::int64_t>, Counted>;  // by terms and groups

// As constant + K * per_term + G * per_group, with K terms and G groups.
Json linear(double Passes::*member, const Table& table) {
  const auto at = [&](std::int64_t terms, std::int64_t groups) {
    return table.at({terms, groups}).most.*member;
  };
  const double start = at(2, 2), per_term = at(3, 2) - start, per_group = at(2, 3) - start;
  const double constant = start - 2 * per_term - 2 * per_group;
  for (const auto& [sizes, counted] : table) {
    const auto [terms, groups] = sizes;
    const double predicted =
        constant + static_cast<double>(terms) * per_term + static_cast<double>(groups) * per_group;
    if (std::abs(predicted - counted.most.*member) > 1e-6)
      throw Error(
          ErrorKind::kPlugin,
          fmt::format("the passes of a step are no linear function of the numbers of terms and "
                      "groups: {} with 2 of each, {} with {} and {}",
                      start, counted.most.*member, terms, groups));
  }
  return {{"constant", constant}, {"per_term", per_term}, {"per_group", per_group}};
}

Json passes_of(const Spec& spec, const std::vector<std::string>& files) {
  Registry registry;
  for (const auto& file : files) load_plugin(file, registry);
  Table table;
  bool varies = false;
  for (std::int64_t terms = 2; terms <= 4; ++terms)
    for (std::int64_t groups = 2; groups <= 4; ++groups) {
      const auto counted = count(registry, spec, terms, groups);
      varies = varies || counted.varies;
      table[{terms, groups}] = counted;
    }
  return {{"forward", linear(&Passes::forward, table)},
          {"backward", linear(&Passes::backward, table)},
          {"varies", varies}};
}

}  // namespace

int count_passes(const std::string& spec, const std::vector<std::string>& files) {
  const int out = duplicated(1, kOutOfTheWay);
  ::dup2(2, 1);  // what a plugin prints is no answer
  Json answer;
  try {
    answer = passes_of(exact_spec(parse_json(spec)), files);
  } catch (const c10::Error& error) {
    answer = {{"error", error.what_without_backtrace()}};
  } catch (const std::exception& error) {
    answer = {{"error", error.what()}};
  } catch (...) {
    answer = {{"error", "something that is not a std::exception was thrown"}};
  }
  const auto line = answer.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return ::write(out, line.data(), line.size()) == std::ssize(line) ? 0 : 1;
}

}  // namespace assay
