// What every component owes, asked of every component that is registered: there is no list to keep.
#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include <catch2/catch.hpp>

#include <ATen/ops/cross_entropy_loss.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "tests/support/data.h"
#include "tests/support/plugin_host.h"
#include "tests/support/tiny_trial.h"

using namespace assay;
using namespace assay::testing;

namespace {

// Without a value for each of them nothing can be built: such a component needs a test of its own.
// A component that is required is chosen by its kind.
bool has_required(const Entry& entry) {
  const auto values = required_values(entry);
  for (const auto& field : entry.fields)
    if (field.required && (field.type != Type::kComponent || !values.contains(field.name)))
      return true;
  return false;
}

std::vector<const Entry*> buildable(std::string_view kind) {
  std::vector<const Entry*> all;
  for (const auto* entry : of_kind(kind))
    if (!has_required(*entry))
      all.push_back(entry);
    else
      WARN(kind << " " << entry->name << " is not built here: it has required parameters");
  return all;
}

// `steps` optimizer steps on the tiny problem; at `stop` everything is saved, built anew and
// loaded.
Tensors descend(const Entry& entry, int steps, int stop, std::uint64_t seed) {
  const TinyData data;
  TwoTerms objective;
  auto model = std::make_shared<TinyModel>();
  const Spec spec{entry.name, required_values(entry)};
  auto optimizer = plugins().make<Optimizer>(spec, &data.info());
  auto problem = std::make_unique<BatchProblem>(*model, objective,
                                                ProblemOptions{.groups = data.info().groups});
  optimizer->check(*problem);
  Batches batches(data.ids(Split::kTrain), 16, Rng(seed));
  for (int k = 0; k < steps; ++k) {
    if (k == stop) {
      State state;
      optimizer->save(state);
      State copy;
      copy.scalars = state.scalars;
      for (const auto& [key, tensor] : state.tensors) copy.tensors[key] = tensor.clone();
      optimizer = plugins().make<Optimizer>(spec, &data.info());
      optimizer->load(copy);
      optimizer->check(*problem);  // as a resumed training does
    }
    const Context context{torch::kCPU, Rng(seed).fork(static_cast<std::uint64_t>(k)), nullptr};
    problem->begin({data.load(batches.at(k).ids, context)}, context, 1.0);
    optimizer->step(*problem);
  }
  auto all = copies(model->parameters());
  for (const auto& buffer : model->buffers()) all.push_back(buffer.clone());
  return all;
}

class Silence {  // what is written to standard output meanwhile is counted
 public:
  Silence() : saved_(dup(1)), file_(open("/tmp", O_TMPFILE | O_RDWR, 0600)) {
    std::fflush(stdout);
    dup2(file_, 1);
  }
  ~Silence() { finish(); }
  Silence(const Silence&) = delete;
  off_t finish() {
    if (saved_ < 0) return 0;
    std::fflush(stdout);
    const off_t size = lseek(file_, 0, SEEK_END);
    dup2(saved_, 1);
    close(saved_);
    close(file_);
    saved_ = -1;
    return size;
  }

 private:
  int saved_, file_;
};

}  // namespace

TEST_CASE("plugins are there to be looked at") {
  REQUIRE(plugins().entries().size() >= 10);
}

TEST_CASE("every component and every field says what it is") {
  for (const auto* entry : of_kind("")) {
    INFO(entry->kind << " " << entry->name);
    CHECK(entry->doc.size() > 15);
    for (const auto& field : entry->fields) {
      INFO(field.name);
      CHECK(field.doc.size() > 10);
      CHECK(field.doc.back() == '.');
    }
  }
}

