#include "glc/shared/models/samples.h"

namespace glc {

using assay::Error;
using assay::ErrorKind;

namespace {

std::vector<std::string> numbered(const std::vector<std::string>& names, std::int64_t count,
                                  const std::string& before) {
  if (!names.empty()) return names;
  std::vector<std::string> all;
  for (std::int64_t k = 0; k < count; ++k) all.push_back(before + std::to_string(k));
  return all;
}

}  // namespace

void check_finite(const assay::Samples& samples) {
  if (!samples.input.isfinite().all().item<bool>() || !samples.target.isfinite().all().item<bool>())
    throw Error(ErrorKind::kData,
                "the " + samples.split +
                    " split has a value that is not finite: only finite values can be compared");
}

void check(const assay::Samples& samples) {
  check_finite(samples);
  if (samples.target.min().equal(samples.target.max()))
    throw Error(ErrorKind::kData,
                "the " + samples.split + " split has only one class; at least two are needed");
}

Table table_of(const assay::Samples& samples, std::int64_t classes) {
  check_finite(samples);
  const auto input = samples.input.cpu().t().contiguous();
  const auto target = samples.target.cpu().contiguous();
  Table table;
  table.classes = classes;
  for (std::int64_t k = 0; k < input.size(0); ++k) {
    const auto* first = input[k].const_data_ptr<float>();
    table.columns.emplace_back(first, first + input.size(1));
  }
  const auto* first = target.const_data_ptr<std::int64_t>();
  table.target.assign(first, first + target.numel());
  return table;
}

std::vector<std::string> column_names(const assay::Info& info) {
  if (info.input_shape.size() != 1)
    throw Error(ErrorKind::kParameter,
                "needs samples of shape [columns]: use a table, such as `csv_table`");
  return numbered(info.input_names, info.input_shape[0], "x");
}

Rules named_after(const assay::Info& info) {
  auto columns = column_names(info);
  if (info.classes < 2)
    throw Error(ErrorKind::kParameter, "needs a dataset with at least two classes");
  return {std::move(columns), numbered(info.class_names, info.classes, "class "), {}, kRefused};
}

}  // namespace glc
