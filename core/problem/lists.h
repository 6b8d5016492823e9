// Kernels over lists of tensors: the list is one long row of numbers, cut into blocks.
#pragma once

#include <cstdint>

namespace assay::lists {

constexpr std::int64_t kBlock = 4096;  // elements that stay in the first cache with their partners

// Sums are taken in T over 16 lanes within a block and in double over the blocks, in an order that
// does not depend on the number of threads.
double dot(const float* a, const float* b, std::int64_t count);
double dot(const double* a, const double* b, std::int64_t count);
/// to = start + scale * to
void move(const float* start, float* to, float scale, std::int64_t count);
void move(const double* start, double* to, double scale, std::int64_t count);
/// to += scale * from
void add(const float* from, float* to, float scale, std::int64_t count);
void add(const double* from, double* to, double scale, std::int64_t count);
/// to = scale * from
void scale(const float* from, float* to, float scale, std::int64_t count);
void scale(const double* from, double* to, double scale, std::int64_t count);

}  // namespace assay::lists
