// Arrays of NumPy as a dataset.
#include <numeric>

#include <ATen/ops/cat.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/registry.h"
#include "read_npy.h"

namespace {

namespace fs = std::filesystem;
using assay::Error, assay::ErrorKind, assay::Split;

class NpyArrays final : public assay::Dataset {
 public:
  struct Params {
    fs::path train_inputs, train_targets, train_groups;
    fs::path validation_inputs, validation_targets, validation_groups;
    fs::path test_inputs, test_targets, test_groups;
    std::int64_t validation = 0;
    std::string layout = "table";
    std::string task = "classification";
    double scale = 1;
  };

  static assay::Strings abilities() { return {"Table", "Images", "Tokens", "Classes", "Values"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    const auto file = [](const std::string& what) { return "File of the " + what; };
    return Schema<Params>()
        .required("train_inputs", &Params::train_inputs, any(),
                  file("training inputs, an array [N, ...]."))
        .required("train_targets", &Params::train_targets, any(),
                  file("training targets: integers [N] from 0, or real numbers [N] or [N, T]."))
        .field("train_groups", &Params::train_groups, any(),
               file("training groups, integers [N] from 0; empty: there are no groups."))
        .field("validation_inputs", &Params::validation_inputs, any(),
               file("validation inputs; empty: see `validation`."))
        .field("validation_targets", &Params::validation_targets, any(),
               file("validation targets."))
        .field("validation_groups", &Params::validation_groups, any(), file("validation groups."))
        .field("test_inputs", &Params::test_inputs, any(),
               file("test inputs; empty: there is no test split."))
        .field("test_targets", &Params::test_targets, any(), file("test targets."))
        .field("test_groups", &Params::test_groups, any(), file("test groups."))
        .field("validation", &Params::validation, at_least(0),
               "Number of training samples, taken from the end, that form the validation split if "
               "it has no files.")
        .field("layout", &Params::layout, one_of({"table", "images", "tokens"}),
               "Whether a sample is a row of numbers, an image [C, H, W], or integers that stay "
               "integers.")
        .gives({{"table", "Table"}, {"images", "Images"}, {"tokens", "Tokens"}})
        .field("task", &Params::task, one_of({"classification", "regression"}),
               "Whether the targets are classes or values.")
        .gives({{"classification", "Classes"}, {"regression", "Values"}})
        .field("scale", &Params::scale, above(0),
               "Factor of the inputs, such as 0.00392156862745098 (1 / 255) for bytes of pixels.");
  }

  explicit NpyArrays(const Params& p) : classes_(p.task == "classification") {
    check_whole("validation", p.validation_inputs, p.validation_targets, p.validation_groups);
    check_whole("test", p.test_inputs, p.test_targets, p.test_groups);
    read(p, Split::kTrain, {p.train_inputs, p.train_targets, p.train_groups});
    if (p.validation_inputs.empty())
      cut(p.validation);
    else if (p.validation > 0)
      throw Error(
          ErrorKind::kParameter,
          "`validation` cuts the training samples, but `validation_inputs` has some: remove "
          "one of them");
    if (!p.validation_inputs.empty())
      read(p, Split::kValidation, {p.validation_inputs, p.validation_targets, p.validation_groups});
    if (!p.test_inputs.empty())
      read(p, Split::kTest, {p.test_inputs, p.test_targets, p.test_groups});
    join();
    describe(p);
  }

  const assay::Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(Split split) const override { return ids_[index(split)]; }
  std::span<const std::int64_t> groups(Split split) const override { return groups_[index(split)]; }
  torch::Tensor targets(Split split) const override {
    return targets_.index_select(0, torch::tensor(ids_[index(split)]));
  }

  assay::Batch load(std::span<const std::int64_t> ids, const assay::Context&) const override {
    for (const auto id : ids)
      if (id < 0 || id >= inputs_.size(0))
        throw Error(ErrorKind::kData, "there is no sample " + std::to_string(id) + "; there are " +
                                          std::to_string(inputs_.size(0)));
    const auto rows = torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()));
    return {inputs_.index_select(0, rows), targets_.index_select(0, rows), rows,
            group_.index_select(0, rows)};
  }

