// Error: the only exception that core and plugins throw on purpose.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace assay {

enum class ErrorKind {
  kParameter,  // a component's parameter
  kManifest,   // a manifest, override or sweep
  kPlugin,     // a plugin that cannot be used, or a component that does not exist
  kData,       // a data file
  kShape,      // tensors that do not fit together
  kNumeric,    // a non-finite loss or gradient
  kIo,         // the file system
  kCorrupt,    // a checkpoint or weight file that is not what was written
  kBusy,       // a run folder that somebody else is writing
};

/// `kind` in lower case without the k, as status.json and --json print it.
std::string_view name_of(ErrorKind kind);

/// One sentence: what, where, and what would be accepted.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ~Error() override;  // out of line: one typeinfo, shared by every plugin

  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace assay
