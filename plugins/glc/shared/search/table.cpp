#include "glc/shared/search/table.h"

#include <algorithm>

namespace glc {

std::vector<std::int64_t> class_sizes(const Table& table) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(table.classes));
  for (const auto c : table.target) ++sizes[static_cast<std::size_t>(c)];
  return sizes;
}

std::vector<std::int64_t> rarest_first(const Table& table) {
  const auto sizes = class_sizes(table);
  std::vector<std::int64_t> order;
  for (std::int64_t c = 0; c < table.classes; ++c)
    if (sizes[static_cast<std::size_t>(c)] > 0) order.push_back(c);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
    return sizes[static_cast<std::size_t>(a)] < sizes[static_cast<std::size_t>(b)];
  });
  return order;
}

}  // namespace glc