 private:
  struct Files {
    fs::path inputs, targets, groups;
  };

  static void check_whole(const std::string& name, const fs::path& inputs, const fs::path& targets,
                          const fs::path& groups) {
    if (inputs.empty() && (!targets.empty() || !groups.empty()))
      throw Error(ErrorKind::kParameter,
                  "`" + name + "_inputs` is missing: the split has other files");
  }

  static std::size_t index(Split split) { return static_cast<std::size_t>(split); }

  void read(const Params& p, Split split, const Files& files) {
    const auto name = std::string(assay::name_of(split));
    if (files.targets.empty())
      throw Error(ErrorKind::kParameter, "`" + name + "_targets` is missing");
    if (files.groups.empty() != p.train_groups.empty())
      throw Error(ErrorKind::kParameter,
                  "all splits have groups, or none: give `" + name + "_groups` like the others");
    const auto inputs = inputs_of(files.inputs, p);
    all_inputs_.push_back(inputs);
    all_targets_.push_back(targets_of(files.targets, inputs.size(0)));
    const auto count = inputs.size(0);
    all_groups_.push_back(files.groups.empty() ? at::zeros({count}, torch::kInt64)
                                               : indices(files.groups, count));
    auto& ids = ids_[index(split)];
    ids.resize(static_cast<std::size_t>(count));
    std::iota(ids.begin(), ids.end(), size_);
    size_ += count;
  }

  static torch::Tensor inputs_of(const fs::path& file, const Params& p) {
    const auto array = read_npy(file);
    if (array.dim() < 2 || array.size(0) == 0)
      throw Error(ErrorKind::kData, file.string() + ": expected inputs [N, ...] with N > 0");
    if (p.layout == "tokens") {
      if (array.is_floating_point() || p.scale != 1)
        throw Error(ErrorKind::kData, file.string() +
                                          ": `layout: tokens` needs integers, and no "
                                          "`scale`");
      return array.to(torch::kInt64);
    }
    const auto inputs = array.to(torch::kFloat) * p.scale;
    if (!at::isfinite(inputs).all().item<bool>())
      throw Error(ErrorKind::kData, file.string() + ": has inputs that are not finite");
    return inputs;
  }

  torch::Tensor targets_of(const fs::path& file, std::int64_t count) const {
    if (classes_) return indices(file, count);
    const auto array = read_npy(file);
    const auto values = array.dim() == 1 ? array.unsqueeze(1) : array;
    if (values.dim() != 2 || values.size(0) != count)
      throw Error(ErrorKind::kData, file.string() + ": expected [" + std::to_string(count) +
                                        "] or [" + std::to_string(count) + ", T] values");
    if (!at::isfinite(values).all().item<bool>())
      throw Error(ErrorKind::kData, file.string() + ": has targets that are not finite");
    return values.to(torch::kFloat);
  }

  static torch::Tensor indices(const fs::path& file, std::int64_t count) {
    const auto array = read_npy(file);
    if (array.dim() != 1 || array.size(0) != count || array.is_floating_point())
      throw Error(ErrorKind::kData, file.string() + ": expected " + std::to_string(count) +
                                        " integers, one per sample");
    const auto numbers = array.to(torch::kInt64);
    if (count > 0 && numbers.min().item<std::int64_t>() < 0)
      throw Error(ErrorKind::kData, file.string() + ": has negative numbers");
    constexpr std::int64_t kMost = 100'000;
    if (count > 0 && numbers.max().item<std::int64_t>() >= kMost)
      throw Error(ErrorKind::kData, file.string() + ": has the number " +
                                        std::to_string(numbers.max().item<std::int64_t>()) +
                                        "; classes and groups are numbered from 0, up to 99,999");
    return numbers;
  }

