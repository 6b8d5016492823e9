#include "glc/shared/models/rule_model.h"

#include <algorithm>
#include <cmath>

#include "glc/shared/models/samples.h"
#include "glc/shared/rules/rules_cpp.h"
#include "glc/shared/rules/rules_json.h"

namespace glc {

using assay::Error;
using assay::ErrorKind;

namespace {

constexpr double kStands = 0.51;  // the least probability of a rule's own class

torch::Tensor integers(std::int64_t size) {
  return at::zeros({size}, torch::TensorOptions(torch::kInt64));
}

void set(torch::Tensor& buffer, const torch::Tensor& values) {
  buffer.resize_(values.sizes());
  buffer.copy_(values);
}

}  // namespace

RuleModel::RuleModel(const assay::Info& info, std::string otherwise)
    : names_(named_after(info)), otherwise_(std::move(otherwise)) {
  const auto doubles = torch::TensorOptions(torch::kDouble);
  const auto columns = static_cast<std::int64_t>(names_.columns.size());
  lower_ = register_buffer("lower", at::zeros({0, columns}, doubles));
  upper_ = register_buffer("upper", at::zeros({0, columns}, doubles));
  answer_ = register_buffer("answer", at::full({1}, kRefused, torch::TensorOptions(torch::kInt64)));
  right_ = register_buffer("right", integers(1));
  total_ = register_buffer("total", integers(1));
  prior_ = register_buffer("prior", integers(info.classes));
}

Rules RuleModel::rules() const {
  Rules all = names_;
  const auto lower = lower_.cpu().contiguous(), upper = upper_.cpu().contiguous();
  const auto answer = answer_.cpu();
  const auto columns = all.columns.size();
  for (std::int64_t r = 0; r < lower.size(0); ++r) {
    Rule rule{answer[r].item<std::int64_t>(), Box(columns)};
    for (std::size_t k = 0; k < columns; ++k) {
      const auto at = static_cast<std::size_t>(r) * columns + k;
      rule.box[k] = {lower.const_data_ptr<double>()[at], upper.const_data_ptr<double>()[at]};
    }
    all.rules.push_back(std::move(rule));
  }
  all.otherwise = answer[-1].item<std::int64_t>();
  return all;
}

void RuleModel::keep(const Rules& rules) {
  const auto count = static_cast<std::int64_t>(rules.rules.size());
  const auto columns = static_cast<std::int64_t>(names_.columns.size());
  std::vector<double> lower, upper;
  std::vector<std::int64_t> answer;
  for (const auto& rule : rules.rules) {
    for (const auto& side : rule.box) {
      lower.push_back(side.lower);
      upper.push_back(side.upper);
    }
    answer.push_back(rule.answer);
  }
  answer.push_back(rules.otherwise);
  set(lower_, torch::tensor(lower, torch::kDouble).view({count, columns}));
  set(upper_, torch::tensor(upper, torch::kDouble).view({count, columns}));
  set(answer_, torch::tensor(answer, torch::kInt64));
  set(right_, integers(count + 1));
  set(total_, integers(count + 1));
}

// The default class, and what each rule holds of the training cases.
void RuleModel::count(const Table& table) {
  auto all = rules();
  std::vector<std::int64_t> right(all.rules.size() + 1), total(right.size());
  std::vector<std::int64_t> left(static_cast<std::size_t>(table.classes));
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto it = std::find_if(all.rules.begin(), all.rules.end(),
                                 [&](const Rule& rule) { return table.holds(rule.box, row); });
    const auto at = static_cast<std::size_t>(it - all.rules.begin());
    ++total[at];
    if (it == all.rules.end())
      ++left[static_cast<std::size_t>(table.target[row])];
    else
      right[at] += table.target[row] == it->answer;
  }
  if (otherwise_ == "majority") {
    const auto& of = total.back() > 0 ? left : class_sizes(table);
    all.otherwise = std::max_element(of.begin(), of.end()) - of.begin();
    keep(all);
  }
  if (all.otherwise != kRefused) right.back() = left[static_cast<std::size_t>(all.otherwise)];
  set(right_, torch::tensor(right, torch::kInt64));
  set(total_, torch::tensor(total, torch::kInt64));
  set(prior_, torch::tensor(class_sizes(table), torch::kInt64));
}

