// What earlier stages left, for the components of a stage.
#pragma once

#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "assay/inputs.h"

namespace assay {

/// artifacts/<name>.safetensors of a run folder.
std::filesystem::path artifact_file(const std::filesystem::path& dir, std::string_view name);

/// The tensors of a safetensors file of a run folder.
TensorMap read_tensors(const std::filesystem::path& file);

/// From the run folders `after`, by stage.
std::shared_ptr<const Inputs> inputs_from(std::map<std::string, std::filesystem::path> after);

/// Thrown while components are built before any stage has run: one of them reads what a stage
/// leaves. Not an Error, so that no message is made of it.
class NotRunYet : public std::exception {};

/// Inputs that are not there yet: reading them throws NotRunYet, but for the weights in `known`, by
/// stage, which are like those that the stage will leave.
std::shared_ptr<const Inputs> inputs_to_come(std::map<std::string, std::filesystem::path> after,
                                             std::map<std::string, TensorMap> known = {});

}  // namespace assay
