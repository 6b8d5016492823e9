// What does not have the form of an event is passed over whole.
#include "runner/schedule/event.h"

#include <limits>

#include "assay/error.h"
#include "core/base/value_json.h"
#include "runner/files/plain.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t count(const Json& json, const char* key) {
  const auto& number = json.at(key);
  constexpr auto kMost = std::int64_t{1} << 53;  // far from where sums overflow
  if (!number.is_number_integer() || number < 0 || number > kMost)
    throw Error(ErrorKind::kCorrupt, std::string(key) + " is not a count");
  return number.get<std::int64_t>();
}

void read_progress(const Json& json, Event& event) {
  event.unit = count(json, "unit");
  event.units = count(json, "units");
  if (!json.contains("metrics")) return;
  if (!json.at("metrics").is_object()) throw Error(ErrorKind::kCorrupt, "metrics is not a map");
  for (const auto& [name, value] : json.at("metrics").items())
    event.metrics[plain(name)] =
        value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

void read_end(const Json& json, Event& event) {
  event.state = json.at("state").get<std::string>();
  const auto error = json.find("error");
  if (error == json.end() || !error->is_object()) return;
  event.error_kind = error->value("kind", "");
  event.message = plain(error->value("message", ""));
}

}  // namespace

std::optional<Event> read_event(const std::string& line) try {
  const auto json = parse_json(line);
  Event event;
  event.name = json.at("event").get<std::string>();
  if (event.name == "started" || event.name == "progress") read_progress(json, event);
  if (event.name == "note") event.message = plain(json.at("message").get<std::string>());
  if (event.name == "end") read_end(json, event);
  return event;
} catch (const Json::exception&) {
  return {};
} catch (const Error&) {
  return {};
}

}  // namespace assay
