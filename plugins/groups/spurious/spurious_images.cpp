// Classes, noise, attributes and groups; how an attribute looks is the derived class's.
#include "spurious_images.h"

#include <algorithm>

#include <ATen/ops/aminmax.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

namespace {

using assay::Error;
using assay::ErrorKind;
using assay::Split;

constexpr std::int64_t kChunk = 4096;  // images read at a time while the groups are worked out

// A draw of `count` things but `own`, which is left out.
std::int64_t another(std::int64_t own, std::int64_t count, double chance) {
  return (own + 1 + static_cast<std::int64_t>(chance * static_cast<double>(count - 1))) % count;
}

const assay::Info& checked(const SpuriousImages::Params& p) {
  const auto& info = p.images->info();
  if (info.classes < 2)
    throw Error(ErrorKind::kParameter,
                "`images` has fewer than two classes: use a dataset with two or more");
  if (info.input_shape.size() != 3)
    throw Error(ErrorKind::kParameter,
                "`images` is not a dataset of images: its samples must be channels x height x "
                "width, but they have " +
                    std::to_string(info.input_shape.size()) + " dimensions");
  return info;
}

}  // namespace

assay::Schema<SpuriousImages::Params> SpuriousImages::schema() {
  using namespace assay;
  return Schema<Params>()
      .required_component("images", &Params::images, "Dataset of images to paint on.")
      .field("classes", &Params::classes, at_least(0),
             "Number of classes to merge the classes of the images into: class c of n becomes c * "
             "classes / n; 0: keep the classes.")
      .field("attributes", &Params::attributes, any(),
             "Names of the attributes to paint; the attribute of class c is number c modulo their "
             "count; empty: the first ones, one per class.")
      .field("correlation", &Params::correlation, between(-1, 1),
             "Probability in the training split that a sample has the attribute of its class; "
             "otherwise it has any other; below 0: all attributes are equally likely.")
      .field("correlation_validation", &Params::correlation_validation, between(-1, 1),
             "The same for the validation split; below 0: all attributes are equally likely.")
      .field("correlation_test", &Params::correlation_test, between(-1, 1),
             "The same for the test split; below 0: all attributes are equally likely.")
      .field(
          "label_noise", &Params::label_noise, between(0, 1),
          "Probability in all splits that a label is replaced by another before the attribute is "
          "drawn.")
      .field(
          "noise_seed", &Params::noise_seed, at_least(0),
          "Seed of the attributes and the noise; trials with the same value have the same images.")
      .field(
          "groups", &Params::groups, one_of({"class_and_attribute", "attribute"}),
          "Definition of a group: a class combined with an attribute, or an attribute (a domain).");
}

SpuriousImages::SpuriousImages(const Params& p, const assay::Strings& known,
                               const std::string& name)
    : info_(checked(p)),
      inner_(p.images),
      inner_classes_(info_.classes),
      classes_(p.classes == 0 ? inner_classes_ : p.classes),
      label_noise_(p.label_noise),
      seed_(static_cast<std::uint64_t>(p.noise_seed)),
      by_attribute_(p.groups == "attribute") {
  if (classes_ < 2 || classes_ > inner_classes_)
    throw Error(ErrorKind::kParameter,
                "`classes` is " + std::to_string(classes_) + ", but the images have " +
                    std::to_string(inner_classes_) +
                    ": use 0 to keep the classes, or a number from 2 to that many");
  choose(p, known, name);
  info_.classes = classes_;
  if (classes_ != inner_classes_) info_.class_names.clear();
  name_groups(known);
  read(Split::kTrain, p.correlation);
  read(Split::kValidation, p.correlation_validation);
  read(Split::kTest, p.correlation_test);
  if (cell_of_id_.empty()) throw Error(ErrorKind::kData, "`images` has no image in any split");
  info_.group_sizes = assay::group_sizes(groups_[0].size(), groups_[0], info_.groups.size());
}

