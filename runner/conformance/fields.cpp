// The schema: what it says, and whether its bounds are what it accepts.
#include <cmath>

#include "assay/needs.h"
#include "runner/conformance/owed.h"
#include "runner/conformance/trial.h"

namespace assay::conformance {
namespace {

bool is_whole(const FieldInfo& field) {
  return field.type == Type::kInteger || field.type == Type::kIntegers;
}

bool is_number(const FieldInfo& field) {
  return is_whole(field) || field.type == Type::kReal || field.type == Type::kReals;
}

Value as_field(const FieldInfo& field, double x) {
  switch (field.type) {
    case Type::kInteger:
      return static_cast<std::int64_t>(x);
    case Type::kIntegers:
      return Integers{static_cast<std::int64_t>(x)};
    case Type::kReals:
      return Reals{x};
    default:
      return x;
  }
}

bool accepts(const FieldInfo& field, double x) try {
  check(field, as_field(field, x));
  return true;
} catch (const Error&) {
  return false;
}

// The bounds themselves, and a step outside of them.
void test_bounds(const FieldInfo& field, Owed& owed) {
  const Range& range = field.range;
  const double step = is_whole(field) ? 1 : 1e-9;
  const auto name = "`" + field.name + "`";
  if (std::isfinite(range.low)) {
    owed.expect(accepts(field, range.open_low ? range.low + step : range.low),
                name + " refuses its lowest value");
    owed.expect(!accepts(field, range.open_low ? range.low : range.low - step),
                name + " accepts a value below its range");
  }
  if (std::isfinite(range.high)) {
    owed.expect(accepts(field, range.open_high ? range.high - step : range.high),
                name + " refuses its highest value");
    owed.expect(!accepts(field, range.open_high ? range.high : range.high + step),
                name + " accepts a value above its range");
  }
}

void test_default_component(const Registry& registry, const FieldInfo& field,
                            const std::string& use, Owed& owed) {
  if (use.empty()) return;
  const auto known = testing::of_kind(registry, field.kind);
  owed.expect(
      std::any_of(known.begin(), known.end(), [&](const Entry* one) { return one->name == use; }),
      "the default of `" + field.name + "` is `" + use + "`, which is no " + field.kind +
          " that is there");
}

// A kind that no component has would be asked of every manifest in vain.
void test_needs(const Registry& registry, const Entry& entry, Owed& owed) {
  Strings kinds{"problem", kTrainedWeights};
  for (const auto& one : registry.entries()) kinds.push_back(one.kind);
  for (const auto& text : entry.needs) {
    const auto kind = need_of(text).kind;
    if (std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) continue;
    const auto near = nearest(kind, kinds);
    owed.expect(false, "it needs the kind `" + kind + "`, of which there is no component" +
                           (near.empty() ? "" : "; did you mean `" + near + "`?"));
  }
}

}  // namespace

void test_fields(const Registry& registry, const Entry& entry, Owed& owed) {
  owed.expect(entry.doc.size() > 15,
              "its documentation is shorter than a sentence of 16 characters");
  test_needs(registry, entry, owed);
  for (const auto& field : entry.fields) {
    owed.expect(
        field.doc.size() > 5 && field.doc.back() == '.',
        "the documentation of `" + field.name + "` is no sentence that ends with a full stop");
    if (is_number(field)) test_bounds(field, owed);
    if (const auto* one = std::get_if<Spec>(&field.default_value))
      test_default_component(registry, field, one->use, owed);
    if (const auto* several = std::get_if<Specs>(&field.default_value))
      for (const auto& one : *several) test_default_component(registry, field, one.use, owed);
  }
}

}  // namespace assay::conformance