bool RuleModel::fit(std::int64_t step, const assay::Samples& samples, const assay::Context&) {
  const torch::NoGradGuard no_grad;
  const auto classes = static_cast<std::int64_t>(names_.classes.size());
  if (!table_) {
    if (learns()) check(samples);
    table_ = table_of(samples, classes);
  }
  auto all = rules();
  const bool more = find(step, *table_, all.rules);
  keep(all);
  if (!more || step + 1 == steps()) count(*table_);
  return more;
}

torch::Tensor RuleModel::first_of(const torch::Tensor& input) const {
  const auto columns = lower_.size(1), count = lower_.size(0);
  if (input.dim() != 2 || input.size(1) != columns)
    throw Error(ErrorKind::kShape, "the rules are for " + std::to_string(columns) +
                                       " columns, but the input has a different shape");
  const auto x = input.to(torch::kDouble).t().contiguous();
  const auto lower = lower_.cpu().contiguous(), upper = upper_.cpu().contiguous();
  auto first = at::full({input.size(0)}, count, answer_.options());
  for (auto rule = count - 1; rule >= 0; --rule) {  // an earlier one overrules
    auto holds = at::ones_like(first, torch::kBool);
    for (std::int64_t k = 0; k < columns; ++k) {
      const double from = lower.const_data_ptr<double>()[rule * columns + k];
      const double to = upper.const_data_ptr<double>()[rule * columns + k];
      if (from != -kInfinity) holds.logical_and_(at::ge(x[k], from));
      if (to != kInfinity) holds.logical_and_(at::le(x[k], to));
    }
    first.masked_fill_(holds, rule);
  }
  return first;
}

assay::Output RuleModel::forward(const assay::Batch& batch) {
  const auto& input = batch.input;
  const auto first = first_of(input);
  const auto classes = prior_.size(0);
  const auto answer = answer_.index_select(0, first);
  const auto refused = answer.eq(kRefused);
  const auto right = right_.index_select(0, first).to(torch::kDouble);
  const auto total = total_.index_select(0, first).to(torch::kDouble);
  const auto own = ((right + 1) / (total + static_cast<double>(classes))).clamp_min(kStands);
  const auto rest = ((1 - own) / static_cast<double>(classes - 1)).unsqueeze(1);
  const auto given = rest.expand({input.size(0), classes})
                         .scatter(1, answer.clamp_min(0).unsqueeze(1), own.unsqueeze(1));
  const auto prior = (prior_.to(torch::kDouble) + 1) / (prior_.sum() + classes);
  const auto p = at::where(refused.unsqueeze(1), prior.unsqueeze(0), given);
  return {p.log().to(torch::kFloat), {}, refused};
}

Figures RuleModel::figures(const assay::Samples& samples) const {
  const auto count = answer_.size(0);
  Figures made{samples.split, std::vector<std::int64_t>(static_cast<std::size_t>(count)),
               std::vector<std::int64_t>(static_cast<std::size_t>(count))};
  for (std::int64_t start = 0; start < samples.input.size(0); start += 4096) {
    const auto size = std::min<std::int64_t>(4096, samples.input.size(0) - start);
    const auto first = first_of(samples.input.narrow(0, start, size));
    const auto hit = answer_.index_select(0, first).eq(samples.target.narrow(0, start, size)).cpu();
    const auto place = first.cpu();
    for (std::int64_t k = 0; k < size; ++k) {
      const auto at = static_cast<std::size_t>(place[k].item<std::int64_t>());
      ++made.total[at];
      made.right[at] += hit[k].item<bool>();
    }
  }
  return made;
}

std::map<std::string, std::string> RuleModel::documents(const std::vector<assay::Samples>& splits) {
  const auto all = rules();
  std::vector<Figures> found;
  for (const auto& samples : splits) found.push_back(figures(samples));
  return {
      {"rules.txt", in_words(all, found)}, {"rules.json", to_json(all)}, {"rules.h", to_cpp(all)}};
}

}  // namespace glc
