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

std::string describe_version(std::string_view version) {
  constexpr std::string_view kOpening = "<assay-abi ";
  if (!version.starts_with(kOpening) || !version.ends_with('>')) return std::string(version);
  version = version.substr(kOpening.size(), version.size() - kOpening.size() - 1);
  std::string text;
  for (const char c : version) {
    if (c == ' ')
      text += ", ";
    else
      text += c == '=' ? ' ' : c;
  }
  return text;
}

}  // namespace assay::cli
