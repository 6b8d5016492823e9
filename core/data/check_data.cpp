#include "core/data/check_data.h"

#include <algorithm>

#include <c10/util/StringUtil.h>

#include "assay/sdk/training.h"

namespace assay {
namespace {

using Ids = std::span<const std::int64_t>;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::kData, "the dataset " + what, std::string(Dataset::kind));
}

void expect_apart(Ids a, Split of_a, Ids b, Split of_b) {
  for (auto i = a.begin(), k = b.begin(); i != a.end() && k != b.end();) {
    if (*i == *k)
      refuse("has the sample " + std::to_string(*i) + " in the splits " +
             std::string(name_of(of_a)) + " and " + std::string(name_of(of_b)) +
             ": a sample must be in one of them only");
    *i < *k ? ++i : ++k;
  }
}

void check_input(const torch::Tensor& input, std::int64_t rows, const Info& info) {
  if (!input.defined()) return;
  auto expected = info.input_shape;
  expected.insert(expected.begin(), rows);
  if (!info.input_shape.empty() && input.sizes() != expected)
    refuse("gives inputs " + c10::str(input.sizes()) + ", and its Info says " +
           c10::str(c10::IntArrayRef(expected)));
  if (input.scalar_type() != info.input_type)
    refuse(std::string("gives inputs of type ") + c10::toString(input.scalar_type()) +
           ", and its Info says " + c10::toString(info.input_type));
  // The sum is infinite or NaN if an element is, and costs one pass.
  if (input.is_floating_point() && !input.sum(torch::kDouble).isfinite().item<bool>())
    refuse("gives inputs that are NaN or infinite");
}

void check_targets(const torch::Tensor& target, std::int64_t rows, const Info& info) {
  if (!target.defined() || rows == 0) return;
  if (info.classes == 0) {
    if (!target.is_floating_point() || target.dim() != 2 || target.size(1) != info.targets)
      refuse("gives targets " + c10::str(target.sizes()) + " of type " +
             c10::toString(target.scalar_type()) + ", expected real numbers [" +
             std::to_string(rows) + ", " + std::to_string(info.targets) + "]");
    return;
  }
  if (target.scalar_type() != torch::kInt64 || target.dim() != 1 || target.size(0) != rows)
    refuse("gives targets " + c10::str(target.sizes()) + " of type " +
           c10::toString(target.scalar_type()) + ", expected classes [" + std::to_string(rows) +
           "] of type Long");
  const auto low = target.min().item<std::int64_t>(), high = target.max().item<std::int64_t>();
  if (low < 0 || high >= info.classes)
    refuse("gives a sample the class " + std::to_string(low < 0 ? low : high) +
           ", and has the classes 0 to " + std::to_string(info.classes - 1));
}

}  // namespace

void check_ids(const Dataset& dataset) {
  constexpr Split kSplits[] = {Split::kTrain, Split::kValidation, Split::kTest};
  for (const auto split : kSplits) {
    const auto ids = dataset.ids(split);
    if (!std::is_sorted(ids.begin(), ids.end()))
      refuse("has ids of the split " + std::string(name_of(split)) + " that are not ascending");
  }
  for (std::size_t a = 0; a < std::size(kSplits); ++a)
    for (std::size_t b = a + 1; b < std::size(kSplits); ++b)
      expect_apart(dataset.ids(kSplits[a]), kSplits[a], dataset.ids(kSplits[b]), kSplits[b]);
}

void check_loaded(const Batch& batch, Ids ids, const Info& info) {
  const auto rows = static_cast<std::int64_t>(ids.size());
  const auto own = batch.id.defined() ? batch.id.contiguous() : torch::Tensor();
  if (!own.defined() || own.scalar_type() != torch::kInt64 || own.numel() != rows ||
      !std::equal(ids.begin(), ids.end(), own.const_data_ptr<std::int64_t>()))
    refuse("does not give the samples that were asked for, in this order, in Batch::id");
  check_input(batch.input, rows, info);
  check_targets(batch.target, rows, info);
  if (!batch.group.defined() || rows == 0) return;
  const auto groups = std::max<std::int64_t>(1, std::ssize(info.groups));
  if (batch.group.numel() != rows || batch.group.min().item<std::int64_t>() < 0 ||
      batch.group.max().item<std::int64_t>() >= groups)
    refuse("gives groups that are not [" + std::to_string(rows) + "] numbers below " +
           std::to_string(groups));
}

}  // namespace assay
