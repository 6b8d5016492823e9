// What a plugin leaves running once it has been loaded: nothing, or it is refused.
#pragma once

#include <cstddef>
#include <string>

namespace assay {

/// Made before the plugin is loaded, in a process that has adopted its orphans.
class RunningBefore {
 public:
  RunningBefore();
  /// "started a thread ..." or "started a process ...", or "".
  std::string added() const;

 private:
  std::size_t threads_, children_;
};

}  // namespace assay
