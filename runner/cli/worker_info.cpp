// Asks with a time limit.
#include "runner/cli/worker_info.h"

#include "runner/catalog/load.h"
#include "runner/system/command.h"

namespace assay::cli {
namespace {

constexpr double kSeconds = 10;

}  // namespace

std::string worker_version() {
  return trimmed(read_output({worker_program().string(), "version"}, kSeconds).value_or(""));
}

}  // namespace assay::cli
