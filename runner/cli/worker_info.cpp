// Asks with a time limit.
#include "runner/cli/worker_info.h"

#include "runner/catalog/load.h"
#include "runner/system/command.h"

namespace assay::cli {
namespace {

constexpr double kSeconds = 10;

}  // namespace

std::string worker_version() {
  auto text = output_of({worker_program().string(), "version"}, kSeconds).value_or("");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace assay::cli
