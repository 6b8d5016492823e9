// Seconds that a model of tables takes to be fitted:
// `assay-bench-tables FILE ROWS COLUMNS CLASSES MODEL[,FIELD=WORD]...`. FILE holds the rows as
// float32, then the classes as int64. Prints one JSON object.
#include <chrono>
#include <cstdio>
#include <fstream>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <nlohmann/json.hpp>

#include "tests/support/plugin_host.h"

using namespace assay;

namespace {

// "hyperblocks,method=interval"
Spec spec_of(const std::string& text) {
  const auto comma = text.find(','), equals = text.find('=');
  Spec spec{text.substr(0, comma), {}};
  if (comma != std::string::npos)
    spec.params[text.substr(comma + 1, equals - comma - 1)] = text.substr(equals + 1);
  return spec;
}

}  // namespace

int main(int count, char** words) {
  if (count < 6) {
    std::fputs("assay-bench-tables FILE ROWS COLUMNS CLASSES MODEL...\n", stderr);
    return 2;
  }
  at::set_num_threads(1);
  const std::int64_t rows = std::atoll(words[2]), columns = std::atoll(words[3]);
  Samples samples{"train", at::empty({rows, columns}, torch::kFloat),
                  at::empty({rows}, torch::kInt64)};
  std::ifstream in(words[1], std::ios::binary);
  in.read(static_cast<char*>(samples.input.mutable_data_ptr()),
          static_cast<std::streamsize>(samples.input.nbytes()));
  in.read(static_cast<char*>(samples.target.mutable_data_ptr()),
          static_cast<std::streamsize>(samples.target.nbytes()));
  if (!in) {
    std::fprintf(stderr, "%s: is too short\n", words[1]);
    return 1;
  }
  Info info;
  info.input_shape = {columns};
  info.classes = std::atoll(words[4]);
  nlohmann::ordered_json seconds;
  for (int k = 5; k < count; ++k) {
    const auto model = testing::plugins().make<Model>(spec_of(words[k]), &info);
    auto& fitted = dynamic_cast<Fitted&>(*model);
    const auto began = std::chrono::steady_clock::now();
    for (std::int64_t step = 0; step < fitted.steps() && fitted.fit(step, samples, {}); ++step) {
    }
    seconds[words[k]] =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  }
  std::puts(seconds.dump().c_str());
}
