// The out-of-line members of Error, so that its typeinfo lives once.
#include "assay/error.h"

namespace assay {

Error::~Error() = default;

Error Error::within(std::string_view outer) const {
  std::string path(outer);
  if (!path.empty() && !path_.empty()) path += '.';
  return {kind_, what(), path + path_};
}

std::string_view name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kParameter:
      return "parameter";
    case ErrorKind::kManifest:
      return "manifest";
    case ErrorKind::kPlugin:
      return "plugin";
    case ErrorKind::kData:
      return "data";
    case ErrorKind::kShape:
      return "shape";
    case ErrorKind::kNumeric:
      return "numeric";
    case ErrorKind::kIo:
      return "io";
    case ErrorKind::kCorrupt:
      return "corrupt";
    case ErrorKind::kBusy:
      return "busy";
  }
  return "unknown";
}

}  // namespace assay
