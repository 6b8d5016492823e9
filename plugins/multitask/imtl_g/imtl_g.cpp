// IMTL-G: Liu, Li, Kuang, Xue, Chen, Yang, Liao and Zhang, "Towards Impartial Multi-task Learning",
// ICLR 2021, the part that balances gradients.
#include <cmath>

#include <Eigen/QR>

#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/rule.h"

namespace {

// alpha that adds up to 1 and gives d = sum_i alpha_i g_i the same projection on each u_i = g_i /
// |g_i|: sum_j alpha_j <g_0 - g_j, u_0 - u_i> = <g_0, u_0 - u_i> for i, j > 0. With dependent
// gradients the solution of least length.
std::vector<double> impartial(const assay::Gram& gram) {
  const auto count = static_cast<Eigen::Index>(gram.size());
  Eigen::MatrixXd on(count, count);  // <g_i, u_j>
  for (Eigen::Index j = 0; j < count; ++j) {
    const auto column = static_cast<std::size_t>(j);
    const double length = std::sqrt(gram(column, column));
    for (Eigen::Index i = 0; i < count; ++i)
      on(i, j) = gram(static_cast<std::size_t>(i), column) / length;
  }
  const Eigen::Index n = count - 1;
  Eigen::MatrixXd a(n, n);
  Eigen::VectorXd b(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    b(i) = on(0, 0) - on(0, i + 1);
    for (Eigen::Index j = 0; j < n; ++j)
      a(i, j) = on(0, 0) - on(j + 1, 0) - on(0, i + 1) + on(j + 1, i + 1);
  }
  const Eigen::VectorXd rest = a.completeOrthogonalDecomposition().solve(b);
  std::vector<double> alpha{1 - rest.sum()};
  alpha.insert(alpha.end(), rest.begin(), rest.end());
  return alpha;
}

class ImtlG final : public assay::Rule {
 public:
  static assay::Schema<Params> schema() {
    return add_fields(assay::Schema<Params>(),
                      "Optimizer that takes the step with the combined gradient.");
  }

  explicit ImtlG(const Params& params) : Rule(params, "imtl_g") {}

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    return std::make_unique<assay::Combination>(
        problem, by(), "imtl_g",
        [](const assay::PresentParts& terms) { return impartial(terms.gram); });
  }
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<ImtlG>("imtl_g",
                      "Impartial multi-task learning, IMTL-G (Liu et al., ICLR 2021): the "
                      "direction with equal projections on the gradients of all terms.");
}
