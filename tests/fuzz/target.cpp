// Counts what is allocated and not yet freed, by the sanitizer's hooks.
#include "tests/fuzz/target.h"

#include <sanitizer/allocator_interface.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace assay::fuzzing {
namespace {

// The promise is one without sanitizers, on a machine that is not busy.
constexpr double kSeconds = 4;
constexpr std::int64_t kBytes = std::int64_t{64} << 20;
constexpr std::int64_t kNone = INT64_MAX;  // the limit outside of an input

// Below zero once what was there before the hooks is freed.
std::int64_t live = 0, limit = kNone;

[[noreturn]] void find(const char* what) {
  std::fprintf(stderr, "assay: %s\n", what);
  std::abort();
}

void allocated(const volatile void*, std::size_t size) {
  live += static_cast<std::int64_t>(size);
  if (live <= limit) return;
  limit = kNone;
  find("more than twice the input's size + 64 MiB are allocated");
}

void freed(const volatile void* pointer) {
  live -=
      static_cast<std::int64_t>(__sanitizer_get_allocated_size(const_cast<const void*>(pointer)));
}

double processor_time() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

Limits::Limits(std::size_t size) : began_(processor_time()) {
  [[maybe_unused]] static const int hooks =
      __sanitizer_install_malloc_and_free_hooks(allocated, freed);
  limit = live + 2 * static_cast<std::int64_t>(size) + kBytes;
}

Limits::~Limits() {
  limit = kNone;
  if (processor_time() - began_ > kSeconds) find("this takes over four seconds of processor time");
}

void require(bool holds, const char* property) {
  if (!holds) find(property);
}

}  // namespace assay::fuzzing
