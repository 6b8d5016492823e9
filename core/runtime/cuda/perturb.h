// Fused perturbation w += scale * g of a whole parameter list. The body is a function of a thread's
// index, so that the CPU tests run the arithmetic and the indexing that the GPU runs.
#pragma once

#include <cstdint>
#include <vector>

#ifdef __CUDACC__
#define ASSAY_HOST_DEVICE __host__ __device__
#else
#define ASSAY_HOST_DEVICE
#endif

namespace assay::cuda {

/// One tensor's memory: `count` floats, contiguous.
struct Segment {
  float* weight;
  const float* gradient;
  std::int64_t count;
};

/// As many tensors as one launch takes: the table travels as a kernel argument (at most 4 KiB).
struct PerturbTable {
  static constexpr int kCapacity = 128;
  float* weight[kCapacity];
  const float* gradient[kCapacity];
  std::int64_t end[kCapacity];  // elements up to and with this tensor
  int tensors = 0;

  ASSAY_HOST_DEVICE std::int64_t elements() const { return tensors == 0 ? 0 : end[tensors - 1]; }
};

/// The tensor that holds element `i` of the concatenation: the first one that ends after it.
ASSAY_HOST_DEVICE inline int tensor_of(const PerturbTable& table, std::int64_t i) {
  int low = 0;
  int high = table.tensors - 1;
  while (low < high) {
    const int middle = (low + high) / 2;
    if (i < table.end[middle])
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

/// What thread `thread` of `threads` does: every threads-th element from its own index on, so that
/// neighbors touch neighboring memory.
ASSAY_HOST_DEVICE inline void perturb_thread(const PerturbTable& table, float scale,
                                             std::int64_t thread, std::int64_t threads) {
  for (std::int64_t i = thread; i < table.elements(); i += threads) {
    const int t = tensor_of(table, i);
    const std::int64_t at = i - (t == 0 ? 0 : table.end[t - 1]);
    table.weight[t][at] += scale * table.gradient[t][at];
  }
}

/// The launches for a list: tables filled up to their capacity, empty tensors left out.
inline std::vector<PerturbTable> plan_perturb(const std::vector<Segment>& segments) {
  std::vector<PerturbTable> tables;
  for (const auto& segment : segments) {
    if (segment.count == 0) continue;
    if (tables.empty() || tables.back().tensors == PerturbTable::kCapacity) tables.emplace_back();
    auto& table = tables.back();
    const auto before = table.elements();
    table.weight[table.tensors] = segment.weight;
    table.gradient[table.tensors] = segment.gradient;
    table.end[table.tensors++] = before + segment.count;
  }
  return tables;
}

}  // namespace assay::cuda
