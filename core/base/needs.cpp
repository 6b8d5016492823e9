#include "assay/needs.h"

namespace assay {

Need need_of(const std::string& text) {
  const bool optional = text.ends_with('?');
  const auto bare = text.substr(0, text.size() - (optional ? 1 : 0));
  const auto slash = bare.find('/');
  if (slash == std::string::npos) return {bare, "", optional};
  return {bare.substr(0, slash), bare.substr(slash + 1), optional};
}

}  // namespace assay
