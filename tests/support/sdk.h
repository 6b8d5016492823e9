// An installed SDK in a folder of its own, and commands in that folder.
#pragma once

#include <catch2/catch.hpp>

#include "tests/support/shell.h"

namespace assay::testing {

/// A new folder with the build of these tests installed in `prefix`, and a cache of its own.
class Sdk {
 public:
  Sdk() { require("cmake --install $ASSAY_BUILD --prefix $PWD/prefix"); }

  const Folder& folder() const { return folder_; }

  /// Runs a command in the folder.
  Said run(const std::string& command) const {
    return shell("cd " + folder_.path().string() + "; export XDG_CACHE_HOME=$PWD/cache; " +
                 command);
  }
  /// As run(); fails the test if the command does.
  Said require(const std::string& command) const {
    const auto said = run(command);
    INFO(command << "\n" << said.out << said.err);
    REQUIRE(said.code == 0);
    return said;
  }
  /// Configures the project in `source`, below the folder, and builds it in `build`.
  void build(const std::string& source, const std::string& build,
             const std::string& flags = "") const {
    require("cmake -S " + source + " -B " + build + " -G Ninja -DCMAKE_PREFIX_PATH=$PWD/prefix " +
            "-DASSAY_LIBTORCH=$ASSAY_LIBTORCH_DIR " + flags + " && cmake --build " + build +
            " -j2");
  }

 private:
  Folder folder_;
};

}  // namespace assay::testing
