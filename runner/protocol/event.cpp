// What does not have the form of an event is passed over whole.
#include "runner/protocol/event.h"

#include "assay/error.h"
#include "core/base/value_json.h"
#include "runner/files/metrics_json.h"
#include "runner/files/names.h"
#include "runner/files/plain.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;
using Kind = Event::Kind;

constexpr NamedValue<Kind> kKinds[] = {
    {Kind::kWaiting, "waiting"},       {Kind::kStarted, "started"}, {Kind::kProgress, "progress"},
    {Kind::kCheckpoint, "checkpoint"}, {Kind::kNote, "note"},       {Kind::kEnd, "end"}};

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::kCorrupt, what);
}

Kind kind_of(const std::string& name) {
  const auto kind = find_value(kKinds, name);
  if (!kind) refuse(name + " is no event");
  return *kind;
}

std::int64_t count(const Json& json, const char* key) {
  const auto& number = json.at(key);
  constexpr auto kMost = std::int64_t{1} << 53;  // far from where sums overflow
  if (!number.is_number_integer() || number < 0 || number > kMost)
    refuse(std::string(key) + " is not a count");
  return number.get<std::int64_t>();
}

void read_progress(const Json& json, Event& event) {
  event.unit = count(json, "unit");
  event.units = count(json, "units");
  if (event.kind == Kind::kStarted) return;
  if (!json.at("metrics").is_object()) refuse("metrics is not a map");
  event.metrics = metrics_from_json(nlohmann::json(json.at("metrics")));
}

void read_end(const Json& json, Event& event) {
  const auto state = state_of(json.at("state").get<std::string>());
  if (!state) refuse("the state is none");
  event.state = *state;
  const auto& error = json.at("error");
  if (error.is_null()) return;
  event.error_kind = plain(error.at("kind").get<std::string>());
  event.error_path = plain(error.at("path").get<std::string>());
  event.message = plain(error.at("message").get<std::string>());
}

}  // namespace

std::string write_event(const Event& event) {
  Json json{{"event", find_name(kKinds, event.kind)}};
  if (event.kind == Kind::kStarted || event.kind == Kind::kProgress) {
    json["unit"] = event.unit;
    json["units"] = event.units;
  }
  if (event.kind == Kind::kProgress) json["metrics"] = metrics_json(event.metrics);
  if (event.kind == Kind::kCheckpoint) json["unit"] = event.unit;
  if (event.kind == Kind::kNote) json["message"] = event.message;
  if (event.kind == Kind::kEnd) {
    json["state"] = name_of(event.state);
    json["error"] = nullptr;
    if (!event.error_kind.empty())
      json["error"] = {
          {"kind", event.error_kind}, {"path", event.error_path}, {"message", event.message}};
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<Event> read_event(const std::string& line) try {
  const auto json = parse_json(line);
  Event event;
  event.kind = kind_of(json.at("event").get<std::string>());
  if (event.kind == Kind::kStarted || event.kind == Kind::kProgress) read_progress(json, event);
  if (event.kind == Kind::kCheckpoint) event.unit = count(json, "unit");
  if (event.kind == Kind::kNote) event.message = plain(json.at("message").get<std::string>());
  if (event.kind == Kind::kEnd) read_end(json, event);
  return event;
} catch (const Json::exception&) {
  return {};
} catch (const Error&) {
  return {};
}

}  // namespace assay