TEST_CASE("every bound is accepted and a step outside is refused") {
  for (const auto* entry : of_kind(""))
    for (const auto& field : entry->fields) {
      INFO(entry->kind << " " << entry->name << " " << field.name);
      if (!field.required) CHECK_NOTHROW(check(field, field.default_value));
      const auto as_field = [&](double x) -> Value {
        switch (field.type) {
          case Type::kInteger:
            return static_cast<std::int64_t>(x);
          case Type::kIntegers:
            return Integers{static_cast<std::int64_t>(x)};
          case Type::kReals:
            return Reals{x};
          default:
            return x;
        }
      };
      const bool whole = field.type == Type::kInteger || field.type == Type::kIntegers;
      if (!whole && field.type != Type::kReal && field.type != Type::kReals) continue;
      const Range& range = field.range;
      const double step = whole ? 1 : 1e-9;
      if (std::isfinite(range.low)) {
        CHECK_NOTHROW(check(field, as_field(range.open_low ? range.low + step : range.low)));
        CHECK_THROWS_AS(check(field, as_field(range.open_low ? range.low : range.low - step)),
                        Error);
      }
      if (std::isfinite(range.high)) {
        CHECK_NOTHROW(check(field, as_field(range.open_high ? range.high - step : range.high)));
        CHECK_THROWS_AS(check(field, as_field(range.open_high ? range.high : range.high + step)),
                        Error);
      }
      auto outside = required_values(*entry);
      outside[field.name] = as_field(std::isfinite(range.low) ? range.low - 1 : NAN);
      const TinyData data;
      if (std::isfinite(range.low) && !has_required(*entry))
        CHECK_THROWS_AS(plugins().make(entry->kind, {entry->name, outside}, &data.info()), Error);
    }
}

TEST_CASE("every optimizer resumes bit for bit, repeats itself, follows its seed, says nothing") {
  for (const auto* entry : of_kind("optimizer")) {
    INFO(entry->name);
    Silence silence;
    const auto whole = descend(*entry, 6, -1, 1), again = descend(*entry, 6, -1, 1);
    const auto resumed = descend(*entry, 6, 3, 1), other = descend(*entry, 6, -1, 2);
    CHECK(silence.finish() == 0);
    for (const auto& tensor : whole) CHECK(tensor.isfinite().all().item<bool>());
    CHECK(same(whole, resumed));
    CHECK(same(whole, again));
    CHECK_FALSE(same(whole, other));
  }
}

TEST_CASE("two optimizers of different names take different steps") {
  const auto all = of_kind("optimizer");
  std::vector<Tensors> steps;
  for (const auto* entry : all) steps.push_back(descend(*entry, 3, -1, 1));
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      INFO(all[i]->name << " and " << all[j]->name);
      CHECK_FALSE(same(steps[i], steps[j]));
    }
}

std::shared_ptr<Model> born_of(const Entry& entry, std::uint64_t seed) {
  const auto data = data_for(entry);
  seed_default_generators(Rng(seed), torch::kCPU);
  return plugins().make<Model>({entry.name, required_values(entry)}, &data->info());
}

bool is_fitted(const Entry& entry) {
  return dynamic_cast<Fitted*>(born_of(entry, 0).get()) != nullptr;
}

struct FittedRun {
  Tensors buffers;
  torch::Tensor logits;
};

// At step `stop` the buffers are carried over into a new model.
FittedRun fitted(const Entry& entry, std::int64_t stop) {
  const auto suited = data_for(entry);
  const auto& data = *suited;
  const Context context{torch::kCPU, Rng(1), nullptr};
  const auto batch = data.load(data.ids(Split::kTrain), context);
  const Samples samples{"train", batch.input, batch.target};
  auto model = born_of(entry, 1);
  bool more = true;
  for (std::int64_t step = 0; more && step < dynamic_cast<Fitted&>(*model).steps(); ++step) {
    if (step == stop) {
      const auto before = model->buffers();
      model = born_of(entry, 1);
      const auto after = model->buffers();
      for (std::size_t k = 0; k < before.size(); ++k)
        after[k].resize_(before[k].sizes()).copy_(before[k]);
    }
    more = dynamic_cast<Fitted&>(*model).fit(step, samples, context);
  }
  return {copies(model->buffers()), model->forward(batch).logits};
}

