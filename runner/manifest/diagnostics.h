// Diagnostics: everything that is wrong with a manifest, each with its place.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace assay {

/// A place in a manifest, or in an override of the command line (file = "command line").
struct Location {
  std::string file;
  int line = 0;    // from 1
  int column = 0;  // from 1, in bytes
};

struct Diagnostic {
  Location at;
  std::string message;
  std::string text() const;  // file:line:column: message
};

/// Thrown once a manifest has been looked through: all of its mistakes, in order of place.
class ManifestErrors : public std::runtime_error {
 public:
  explicit ManifestErrors(std::vector<Diagnostic> all);
  const std::vector<Diagnostic>& all() const { return all_; }

 private:
  std::vector<Diagnostic> all_;
};

}  // namespace assay