  void cut(std::int64_t validation) {
    auto& train = ids_[index(Split::kTrain)];
    if (validation >= std::ssize(train))
      throw Error(ErrorKind::kData, "validation: " + std::to_string(validation) +
                                        " leaves no training sample out of " +
                                        std::to_string(train.size()));
    const auto from = train.end() - static_cast<std::ptrdiff_t>(validation);
    ids_[index(Split::kValidation)].assign(from, train.end());
    train.erase(from, train.end());
  }

  void join() {
    for (const auto& inputs : all_inputs_)
      if (inputs.sizes().slice(1) != all_inputs_[0].sizes().slice(1) ||
          inputs.scalar_type() != all_inputs_[0].scalar_type())
        throw Error(ErrorKind::kData, "the inputs of the splits differ in shape or type");
    for (const auto& targets : all_targets_)
      if (targets.sizes().slice(1) != all_targets_[0].sizes().slice(1))
        throw Error(ErrorKind::kData, "the targets of the splits differ in shape");
    inputs_ = at::cat(all_inputs_);
    targets_ = at::cat(all_targets_);
    group_ = at::cat(all_groups_);
    all_inputs_.clear();
    all_targets_.clear();
    all_groups_.clear();
  }

  void describe(const Params& p) {
    info_.input_shape = inputs_.sizes().slice(1).vec();
    info_.input_type = inputs_.scalar_type();
    if (p.layout == "images" && info_.input_shape.size() != 3)
      throw Error(ErrorKind::kData, "`layout: images` needs inputs [N, C, H, W]");
    if (p.layout == "images") describe_pixels();
    if (classes_)
      info_.classes = targets_.max().item<std::int64_t>() + 1;
    else
      info_.targets = targets_.size(1);
    if (classes_) check_classes();
    info_.read = std::to_string(inputs_.size(0)) + " samples: " + std::to_string(ids_[0].size()) +
                 " train, " + std::to_string(ids_[1].size()) + " validation, " +
                 std::to_string(ids_[2].size()) + " test";
    if (!p.train_groups.empty()) {
      const auto count = group_.max().item<std::int64_t>() + 1;
      for (std::int64_t g = 0; g < count; ++g) info_.groups.push_back(std::to_string(g));
      const auto* group = group_.const_data_ptr<std::int64_t>();
      for (std::size_t split = 0; split < 3; ++split)
        for (const auto id : ids_[split]) groups_[split].push_back(group[id]);
    }
    const auto train = index(Split::kTrain);
    info_.group_sizes = assay::group_sizes(ids_[train].size(), groups_[train], info_.groups.size());
  }

  void check_classes() const {
    std::vector<bool> trained(static_cast<std::size_t>(info_.classes));
    const auto* target = targets_.const_data_ptr<std::int64_t>();
    for (const auto id : ids_[0]) trained[static_cast<std::size_t>(target[id])] = true;
    for (std::size_t c = 0; c < trained.size(); ++c)
      if (!trained[c])
        throw Error(ErrorKind::kData, "no training sample has the class " + std::to_string(c) +
                                          "; classes are numbered from 0 without gaps");
  }

  // Numbers in [0, 1] are pixels as they are; for others nothing is known.
  void describe_pixels() {
    if (inputs_.min().item<float>() < 0 || inputs_.max().item<float>() > 1) return;
    const auto channels = static_cast<std::size_t>(info_.input_shape[0]);
    info_.pixel_mean.assign(channels, 0);
    info_.pixel_deviation.assign(channels, 1);
  }

  bool classes_;
  assay::Info info_;
  std::vector<torch::Tensor> all_inputs_, all_targets_, all_groups_;  // of the splits, until joined
  torch::Tensor inputs_, targets_, group_;  // [N, ...], [N] or [N, T], [N]
  std::vector<std::int64_t> ids_[3], groups_[3];
  std::int64_t size_ = 0;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<NpyArrays>("npy", "Inputs, targets and groups from arrays of NumPy (.npy files).");
}
