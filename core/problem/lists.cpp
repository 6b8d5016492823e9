// Compiled for several instruction sets; the loader takes the machine's best.
#include "core/problem/lists.h"

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)  // ifuncs run before ASan is ready
#define ASSAY_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ASSAY_CLONES
#endif
#define ASSAY_INLINE inline __attribute__((always_inline))

namespace assay::lists {
namespace {

constexpr int kLanes = 16;

template <class T>
ASSAY_INLINE double dot_of(const T* a, const T* b, std::int64_t count) {
  T lanes[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int k = 0; k < kLanes; ++k) lanes[k] += a[i + k] * b[i + k];
  double sum = 0;
  for (; i < count; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  for (const T lane : lanes) sum += static_cast<double>(lane);
  return sum;
}
template <class T>
ASSAY_INLINE void move_to(const T* start, T* to, T scale, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = start[i] + scale * to[i];
}
template <class T>
ASSAY_INLINE void add_to(const T* __restrict from, T* __restrict to, T scale, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] += scale * from[i];
}
template <class T>
ASSAY_INLINE void scale_to(const T* __restrict from, T* __restrict to, T scale,
                           std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = scale * from[i];
}

}  // namespace

ASSAY_CLONES double dot(const float* a, const float* b, std::int64_t count) {
  return dot_of(a, b, count);
}
ASSAY_CLONES double dot(const double* a, const double* b, std::int64_t count) {
  return dot_of(a, b, count);
}
ASSAY_CLONES void move(const float* start, float* to, float scale, std::int64_t count) {
  move_to(start, to, scale, count);
}
ASSAY_CLONES void move(const double* start, double* to, double scale, std::int64_t count) {
  move_to(start, to, scale, count);
}
ASSAY_CLONES void add(const float* from, float* to, float scale, std::int64_t count) {
  add_to(from, to, scale, count);
}
ASSAY_CLONES void add(const double* from, double* to, double scale, std::int64_t count) {
  add_to(from, to, scale, count);
}
ASSAY_CLONES void scale(const float* from, float* to, float scale, std::int64_t count) {
  scale_to(from, to, scale, count);
}
ASSAY_CLONES void scale(const double* from, double* to, double scale, std::int64_t count) {
  scale_to(from, to, scale, count);
}

}  // namespace assay::lists
