// A decision tree, as a rival, and as the rules that its leaves are.
#include <numeric>

#include "assay/registry.h"
#include "glc/shared/models/samples.h"
#include "glc/shared/rules/rules_cpp.h"
#include "glc/shared/rules/rules_json.h"
#include "glc/shared/rules/words.h"
#include "glc/shared/search/tree.h"

namespace glc {

class Cart final : public assay::Model, public assay::Fitted, public assay::Legible {
 public:
  struct Params {
    std::int64_t depth = 0;
    std::int64_t least = 1;
    std::int64_t least_split = 2;
  };
  static assay::Strings needs() { return {"dataset/Table", "dataset/Classes"}; }
  static assay::Schema<Params> schema();

  Cart(const Params& params, const assay::Info& info);
  assay::Output forward(const assay::Batch& batch) override;
  std::int64_t steps() const override { return 1; }
  bool fit(std::int64_t, const assay::Samples& samples, const assay::Context&) override;
  std::map<std::string, std::string> documents(const std::vector<assay::Samples>& splits) override;

 private:
  Rules rules() const;                                      // one per leaf, from left to right
  torch::Tensor leaf_of(const torch::Tensor& input) const;  // [B] int64, numbers of nodes
  Tree tree() const;

  Params p_;
  Rules names_;
  torch::Tensor column_, left_, right_;  // [nodes] int64; column is Node::kLeaf in a leaf
  torch::Tensor threshold_;              // [nodes] double
  torch::Tensor counts_;                 // [nodes, classes] int64, training cases
};

assay::Schema<Cart::Params> Cart::schema() {
  using namespace assay;
  return Schema<Params>()
      .field("depth", &Params::depth, at_least(0),
             "Largest depth of the tree, in splits from the root to a leaf; 0: no limit.")
      .field("least", &Params::least, at_least(1), "Smallest number of training cases in a leaf.")
      .field("least_split", &Params::least_split, at_least(2),
             "Smallest number of training cases in a node that is split.");
}

Cart::Cart(const Params& params, const assay::Info& info) : p_(params), names_(named_after(info)) {
  const auto integers = torch::TensorOptions(torch::kInt64);
  column_ = register_buffer("column", at::full({1}, Node::kLeaf, integers));
  left_ = register_buffer("left", at::zeros({1}, integers));
  right_ = register_buffer("right", at::zeros({1}, integers));
  threshold_ = register_buffer("threshold", at::zeros({1}, torch::TensorOptions(torch::kDouble)));
  counts_ = register_buffer("counts", at::zeros({1, info.classes}, integers));
}

bool Cart::fit(std::int64_t, const assay::Samples& samples, const assay::Context&) {
  const torch::NoGradGuard no_grad;
  check(samples);
  const auto table = table_of(samples, counts_.size(1));
  Rows rows(table.rows());
  std::iota(rows.begin(), rows.end(), 0U);
  const auto grown = grow_tree(table, rows, {p_.depth, p_.least, p_.least_split});
  std::vector<std::int64_t> column, left, right, counts;
  std::vector<double> threshold;
  for (const auto& node : grown) {
    column.push_back(node.column);
    left.push_back(node.left);
    right.push_back(node.right);
    threshold.push_back(node.threshold);
    counts.insert(counts.end(), node.counts.begin(), node.counts.end());
  }
  const auto set = [](torch::Tensor& buffer, const torch::Tensor& values) {
    buffer.resize_(values.sizes()).copy_(values);
  };
  set(column_, torch::tensor(column, torch::kInt64));
  set(left_, torch::tensor(left, torch::kInt64));
  set(right_, torch::tensor(right, torch::kInt64));
  set(threshold_, torch::tensor(threshold, torch::kDouble));
  set(counts_, torch::tensor(counts, torch::kInt64).view({-1, counts_.size(1)}));
  return false;
}

// All samples go down together, a level a pass; who is in a leaf stays there.
torch::Tensor Cart::leaf_of(const torch::Tensor& input) const {
  const auto columns = static_cast<std::int64_t>(names_.columns.size());
  if (input.dim() != 2 || input.size(1) != columns)
    throw assay::Error(assay::ErrorKind::kShape,
                       "the tree was built for " + std::to_string(columns) +
                           " columns, but the input has a different shape");
  const auto x = input.to(torch::kDouble);
  auto node = at::zeros({input.size(0)}, column_.options());
  for (;;) {
    const auto column = column_.index_select(0, node);
    const auto inner = column.ne(Node::kLeaf);
    if (!inner.any().item<bool>()) return node;
    const auto value = x.gather(1, column.clamp_min(0).unsqueeze(1)).squeeze(1);
    const auto below = at::le(value, threshold_.index_select(0, node));
    const auto next = at::where(below, left_.index_select(0, node), right_.index_select(0, node));
    node = at::where(inner, next, node);
  }
}

assay::Output Cart::forward(const assay::Batch& batch) {
  const auto counts = counts_.index_select(0, leaf_of(batch.input)).to(torch::kDouble);
  const auto classes = static_cast<double>(counts.size(1));
  const auto p = (counts + 1) / (counts.sum(1, /*keepdim=*/true) + classes);
  return {p.log().to(torch::kFloat), {}, {}};
}

Tree Cart::tree() const {
  const auto column = column_.cpu(), left = left_.cpu(), right = right_.cpu(),
             threshold = threshold_.cpu(), counts = counts_.cpu().contiguous();
  const auto classes = counts.size(1);
  Tree all;
  for (std::int64_t k = 0; k < column.size(0); ++k) {
    const auto* first = counts.const_data_ptr<std::int64_t>() + k * classes;
    all.push_back({static_cast<std::int32_t>(column.const_data_ptr<std::int64_t>()[k]),
                   static_cast<std::int32_t>(left.const_data_ptr<std::int64_t>()[k]),
                   static_cast<std::int32_t>(right.const_data_ptr<std::int64_t>()[k]),
                   threshold.const_data_ptr<double>()[k],
                   {first, first + classes}});
  }
  return all;
}

Rules Cart::rules() const {
  Rules all = names_;
  for (const auto& leaf : leaves(tree(), names_.columns.size()))
    all.rules.push_back({leaf.answer, leaf.box});
  return all;
}

std::map<std::string, std::string> Cart::documents(const std::vector<assay::Samples>& splits) {
  const auto all = rules();
  std::vector<std::int64_t> place(static_cast<std::size_t>(column_.size(0)));
  std::int64_t number = 0;
  for (const auto& leaf : leaves(tree(), names_.columns.size())) place[leaf.node] = number++;
  std::vector<Figures> found;
  for (const auto& samples : splits) {
    Figures figures{samples.split, std::vector<std::int64_t>(all.rules.size() + 1), {}};
    figures.total = figures.right;
    const auto node = leaf_of(samples.input).cpu();
    const auto target = samples.target.cpu();
    for (std::int64_t k = 0; k < node.size(0); ++k) {
      const auto at = static_cast<std::size_t>(
          place[static_cast<std::size_t>(node.const_data_ptr<std::int64_t>()[k])]);
      ++figures.total[at];
      figures.right[at] += target.const_data_ptr<std::int64_t>()[k] == all.rules[at].answer;
    }
    found.push_back(std::move(figures));
  }
  return {
      {"rules.txt", in_words(all, found)}, {"rules.json", to_json(all)}, {"rules.h", to_cpp(all)}};
}

}  // namespace glc

ASSAY_PLUGIN(registry) {
  registry.add<glc::Cart>("cart", "Decision tree by the Gini impurity (Breiman et al., 1984).");
}