void SpuriousImages::choose(const Params& p, const assay::Strings& known, const std::string& name) {
  if (p.attributes.empty() && classes_ > static_cast<std::int64_t>(known.size()))
    throw Error(ErrorKind::kParameter, "`" + name + "` has " + std::to_string(known.size()) +
                                           " attributes for " + std::to_string(classes_) +
                                           " classes: merge classes by a smaller `classes`, or "
                                           "list the `attributes` that the classes share");
  if (p.attributes.size() == 1)
    throw Error(ErrorKind::kParameter, "`attributes` must list at least two names");
  for (std::int64_t c = 0; p.attributes.empty() && c < classes_; ++c) chosen_.push_back(c);
  for (const auto& attribute : p.attributes) {
    const auto at = std::find(known.begin(), known.end(), attribute) - known.begin();
    if (at == static_cast<std::ptrdiff_t>(known.size()))
      throw Error(ErrorKind::kParameter, "`attributes` names `" + attribute + "`, which `" + name +
                                             "` cannot paint; available are " +
                                             assay::listed(known));
    if (std::find(chosen_.begin(), chosen_.end(), at) != chosen_.end())
      throw Error(ErrorKind::kParameter, "`attributes` names `" + attribute + "` twice");
    chosen_.push_back(at);
  }
}

void SpuriousImages::name_groups(const assay::Strings& known) {
  const bool named = !info_.class_names.empty();
  info_.groups.clear();
  for (std::size_t c = 0; c < static_cast<std::size_t>(by_attribute_ ? 1 : classes_); ++c)
    for (const auto a : chosen_) {
      const auto& attribute = known[static_cast<std::size_t>(a)];
      const auto of_class = (named ? info_.class_names[c] : std::to_string(c)) + "/" + attribute;
      info_.groups.push_back(by_attribute_ ? attribute : of_class);
    }
}

// A pure function of seed and id, so that a subset or another trial sees the same.
std::int64_t SpuriousImages::cell_of(std::int64_t label, std::uint64_t id,
                                     double correlation) const {
  const auto draw = [&](const char* what) {
    return assay::Rng(seed_).fork("spurious").fork(what).uniform(id);
  };
  label = label * classes_ / inner_classes_;
  if (draw("noise") < label_noise_) label = another(label, classes_, draw("label"));
  const auto own = label % count();
  const bool fits = draw("own") < correlation;
  return label * count() + (fits ? own : another(own, count(), draw("attribute")));
}

std::int64_t SpuriousImages::group_of(std::int64_t cell) const {
  return by_attribute_ ? cell % count() : cell;
}

void SpuriousImages::read(Split split, double correlation) {
  if (correlation < 0) correlation = 1 / static_cast<double>(count());
  const auto all = inner_->ids(split);
  auto& groups = groups_[static_cast<std::size_t>(split)];
  assay::for_pieces(all, kChunk, [&](std::size_t, std::span<const std::int64_t> ids) {
    const auto batch = inner_->load(ids, {});
    const auto [low, high] = at::aminmax(batch.input.transpose(0, 1).flatten(1), 1);
    black_ = black_.defined() ? at::minimum(black_, low) : low;
    white_ = white_.defined() ? at::maximum(white_, high) : high;
    const auto target = batch.target.contiguous();
    for (std::size_t k = 0; k < ids.size(); ++k) {
      const auto id = static_cast<std::size_t>(ids[k]);
      if (id >= cell_of_id_.size()) cell_of_id_.resize(id + 1, -1);
      cell_of_id_[id] = cell_of(target.const_data_ptr<std::int64_t>()[k], id, correlation);
      groups.push_back(group_of(cell_of_id_[id]));
    }
  });
}

torch::Tensor SpuriousImages::targets(Split split) const {
  std::vector<std::int64_t> targets;
  for (const auto id : ids(split))
    targets.push_back(cell_of_id_[static_cast<std::size_t>(id)] / count());
  return torch::tensor(targets, torch::kInt64);
}

assay::Batch SpuriousImages::load(std::span<const std::int64_t> ids,
                                  const assay::Context& context) const {
  auto batch = inner_->load(ids, context);
  std::vector<std::int64_t> groups, targets, attributes;
  for (const auto id : ids) {
    const bool known = id >= 0 && static_cast<std::size_t>(id) < cell_of_id_.size() &&
                       cell_of_id_[static_cast<std::size_t>(id)] >= 0;
    if (!known)
      throw Error(ErrorKind::kData, "image " + std::to_string(id) + " is in none of the splits");
    const auto cell = cell_of_id_[static_cast<std::size_t>(id)];
    groups.push_back(group_of(cell));
    targets.push_back(cell / count());
    attributes.push_back(chosen_[static_cast<std::size_t>(cell % count())]);
  }
  batch.group = torch::tensor(groups, torch::kInt64);
  batch.target = torch::tensor(targets, torch::kInt64);
  batch.input = paint(batch.input, torch::tensor(attributes, torch::kInt64));
  return batch;
}
