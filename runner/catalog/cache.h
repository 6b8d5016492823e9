// Cache: what was found out about plugin files, until they or the worker change.
#pragma once

#include <filesystem>
#include <optional>

#include <nlohmann/json.hpp>

#include "runner/protocol/probe_answer.h"

namespace assay {

class Cache {
 public:
  /// Of answers that `worker` gave. An unreadable cache is an empty one.
  explicit Cache(const std::filesystem::path& worker);
  std::optional<ProbeAnswer> find(const std::filesystem::path& file) const;
  /// `stamp` is that of the file before it was probed: it may have changed since.
  void put(const ProbeAnswer& answer, const std::string& stamp);
  /// Without those that hung, on a busy machine perhaps. A cache that cannot be written is no
  /// error.
  void save() const;

 private:
  std::string worker_;
  nlohmann::ordered_json entries_;
};

}  // namespace assay
