// Datasets: the same samples on every call, as Info says.
#include "assay/sdk/training.h"
#include "runner/conformance/owed.h"
#include "runner/conformance/trial.h"
#include "runner/conformance/watches.h"

namespace assay::conformance {
namespace {

constexpr std::size_t kSome = 5;

void test_samples(const Dataset& data, Owed& owed) {
  const Context context{torch::kCPU, Rng(0), nullptr};
  const auto all = data.ids(Split::kTrain);
  owed.expect(!all.empty(), "it has no training samples");
  const auto ids = all.first(std::min(kSome, all.size()));
  const GeneratorWatch generator;
  const auto a = data.load(ids, context), b = data.load(ids, context);
  owed.expect(!generator.was_used(),
              "load() draws from LibTorch's default generator, or seeds it: draw from context.rng");
  owed.expect(testing::same({a.input, a.target, a.id, a.group}, {b.input, b.target, b.id, b.group}),
              "load() gives other bytes the second time");
  owed.expect(a.id.equal(torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()))),
              "load() does not give the samples in the order of the ids");
  owed.expect(a.input.sizes().slice(1).vec() == data.info().input_shape,
              "the inputs have another shape than Info::input_shape");
  owed.expect(a.input.scalar_type() == data.info().input_type,
              "the inputs have another type than Info::input_type");
  owed.expect(!a.input.is_floating_point() || a.input.isfinite().all().item<bool>(),
              "it has inputs that are not finite");
}

// A sample is the same whatever stands beside it in its batch.
void test_batches(const Dataset& data, Owed& owed) {
  const Context context{torch::kCPU, Rng(0), nullptr};
  const auto all = data.ids(Split::kTrain);
  const auto ids = all.first(std::min(kSome, all.size()));
  const auto whole = data.load(ids, context);
  for (std::size_t k = 0; k < ids.size(); ++k) {
    const auto alone = data.load(ids.subspan(k, 1), context);
    const auto row = torch::tensor({static_cast<std::int64_t>(k)}, torch::kInt64);
    owed.expect(testing::same(testing::tensors_of(alone), testing::tensors_of(whole.select(row))),
                "a sample alone has other bytes than in a batch: it depends on the others, or on "
                "its place");
  }
  const auto groups = data.groups(Split::kTrain);
  for (std::size_t k = 0; k < ids.size() && !groups.empty(); ++k)
    owed.expect(whole.group[static_cast<std::int64_t>(k)].item<std::int64_t>() == groups[k],
                "Batch::group differs from groups()");
  const torch::NoGradGuard no_grad;
  auto written = data.load(ids, context);
  const auto before = written.input.clone();
  written.input.zero_();
  owed.expect(data.load(ids, context).input.equal(before),
              "a batch is a view of the dataset's memory: who writes on it changes the samples");
}

void test_split(const Dataset& data, Split split, Owed& owed) {
  const auto& info = data.info();
  const auto ids = data.ids(split);
  const auto name = std::string(name_of(split));
  owed.expect(std::is_sorted(ids.begin(), ids.end()) &&
                  std::adjacent_find(ids.begin(), ids.end()) == ids.end(),
              "the ids of split " + name + " are not ascending");
  const auto groups = data.groups(split);
  owed.expect(groups.empty() || groups.size() == ids.size(),
              "groups() of split " + name + " has not one group per id");
  for (const auto group : groups)
    owed.expect(group >= 0 && group < std::ssize(info.groups),
                "groups() of split " + name + " has a group that Info::groups lacks");
  if (ids.empty()) return;
  const auto targets = data.targets(split);
  owed.expect(targets.equal(data.Dataset::targets(split)),
              "targets() of split " + name + " differ from those of the samples");
  if (info.classes > 0)
    owed.expect(targets.scalar_type() == torch::kInt64 && targets.min().item<std::int64_t>() >= 0 &&
                    targets.max().item<std::int64_t>() < info.classes,
                "the targets of split " + name + " are no classes below Info::classes");
  else
    owed.expect(targets.dim() == 2 && targets.size(1) == info.targets,
                "the targets of split " + name + " are not [N, Info::targets]");
}

std::shared_ptr<Dataset> made(const Registry& registry, const Entry& entry) try {
  return registry.make<Dataset>({entry.name, testing::required_values(entry)});
} catch (const Error& error) {
  if (error.kind() == ErrorKind::kData) throw DataMissing(error.what());
  throw;
}

}  // namespace

void test_dataset(const Registry& registry, const Entry& entry, Owed& owed) {
  const GeneratorWatch generator;
  const auto data = made(registry, entry);
  owed.expect(!generator.was_used(),
              "its constructor draws from LibTorch's default generator, or seeds it: use an Rng of "
              "a seed parameter");
  try {
    check_ids(*data);
  } catch (const Error& error) {
    owed.expect(false, error.what());
  }
  test_samples(*data, owed);
  test_batches(*data, owed);
  for (const auto split : {Split::kTrain, Split::kValidation, Split::kTest})
    test_split(*data, split, owed);
  const auto& info = data->info();
  owed.expect(info.group_sizes == group_sizes(data->ids(Split::kTrain).size(),
                                              data->groups(Split::kTrain), info.groups.size()),
              "Info::group_sizes are not those of the training split");
  owed.expect(info.class_names.empty() || std::ssize(info.class_names) == info.classes,
              "Info::class_names has not one name per class");
}

}  // namespace assay::conformance
