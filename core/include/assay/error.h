// Error: the exception that core and plugins throw deliberately.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace assay {

enum class ErrorKind {
  kParameter,  // a parameter of a component, or components that do not fit together
  kManifest,   // a manifest, override or sweep
  kPlugin,     // an unusable plugin, an unknown component, or a plugin that breaks the contract
  kData,       // a data file, a split or an artifact of an earlier stage
  kShape,      // tensors whose shapes do not match
  kNumeric,    // a non-finite loss or gradient
  kIo,         // the file system
  kCorrupt,    // a checkpoint, weight or state file whose content is not what was written
  kBusy,       // a run folder that another process is writing
};

/// The kind in lower case without the k ("parameter"), as in status.json and in --json output.
/// The returned text is static.
std::string_view name_of(ErrorKind kind);

/// The message is one sentence: what is wrong, where, and what would be accepted. A message need
/// not name its component: Registry::make() and the worker add kind, name and unit. An Error of
/// kind kNumeric ends a trial as `diverged` (exit code 6), any other kind as `failed`.
class Error : public std::runtime_error {
 public:
  /// `path` as path(); the schema and the runner add what lies above it.
  Error(ErrorKind kind, const std::string& message, std::string path = "")
      : std::runtime_error(message), kind_(kind), path_(std::move(path)) {}
  Error(const Error&) = default;
  ~Error() override;  // out of line, so that all plugins share one typeinfo

  ErrorKind kind() const noexcept { return kind_; }
  /// What the error is about, as a dotted path of a stage in a manifest: "optimizer.base.lr"; "" if
  /// that is not known. Within a component it is relative to that: "lr".
  const std::string& path() const noexcept { return path_; }
  /// The same error in a component around this one, which has the path `outer`.
  Error within(std::string_view outer) const;

 private:
  ErrorKind kind_;
  std::string path_;
};

/// Calls `step`; an Error that it throws is about the part `path`, as Error::within().
template <class Step>
void within(std::string_view path, const Step& step) {
  try {
    step();
  } catch (const Error& error) {
    throw error.within(path);
  }
}

}  // namespace assay
