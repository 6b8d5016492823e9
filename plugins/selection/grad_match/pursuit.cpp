#include "selection/grad_match/pursuit.h"

#include <ATen/ops/mv.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "selection/grad_match/non_negative.h"
#include "selection/shared/places.h"

namespace selection {

assay::Selector::Choice pursuit(const torch::Tensor& given, const torch::Tensor& b, std::int64_t n,
                                double ridge) {
  const auto x = given.to(torch::kDouble);
  const auto target = b.to(torch::kDouble);
  const double added = ridge * x.square().sum(1).max().item<double>();
  const auto wanted = at::mv(x, target);
  NonNegative least;
  assay::Selector::Choice choice;
  auto rest = wanted;
  while (std::ssize(choice.places) < n) {
    const auto place = without(rest, choice.places, -1e300).argmax().item<std::int64_t>();
    choice.places.push_back(place);
    const auto chosen = x.index_select(0, tensor_of(choice.places));
    auto products = numbers(at::mv(chosen, x[place]));
    products.back() += added;
    least.add(Eigen::Map<Eigen::VectorXd>(products.data(), std::ssize(products)),
              wanted[place].item<double>());
    const auto& w = least.weights();
    choice.weights.assign(w.begin(), w.end());
    const auto weight = torch::tensor(choice.weights, torch::kDouble);
    rest = at::mv(x, target - at::mv(chosen.t(), weight));
  }
  return choice;
}

}  // namespace selection
