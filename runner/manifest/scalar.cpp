// from_chars throughout: no locale, no surprises.
#include "runner/manifest/scalar.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "runner/manifest/tree.h"

namespace assay {
namespace {

template <class T>
std::optional<T> whole(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  T x{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return x;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// from_chars takes "inf" and "nan", which in YAML are texts.
bool looks_like_a_number(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() &&
         (is_digit(text[0]) || (text[0] == '.' && text.size() > 1 && is_digit(text[1])));
}

template <std::size_t N>
std::optional<double> with_unit(const Node& node,
                                const std::pair<std::string_view, double> (&units)[N]) {
  if (!node.is_scalar()) return std::nullopt;
  std::string_view text = node.text;
  for (const auto& [unit, factor] : units) {
    if (!text.ends_with(unit)) continue;
    const auto number = text.substr(0, text.size() - unit.size());
    if (!looks_like_a_number(number)) continue;
    if (const auto x = whole<double>(number)) return *x * factor;
  }
  return std::nullopt;
}

}  // namespace

Scalar resolve(const Node& node) {
  const auto& text = node.text;
  if (node.quoted) return text;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (!looks_like_a_number(text)) return text;
  if (const auto integer = whole<std::int64_t>(text)) return *integer;
  if (const auto real = whole<double>(text)) return *real;
  return text;
}

std::optional<std::int64_t> integer_at(const Node& map, const char* key) {
  const Node* node = map.find(key);
  if (node == nullptr) return std::nullopt;
  const auto scalar = resolve(*node);
  const auto* integer = std::get_if<std::int64_t>(&scalar);
  return integer != nullptr ? std::optional(*integer) : std::nullopt;
}

std::string refused_scalar(const std::string& text) {
  std::string_view digits = text;
  if (digits.starts_with('+') || digits.starts_with('-')) digits.remove_prefix(1);
  const bool number =
      !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (number && digits.size() > 1 && digits[0] == '0')
    return "`" + text +
           "` has a leading zero, which some YAML readers treat as octal: write the number "
           "without the zero, or quote it as text";
  if (number && !whole<std::int64_t>(text))
    return "`" + text + "` does not fit into a 64-bit integer";
  std::string lower;
  for (const char c : digits) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (lower == ".inf" || lower == ".nan")
    return "`" + text + "` is not finite: write a finite number";
  if (looks_like_a_number(text) && !number) {
    double x = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), x);
    if (error == std::errc::result_out_of_range && end == digits.data() + digits.size())
      return "`" + text + "` is outside the range of a 64-bit real number";
  }
  return "";
}

std::optional<double> duration(const Node& node) {
  static constexpr std::pair<std::string_view, double> kUnits[] = {
      {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"", 1}};
  return with_unit(node, kUnits);
}

std::optional<std::int64_t> bytes(const Node& node) {
  static constexpr std::pair<std::string_view, double> kUnits[] = {
      {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}, {"kB", 1e3},
      {"MB", 1e6},     {"GB", 1e9},     {"TB", 1e12},    {"", 1}};
  const auto x = with_unit(node, kUnits);
  if (!x || std::abs(*x) > 0x1p60) return std::nullopt;
  return static_cast<std::int64_t>(*x);
}

}  // namespace assay
