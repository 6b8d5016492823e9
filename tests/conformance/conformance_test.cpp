// What every component owes, asked of every component that is registered: there is no list to keep.
#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <cstring>

#include <catch2/catch.hpp>

#include <ATen/ops/cross_entropy_loss.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "tests/support/plugin_host.h"
#include "tests/support/tiny.h"

using namespace assay;
using assay::testing::plugins;

namespace {

std::vector<const Entry*> of_kind(std::string_view kind) {
  std::vector<const Entry*> all;
  for (const auto& entry : plugins().entries())
    if (kind.empty() || entry.kind == kind) all.push_back(&entry);
  return all;
}

// Without a value for each of them nothing can be built: such a component needs a test of its own.
bool has_required(const Entry& entry) {
  for (const auto& field : entry.fields)
    if (field.required) return true;
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

class ClassObjective final : public Objective {
 public:
  const std::vector<std::string>& terms() const override { return names_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    return {{at::cross_entropy_loss(model.forward(batch.input).logits, batch.target), 1.0}};
  }

 private:
  std::vector<std::string> names_{"loss"};
};

bool same(const Tensors& a, const Tensors& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto x = a[i].contiguous(), y = b[i].contiguous();
    if (x.nbytes() != y.nbytes() || std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) != 0)
      return false;
  }
  return true;
}

Tensors copies(const Tensors& list) {
  Tensors all;
  for (const auto& tensor : list) all.push_back(tensor.detach().clone());
  return all;
}

// Two terms, with each sample's part in them, so that rules over terms and over groups have work.
class TwoTerms final : public Objective {
 public:
  const std::vector<std::string>& terms() const override { return names_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    const auto logits = model.forward(batch.input).logits;
    const auto fit = [logits, target = batch.target](at::Reduction::Reduction reduction) {
      return at::cross_entropy_loss(logits, target, {}, reduction);
    };
    return {
        {fit(at::Reduction::Mean), 1.0, [fit] { return fit(at::Reduction::None); }},
        {(logits - 1).square().mean(), 0.5, [logits] { return (logits - 1).square().mean(1); }}};
  }

 private:
  std::vector<std::string> names_{"fit", "size"};
};

// What a parameter without a default is given, by its type.
Values required_values(const Entry& entry) {
  Values values;
  for (const auto& field : entry.fields) {
    if (field.type == Type::kComponent && field.kind == "dataset")  // a wrapper around real images
      values[field.name] = Spec{"fashion_mnist", {{"train_limit", std::int64_t{500}}}};
    if (!field.required) continue;
    if (field.type == Type::kReals) values[field.name] = Reals{1, 0.3};
    if (field.type == Type::kReal) values[field.name] = 0.5;
    if (field.type == Type::kInteger) values[field.name] = std::int64_t{1};
  }
  return values;
}

// `steps` optimizer steps on the tiny problem; at `stop` everything is saved, built anew and
// loaded.
Tensors descend(const Entry& entry, int steps, int stop, std::uint64_t seed) {
  const testing::TinyData data;
  TwoTerms objective;
  auto model = std::make_shared<testing::TinyModel>();
  const Spec spec{entry.name, required_values(entry)};
  auto optimizer = plugins().make<Optimizer>(spec, &data.info());
  auto problem = std::make_unique<BatchProblem>(*model, objective, ProblemOptions{});
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
    }
    const Context context{torch::kCPU, Rng(seed).fork(static_cast<std::uint64_t>(k)), nullptr};
    problem->begin({data.load(batches.at(k), context)}, context, 1.0);
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

struct Run {
  std::vector<std::pair<std::string, double>> rows;
  Tensors weights;
};

