#include "assay/utf8.h"

#include <utf8.h>

namespace assay {

std::size_t utf8_length(std::string_view text) try {
  auto end = text.begin();
  utf8::next(end, text.end());
  return static_cast<std::size_t>(end - text.begin());
} catch (const utf8::exception&) {
  return 0;
}

bool is_utf8(std::string_view text) {
  return utf8::is_valid(text.begin(), text.end());
}

}  // namespace assay
