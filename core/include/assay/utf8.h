// UTF-8 as defined by RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace assay {

/// Length in bytes (1 to 4) of the first character of `text`; 0 if `text` does not begin with a
/// valid character. `text` must not be empty.
std::size_t utf8_length(std::string_view text);

/// True if all of `text` is valid UTF-8; an empty text is.
bool is_utf8(std::string_view text);

}  // namespace assay
