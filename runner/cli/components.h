// Components as JSON and text, for list and describe.
#pragma once

#include "runner/catalog/catalog.h"
#include "runner/cli/output.h"

namespace assay::cli {

Json to_json(const ComponentInfo& component);
Json to_json(const std::vector<Refusal>& refused);
/// Its doc, plugin and parameters, for people.
std::string describe(const ComponentInfo& component, bool color);

}  // namespace assay::cli