TEST_CASE("every fitted model resumes bit for bit, repeats itself, and says nothing aloud") {
  for (const auto* entry : buildable("model")) {
    if (!is_fitted(*entry)) continue;
    INFO(entry->name);
    Silence silence;
    const auto whole = fitted(*entry, -1), again = fitted(*entry, -1), resumed = fitted(*entry, 1);
    CHECK(silence.finish() == 0);
    CHECK(same(whole.buffers, again.buffers));
    CHECK(same(whole.buffers, resumed.buffers));
    CHECK(same({whole.logits}, {resumed.logits}));
    CHECK(whole.logits.dim() == 2);
    CHECK(whole.logits.size(0) == 60);
    CHECK(whole.logits.isfinite().all().item<bool>());
  }
}

TEST_CASE("every trained model runs forward and backward, and is born of its seed") {
  const TinyData data;
  const Context context{torch::kCPU, Rng(0), nullptr};
  const auto batch = data.load(data.ids(Split::kTrain).first(8), context);
  for (const auto* entry : buildable("model")) {
    if (is_fitted(*entry)) continue;
    INFO(entry->name);
    const auto born = [&](std::uint64_t seed) { return born_of(*entry, seed); };
    Silence silence;
    const auto model = born(3);
    const auto output = model->forward(batch);
    CHECK(silence.finish() == 0);
    CHECK(output.logits.sizes() == at::IntArrayRef({8, 3}));
    CHECK(output.logits.isfinite().all().item<bool>());
    at::cross_entropy_loss(output.logits, batch.target).backward();
    for (const auto& item : model->named_parameters()) {
      INFO(item.key());
      CHECK(item.value().grad().defined());
    }
    CHECK(same(copies(born(3)->parameters()), copies(model->parameters())));
    CHECK_FALSE(same(copies(born(4)->parameters()), copies(model->parameters())));
  }
}

TEST_CASE("every objective repeats itself and touches no gradient") {
  const Context context{torch::kCPU, Rng(0), nullptr};
  for (const auto* entry : buildable("objective")) {
    INFO(entry->name);
    const auto data = data_for(*entry);
    const auto ids = data->ids(Split::kTrain);
    const auto batch = data->load(ids.first(std::min<std::size_t>(8, ids.size())), context);
    const auto objective =
        plugins().make<Objective>({entry->name, required_values(*entry)}, &data->info());
    const auto model = model_for(*entry, *data);
    Silence silence;
    const auto prepared = objective->prepare(*model, batch, context);
    const auto first = objective->evaluate(*model, prepared, context);
    const auto second = objective->evaluate(*model, prepared, context);
    CHECK(silence.finish() == 0);
    REQUIRE(first.size() == objective->terms().size());
    for (std::size_t k = 0; k < first.size(); ++k) {
      CHECK(first[k].value.dim() == 0);
      CHECK(first[k].value.isfinite().item<bool>());
      CHECK(first[k].value.item<double>() == second[k].value.item<double>());
      if (const auto& each = first[k].per_sample; each.defined()) {
        CHECK(each.sizes() == at::IntArrayRef({batch.size()}));
        CHECK(each.mean().item<double>() == Approx(first[k].value.item<double>()).epsilon(1e-5));
      }
    }
    for (const auto& parameter : model->parameters()) CHECK_FALSE(parameter.grad().defined());
    for (const char* ability : {"Split", "Groups"})
      CHECK(objective->decomposes() ==
            (std::find(entry->hides.begin(), entry->hides.end(), ability) == entry->hides.end()));
  }
}

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

