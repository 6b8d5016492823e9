// What a trial is made of, as text: the settings of its manifest, its data and its builds.
#pragma once

#include <map>
#include <string>

#include "runner/manifest/trial.h"

namespace assay {

using KeyValues = std::map<std::string, std::string>;

/// The values of a composed manifest by dotted path; `use` stands at the path of its component. The
/// keys that are no part of a trial, its axes and its seed are left out.
KeyValues settings_of(const Source& source);

/// The fingerprints of its data and its build ids, eight digits of each: "data t.csv", "build of
/// train.so".
KeyValues facts_of(const Trial& trial);

/// The values of the components of all its stages by dotted path, with the stage's name before it
/// if there are several.
KeyValues resolved_of(const Trial& trial);

/// What stands at the dotted `path` of a manifest in the resolved stages of `trial`, defaults too;
/// "" if there is nothing.
std::string resolved_at(const Trial& trial, const std::string& path);

}  // namespace assay
