// Compose: files, overrides and references into one tree.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/manifest/tree.h"

namespace assay {

/// The manifest with what it includes and the overrides of the command line. References `${}` are
/// still in it: they are resolved for each point of a sweep.
Node compose(const std::filesystem::path& file, const std::vector<std::string>& overrides);

/// `over` wins; maps are merged, but a component of another name replaces the one below whole.
Node merge(Node below, Node over);

/// Puts `value` at `steps`, making maps on the way; a component written as a word becomes a map,
/// and an item of a list is named by its index, from 0. Setting another `use` begins that
/// component anew. Throws ManifestErrors for an index that the list does not have. The sweep uses
/// it too.
void assign(Node& root, const Strings& steps, Node value);

/// Replaces `${a.b}` by what stands there. `sweep` is left alone.
void interpolate(Node& root, Complaints& complaints);
/// The same in one part of `root`.
void interpolate(Node& part, const Node& root, Complaints& complaints);

}  // namespace assay
