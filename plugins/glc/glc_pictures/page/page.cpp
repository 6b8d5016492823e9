#include "glc/glc_pictures/page/page.h"

#include <nlohmann/json.hpp>

#include "glc/shared/rules/rules_json.h"
#include "page/page_html.h"

namespace glc {
namespace {

// The page reads numbers as bytes: to the last bit, and a hundred thousand rows at once.
template <class T>
std::string base64(const std::vector<T>& values) {
  constexpr const char* kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
  const auto size = values.size() * sizeof(T);
  std::string text;
  text.reserve((size + 2) / 3 * 4);
  for (std::size_t k = 0; k < size; k += 3) {
    const unsigned second = k + 1 < size ? bytes[k + 1] : 0,
                   third = k + 2 < size ? bytes[k + 2] : 0;
    const unsigned all = static_cast<unsigned>(bytes[k]) << 16 | second << 8 | third;
    for (unsigned d = 0; d < 4; ++d) text += kDigits[all >> (18 - 6 * d) & 63];
    if (k + 1 >= size) text[text.size() - 2] = '=';
    if (k + 2 >= size) text.back() = '=';
  }
  return text;
}

// Within a script element only `</script` and `<!--` mean something: no `<` is left.
std::string embedded(const nlohmann::ordered_json& data) {
  std::string text = data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  for (auto at = text.find('<'); at != std::string::npos; at = text.find('<', at))
    text.replace(at, 1, "\\u003c");
  return text;
}

std::string filled(std::string text, const std::string& place, const std::string& value) {
  const auto at = text.find(place);
  return text.replace(at, place.size(), value);
}

}  // namespace

std::string page(const Table& table, const Rules& rules, const std::string& split,
                 const std::vector<Interval>& ranges, const std::vector<double>& ids) {
  nlohmann::ordered_json data{{"split", split},
                              {"rows", table.rows()},
                              {"columns", rules.columns},
                              {"classes", rules.classes},
                              {"values", nlohmann::ordered_json::array()},
                              {"target", base64(table.target)},
                              {"ids", base64(ids)},
                              {"low", nlohmann::ordered_json::array()},
                              {"high", nlohmann::ordered_json::array()},
                              {"rules", nlohmann::ordered_json::parse(to_json(rules))}};
  for (const auto& column : table.columns) data["values"].push_back(base64(column));
  for (const auto& [low, high] : ranges) {
    data["low"].push_back(low);
    data["high"].push_back(high);
  }
  return filled(filled(kPageHtml, "SCRIPT_PLACE", kPageScript), "DATA_PLACE", embedded(data));
}

}  // namespace glc
