// What a safetensors file that is accepted must be.
#pragma once

#include "assay/sdk/safetensors.h"
#include "tests/fuzz/target.h"

namespace assay::fuzzing {

/// Reads the file, and what is written of it: twice the same bytes. A large file is only read: its
/// tensors are all that it may cost.
inline void read_twice(const std::string& bytes) {
  const auto tensors = from_safetensors(bytes, "x");
  if (bytes.size() > (1 << 16)) return;
  const auto written = to_safetensors(tensors);
  require(to_safetensors(from_safetensors(written, "again")) == written,
          "tensors that are read, written and read again are the same");
}

}  // namespace assay::fuzzing
