#include "assay/value.h"

namespace assay {

Value::Value() = default;
Value::Value(const Value& other) = default;
Value::Value(Value&& other) noexcept = default;
Value& Value::operator=(const Value& other) = default;
Value& Value::operator=(Value&& other) noexcept = default;
Value::~Value() = default;

bool operator==(const Value& a, const Value& b) {
  return a.variant() == b.variant();
}

bool operator==(const Spec& a, const Spec& b) {
  return a.use == b.use && a.params == b.params;
}

}  // namespace assay
