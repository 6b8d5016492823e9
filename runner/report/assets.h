// What a page carries with it: dygraphs (MIT, Debian's libjs-dygraphs), our style and script.
#pragma once

#include <string_view>

namespace assay {

extern const std::string_view kDygraphsScript;
extern const std::string_view kDygraphsStyle;
extern const std::string_view kPageStyle;
extern const std::string_view kPageScript;

}  // namespace assay
