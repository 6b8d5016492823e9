#include "runner/manifest/trial.h"

namespace assay {

const Location* place_of(const Stage& stage, std::string path) {
  while (!path.empty()) {
    if (const auto found = stage.places.find(path); found != stage.places.end())
      return &found->second;
    const auto dot = path.rfind('.');
    path = dot == std::string::npos ? "" : path.substr(0, dot);
  }
  return nullptr;
}

}  // namespace assay