// A procedure on the tiny problem, with every parameter at its default but those it cannot go
// without; at unit `stop` model, optimizer and procedure are built anew from what was saved.
Run carry_out(const Entry& entry, std::int64_t stop, std::uint64_t seed) {
  Values params;
  for (const auto& field : entry.fields)
    if (field.name == "steps") params["steps"] = std::int64_t{6};
  Parts parts;
  const auto data = std::make_shared<testing::TinyData>();
  parts.dataset = data;
  parts.objective = std::make_shared<ClassObjective>();
  auto model = std::make_shared<testing::TinyModel>();
  parts.model = model;
  parts.optimizer = plugins().make<Optimizer>({"sgd", {{"momentum", 0.9}}});
  auto procedure = plugins().make<Procedure>({entry.name, params}, &data->info());
  testing::Rows results;
  const Context context{torch::kCPU, Rng(seed), nullptr};
  const auto units = procedure->units(parts);
  for (std::int64_t unit = 0; unit < units && !procedure->finished(); ++unit) {
    if (unit == stop) {
      State state, optimizer_state;
      procedure->save(state);
      parts.optimizer->save(optimizer_state);
      for (auto* saved : {&state, &optimizer_state})
        for (auto& [key, tensor] : saved->tensors) tensor = tensor.clone();
      auto fresh = std::make_shared<testing::TinyModel>();
      const torch::NoGradGuard no_grad;
      for (std::size_t i = 0; i < model->parameters().size(); ++i)
        fresh->parameters()[i].copy_(model->parameters()[i]);
      for (std::size_t i = 0; i < model->buffers().size(); ++i)
        fresh->buffers()[i].copy_(model->buffers()[i]);
      procedure.reset();
      parts.model = model = fresh;
      parts.optimizer = plugins().make<Optimizer>({"sgd", {{"momentum", 0.9}}});
      parts.optimizer->load(optimizer_state);
      procedure = plugins().make<Procedure>({entry.name, params}, &data->info());
      procedure->load(state);
    }
    procedure->advance(unit, parts, context, results);
  }
  auto weights = copies(model->parameters());
  for (const auto& buffer : model->buffers()) weights.push_back(buffer.clone());
  return {results.rows, weights};
}

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
      Values outside{{field.name, as_field(std::isfinite(range.low) ? range.low - 1 : NAN)}};
      const testing::TinyData data;
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

TEST_CASE("every model runs forward and backward, and is born of its seed") {
  const testing::TinyData data;
  const Context context{torch::kCPU, Rng(0), nullptr};
  const auto batch = data.load(data.ids(Split::kTrain).first(8), context);
  for (const auto* entry : buildable("model")) {
    INFO(entry->name);
    const auto born = [&](std::uint64_t seed) {
      seed_default_generators(Rng(seed), torch::kCPU);
      return plugins().make<Model>({entry->name, {}}, &data.info());
    };
    Silence silence;
    const auto model = born(3);
    const auto output = model->forward(batch.input);
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
  const testing::TinyData data;
  const Context context{torch::kCPU, Rng(0), nullptr};
  const auto batch = data.load(data.ids(Split::kTrain).first(8), context);
  for (const auto* entry : buildable("objective")) {
    INFO(entry->name);
    std::shared_ptr<Objective> objective;
    try {
      objective = plugins().make<Objective>({entry->name, {}}, &data.info());
    } catch (const Error& error) {
      WARN(entry->name << " is not for classes, and skipped: " << error.what());
      continue;
    }
    testing::TinyModel model(0);
    Silence silence;
    const auto first = objective->evaluate(model, batch, context);
    const auto second = objective->evaluate(model, batch, context);
    CHECK(silence.finish() == 0);
    REQUIRE(first.size() == objective->terms().size());
    for (std::size_t k = 0; k < first.size(); ++k) {
      CHECK(first[k].value.dim() == 0);
      CHECK(first[k].value.isfinite().item<bool>());
      CHECK(first[k].value.item<double>() == second[k].value.item<double>());
    }
    for (const auto& parameter : model.parameters()) CHECK_FALSE(parameter.grad().defined());
  }
}

TEST_CASE("every dataset that has its data loads the same bytes twice") {
  for (const auto* entry : buildable("dataset")) {
    INFO(entry->name);
    std::shared_ptr<Dataset> dataset;
    try {
      dataset = plugins().make<Dataset>({entry->name, required_values(*entry)});
    } catch (const Error& error) {
      REQUIRE(error.kind() == ErrorKind::kData);
      WARN(entry->name << " has no data here, and is skipped: " << error.what());
      continue;
    }
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
    CHECK(dataset->info().group_sizes ==
          group_sizes(all.size(), dataset->groups(Split::kTrain), dataset->info().groups.size()));
  }
}

TEST_CASE("every procedure resumes bit for bit, repeats itself, and says nothing aloud") {
  for (const auto* entry : buildable("procedure")) {
    INFO(entry->name);
    Silence silence;
    const auto whole = carry_out(*entry, -1, 1);
    const auto again = carry_out(*entry, -1, 1);
    const auto resumed = carry_out(*entry, 3, 1);
    const auto other = carry_out(*entry, -1, 2);
    CHECK(silence.finish() == 0);
    REQUIRE_FALSE(whole.rows.empty());
    for (const auto& [name, value] : whole.rows) CHECK(std::isfinite(value));
    CHECK(whole.rows == again.rows);
    CHECK(same(whole.weights, again.weights));
    CHECK(whole.rows == resumed.rows);
    CHECK(same(whole.weights, resumed.weights));
    if (entry->name == "train") CHECK_FALSE(same(whole.weights, other.weights));
  }
}
