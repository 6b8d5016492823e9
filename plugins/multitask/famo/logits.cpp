#include "logits.h"

#include <algorithm>
#include <cmath>

std::vector<double> Logits::softmax() const {
  const double largest = *std::max_element(xi.begin(), xi.end());
  std::vector<double> z;
  double sum = 0;
  for (const double x : xi) sum += z.emplace_back(std::exp(x - largest));
  for (double& value : z) value /= sum;
  return z;
}

void Logits::descend(const std::vector<double>& fall, double lr, double weight_decay) {
  const auto z = softmax();
  double average = 0;
  for (std::size_t i = 0; i < z.size(); ++i) average += z[i] * fall[i];
  const auto t = static_cast<double>(++count);
  for (std::size_t i = 0; i < xi.size(); ++i) {
    const double gradient = z[i] * (fall[i] - average) + weight_decay * xi[i];
    mean[i] = 0.9 * mean[i] + 0.1 * gradient;
    square[i] = 0.999 * square[i] + 0.001 * gradient * gradient;
    const double root = std::sqrt(square[i] / (1 - std::pow(0.999, t)));
    xi[i] -= lr * mean[i] / (1 - std::pow(0.9, t)) / (root + 1e-8);
  }
}