TEST_CASE("every dataset that has its data loads the same bytes twice") {
  for (const auto* entry : buildable("dataset")) {
    INFO(entry->name);
    const Spec spec{entry->name, required_values(*entry)};
    if (lacks_data(spec) && fashion_missing()) continue;
    const auto dataset = plugins().make<Dataset>(spec);
    const Context context{torch::kCPU, Rng(0), nullptr};
    const auto all = dataset->ids(Split::kTrain);
    const auto ids = all.first(std::min<std::size_t>(5, all.size()));
    Silence silence;
    const auto a = dataset->load(ids, context), b = dataset->load(ids, context);
    CHECK(silence.finish() == 0);
    CHECK(same({a.input, a.target, a.id, a.group}, {b.input, b.target, b.id, b.group}));
    CHECK(a.size() == static_cast<std::int64_t>(ids.size()));
    CHECK(a.id[-1].item<std::int64_t>() == ids.back());
    CHECK(a.input.isfinite().all().item<bool>());
    CHECK(std::vector<std::int64_t>(a.input.sizes().begin() + 1, a.input.sizes().end()) ==
          dataset->info().input_shape);
    for (const auto split : {Split::kTrain, Split::kValidation, Split::kTest})
      CHECK(dataset->targets(split).equal(dataset->Dataset::targets(split)));
    CHECK(dataset->info().group_sizes ==
          group_sizes(all.size(), dataset->groups(Split::kTrain), dataset->info().groups.size()));
  }
}

void check_same(const Run& a, const Run& b) {
  CHECK(a.rows == b.rows);
  CHECK(same(a.weights, b.weights));
  CHECK(same(a.artifacts, b.artifacts));
}

// What a training of the tiny data left.
class Forgotten final : public Inputs {
 public:
  TensorMap artifact(std::string_view, std::string_view) const override {
    const auto ids = at::arange(60, torch::kInt64);
    return {{"ids", ids}, {"forgotten", ids * 7 % 11 - 1}};
  }
  std::vector<std::string> stages() const override { return {"before"}; }
  std::vector<std::string> stages_with_artifact(std::string_view) const override {
    return stages();
  }
};

TEST_CASE("every procedure resumes bit for bit, repeats itself, and says nothing aloud") {
  for (const auto* entry : buildable("procedure")) {
    INFO(entry->name);
    TinyTrial trial{{entry->name, required_values(*entry)}};
    trial.data = data_for(*entry);
    for (const auto& field : entry->fields)
      if (field.name == "steps") trial.procedure.params["steps"] = std::int64_t{6};
    Silence silence;
    const auto whole = carry_out(trial, -1, 1), again = carry_out(trial, -1, 1);
    const auto resumed = carry_out(trial, 3, 1), other = carry_out(trial, -1, 2);
    CHECK(silence.finish() == 0);
    REQUIRE_FALSE(whole.rows.empty());
    for (const auto& [name, value] : whole.rows) CHECK(std::isfinite(value));
    check_same(whole, again);
    check_same(whole, resumed);
    if (entry->name == "train") CHECK_FALSE(same(whole.weights, other.weights));
  }
}

TEST_CASE("a training that counts forgetting resumes bit for bit") {
  TinyTrial trial{
      {"train", {{"steps", std::int64_t{20}}, {"callbacks", Specs{{"count_forgetting", {}}}}}}};
  trial.optimizer = {"sgd", {{"lr", 2.0}}};
  const auto whole = carry_out(trial, -1, 1);
  CHECK(whole.artifacts.at(0).max().item<std::int64_t>() > 0);
  check_same(whole, carry_out(trial, 7, 1));
}

TEST_CASE("every selector resumes bit for bit, repeats itself, and says nothing aloud") {
  for (const auto* entry : buildable("selector"))
    for (const std::int64_t n : {1, 20}) {
      INFO(entry->name << ", n " << n);
      TinyTrial trial{
          {"select", {{"n", n}, {"batch", std::int64_t{2}}, {"width", std::int64_t{8}}}}};
      trial.others["selector"] = {entry->name, required_values(*entry)};
      trial.inputs = std::make_shared<Forgotten>();
      Silence silence;
      const auto whole = carry_out(trial, -1, 1), again = carry_out(trial, -1, 1);
      CHECK(silence.finish() == 0);
      REQUIRE(whole.artifacts.size() >= 1);
      CHECK(whole.artifacts[0].numel() == (entry->name == "full" ? 60 : n));
      check_same(whole, again);
      for (std::int64_t stop = 1; stop < whole.units; ++stop)
        check_same(whole, carry_out(trial, stop, 1));
    }
}
