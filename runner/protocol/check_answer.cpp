#include "runner/protocol/check_answer.h"

#include "runner/files/plain.h"

namespace assay {

nlohmann::ordered_json to_json(const CheckAnswer& answer) {
  return {{"read", answer.read},
          {"kind", answer.error_kind},
          {"path", answer.error_path},
          {"message", answer.message}};
}

CheckAnswer check_answer_from_json(const nlohmann::ordered_json& json) {
  const auto text = [&](const char* key) { return plain(json.at(key).get<std::string>()); };
  return {.read = text("read"),
          .error_kind = text("kind"),
          .error_path = text("path"),
          .message = text("message")};
}

}  // namespace assay
