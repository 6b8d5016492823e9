// A random order, sorted by class where asked, and cut.
#include "splits.h"

#include <algorithm>

#include <ATen/ops/randperm.h>

#include "assay/error.h"

namespace {

using Rows = std::vector<std::int64_t>;

Rows shuffled(std::int64_t rows, const assay::Rng& rng) {
  const auto order = at::randperm(rows, rng.generator(), torch::kInt64);
  const auto* first = order.const_data_ptr<std::int64_t>();
  return {first, first + rows};
}

// An order in which any stretch of it has each class by its share: position k of the n of a class
// comes at (k + 1/2) / n of the way.
void interleave(Rows& order, const Rows& classes) {
  const auto count =
      static_cast<std::size_t>(*std::max_element(classes.begin(), classes.end())) + 1;
  std::vector<double> sizes(count), seen(count), at(classes.size());
  for (const auto row : order)
    ++sizes[static_cast<std::size_t>(classes[static_cast<std::size_t>(row)])];
  for (const auto row : order) {
    const auto r = static_cast<std::size_t>(row);
    const auto c = static_cast<std::size_t>(classes[r]);
    at[r] = (seen[c]++ + 0.5) / sizes[c];
  }
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
    return at[static_cast<std::size_t>(a)] < at[static_cast<std::size_t>(b)];
  });
}

// Rows of a class one after another, dealt out like cards.
Rows deal(Rows order, const Rows& classes, std::int64_t folds) {
  if (!classes.empty())
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
      return classes[static_cast<std::size_t>(a)] < classes[static_cast<std::size_t>(b)];
    });
  Rows parts(order.size());
  for (std::size_t k = 0; k < order.size(); ++k)
    parts[static_cast<std::size_t>(order[k])] = static_cast<std::int64_t>(k) % folds;
  return parts;
}

// Takes the first `count` of an order in which the classes are mixed.
Rows taken(Rows& order, std::int64_t count, const Rows& classes) {
  if (!classes.empty()) interleave(order, classes);
  const auto end = order.begin() + std::min<std::ptrdiff_t>(count, std::ssize(order));
  Rows first(order.begin(), end);
  order.erase(order.begin(), end);
  return first;
}

}  // namespace

Splits split_rows(std::int64_t rows, const Shares& shares, const Rows& classes, const Rows& given,
                  const assay::Rng& rng) {
  if (shares.folds > rows)
    throw assay::Error(assay::ErrorKind::kParameter, "`folds` is " + std::to_string(shares.folds) +
                                                         ", but the table has only " +
                                                         std::to_string(rows) + " rows");
  auto order = shuffled(rows, rng);
  const auto parts = shares.folds > 0 ? deal(order, classes, shares.folds) : given;
  const auto share = [&](double part) {
    return static_cast<std::int64_t>(part * static_cast<double>(rows));
  };
  Splits splits;
  auto& [train, validation, test] = splits;
  if (parts.empty()) test = taken(order, share(shares.test), classes);
  for (std::size_t row = 0; row < parts.size(); ++row)
    if (parts[row] == shares.fold) test.push_back(static_cast<std::int64_t>(row));
  if (!parts.empty())
    std::erase_if(order,
                  [&](auto row) { return parts[static_cast<std::size_t>(row)] == shares.fold; });
  validation = taken(order, share(shares.validation), classes);
  train = std::move(order);
  if (!given.empty() && test.empty())
    throw assay::Error(
        assay::ErrorKind::kParameter,
        "no row has the value " + std::to_string(shares.fold) + " of `fold` in `fold_column`");
  for (auto& split : splits) std::sort(split.begin(), split.end());
  return splits;
}
