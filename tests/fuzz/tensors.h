// What a safetensors file that is accepted must be.
#pragma once

#include "assay/safetensors.h"
#include "tests/fuzz/target.h"

namespace assay::fuzzing {

/// Reads the file, and what is written of it: twice the same bytes.
inline void read_twice(const std::string& bytes) {
  const auto written = to_safetensors(from_safetensors(bytes, "x"));
  require(to_safetensors(from_safetensors(written, "again")) == written,
          "tensors that are read, written and read again are the same");
}

}  // namespace assay::fuzzing
