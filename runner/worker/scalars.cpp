#include "runner/worker/scalars.h"

#include "assay/error.h"
#include "core/base/value_json.h"
#include "runner/protocol/values.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kMaxState = std::size_t{4} << 20;  // bytes

[[noreturn]] void refuse(const Json::exception& error) {
  throw Error(ErrorKind::kCorrupt,
              std::string("state.json is not in the format of Assay: ") + error.what());
}

}  // namespace

std::string write_state(std::int64_t unit, const Values& scalars) try {
  const auto text = Json{{"unit", unit}, {"scalars", exact_json(scalars)}}.dump() + "\n";
  check_json(text, kMaxState);
  return text;
} catch (const Error& error) {
  throw Error(ErrorKind::kPlugin, std::string("cannot save the scalars of the components: ") +
                                      error.what() + "; save long lists in `tensors` of State");
}

Values read_state(std::string_view text) try {
  return exact_values(parse_json(text, kMaxState).at("scalars"));
} catch (const Json::exception& error) {
  refuse(error);
}

}  // namespace assay
