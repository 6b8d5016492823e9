// Resource limits, and the words of LibTorch's allocators.
#include "runner/worker/memory.h"

#include <sys/resource.h>

#include <fstream>
#include <string_view>

namespace assay {
namespace {

// `column` of /proc/self/statm says how much there is now, in pages.
void limit_above(__rlimit_resource which, int column, std::int64_t bytes) {
  std::ifstream statm("/proc/self/statm");
  rlim_t pages = 0;
  for (int k = 0; k <= column; ++k) statm >> pages;
  const rlim_t all = pages * 4096 + static_cast<rlim_t>(bytes);
  const rlimit limit{all, all};
  setrlimit(which, &limit);
}

}  // namespace

void limit_memory(std::int64_t bytes) {
  if (bytes > 0) limit_above(RLIMIT_AS, 0, bytes);
}

void limit_data(std::int64_t bytes) {
  limit_above(RLIMIT_DATA, 5, bytes);
}

bool is_out_of_memory(const c10::Error& error) {
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
         std::string_view(error.what_without_backtrace()).find("can't allocate memory") !=
             std::string_view::npos;
}

}  // namespace assay
