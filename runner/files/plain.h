// What a plugin says may end on a terminal, which obeys control characters.
#pragma once

#include <string>

namespace assay {

/// With `?` for every control character but line ends and tabs; those of two bytes in UTF-8 (U+0080
/// to U+009F) too.
inline std::string plain(std::string text) {
  for (std::size_t k = 0; k < text.size(); ++k) {
    const auto c = static_cast<unsigned char>(text[k]);
    const bool two = c == 0xc2 && k + 1 < text.size() &&
                     static_cast<unsigned char>(text[k + 1]) >= 0x80 &&
                     static_cast<unsigned char>(text[k + 1]) < 0xa0;
    if (two) text.erase(k + 1, 1);
    if (two || (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) text[k] = '?';
  }
  return text;
}

}  // namespace assay
