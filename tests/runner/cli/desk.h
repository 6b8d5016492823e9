// A folder with a manifest, a plugin file and a fake worker, in which `assay` is called.
#pragma once

#include <cstdlib>

#include <nlohmann/json.hpp>

#include "tests/support/shell.h"

namespace assay::testing {

class Desk {
 public:
  Desk() {
    folder.write("plugins/fake.so", "not loaded by anybody");
    folder.write("two.yaml",
                 "assay: 1\nname: two\nprocedure: {use: fake}\nsweep: {seed: [0, 1]}\n"
                 "report: {metric: test/accuracy}\nlimits: {workers: 2}\n");
  }

  /// A command in the folder, with the environment that finds the fake worker.
  Said command(const std::string& text) const {
    const std::string here = folder.path().string(), source = std::getenv("ASSAY_SOURCE");
    return shell("cd " + here + " && env -u NO_COLOR XDG_CACHE_HOME=" + here +
                 "/cache XDG_STATE_HOME=" + here + "/state XDG_DATA_HOME=" + here +
                 " ASSAY_PLUGIN_PATH=" + here + "/plugins ASSAY_WORKER=" + source +
                 "/tests/support/fake_worker.py " + text);
  }
  /// `environment` is put before it, as in a shell.
  Said assay(const std::string& words, const std::string& environment = "") const {
    return command(environment + " assay " + words);
  }
  nlohmann::json json(const std::string& words) const {
    return nlohmann::json::parse(assay(words + " --json").out);
  }

  Folder folder;
};

}  // namespace assay::testing
