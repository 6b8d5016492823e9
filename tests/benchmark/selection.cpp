// What choosing samples costs:
// `assay-bench-selection THREADS gradients [IMAGES]`: sketching the gradients of a convnet of 1.2
// million parameters, in units of a plain training epoch without updates over the same images.
// `assay-bench-selection THREADS gaussian`: a Gaussian sketch's rate, of the machine's GEMM rate.
// `assay-bench-selection THREADS moments FILE N M n`: the course of the moment program on F,
// [N, M] float64 in FILE, begun at its first n rows. Prints one JSON object.
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/functional/loss.h>
#include <nlohmann/json.hpp>

#include "assay/sdk/layers.h"
#include "selection/select/gradients/per_sample.h"
#include "selection/skmm/moments/program.h"
#include "tests/support/plugin_host.h"

namespace {

namespace F = torch::nn::functional;
using Json = nlohmann::ordered_json;
constexpr std::int64_t kBatch = 128, kWidth = 256;

double seconds(const std::function<void()>& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

torch::Tensor losses(const torch::Tensor& logits, const torch::Tensor& label) {
  return F::cross_entropy(logits, label, F::CrossEntropyFuncOptions().reduction(torch::kNone));
}

struct Images {
  explicit Images(std::int64_t count)
      : x(at::randn({count, 1, 28, 28})), y(at::randint(0, 10, {count}, torch::kInt64)) {}
  // Calls body(images, labels) for each batch of the first `count`.
  template <class Body>
  void batches(std::int64_t count, std::int64_t size, Body body) const {
    for (std::int64_t at = 0; at < std::min(count, x.size(0)); at += size) {
      const auto some = std::min(size, x.size(0) - at);
      body(x.narrow(0, at, some), y.narrow(0, at, some));
    }
  }
  torch::Tensor x, y;
};

// One backward pass a sample; each gradient is then multiplied by a stored Gaussian matrix, of
// which all that there is memory for: the first parameters, their number in proportion.
struct Seconds {
  double passes, with_products;
};
Seconds one_by_one(assay::Model& model, const Images& images, std::int64_t all) {
  constexpr std::int64_t kCount = 64, kRows = 200'000;
  torch::Tensor out;
  std::vector<torch::Tensor> gradients;
  const double passes = seconds([&] {
    images.batches(kCount, 1, [&](const auto& x, const auto& y) {
      std::vector<torch::Tensor> parts;
      const auto loss = losses(model.forward({.input = x}).logits, y).sum();
      for (const auto& part : torch::autograd::grad({loss}, model.parameters()))
        parts.push_back(part.flatten());
      gradients.push_back(at::cat(parts));
    });
  });
  const auto matrix = at::randn({kRows, kWidth});
  const double products = seconds([&] {
    for (const auto& gradient : gradients) out = at::mv(matrix.t(), gradient.narrow(0, 0, kRows));
  });
  const double parts = static_cast<double>(gradients[0].numel()) / kRows;
  const double scale = static_cast<double>(all) / static_cast<double>(gradients.size());
  return {passes * scale, (passes + products * parts) * scale};
}

Json gradients(std::int64_t count) {
  assay::Info info;
  info.input_shape = {1, 28, 28};
  info.classes = 10;
  const auto model = assay::testing::plugins().make<assay::Model>(
      {"convnet", {{"width", std::int64_t{86}}}}, &info);
  const Images images(count);
  const auto epoch = [&] {
    images.batches(count, kBatch, [&](const auto& x, const auto& y) {
      losses(model->forward({.input = x}).logits, y).mean().backward();
      model->zero_grad();
    });
  };
  epoch();  // warm
  Json found;
  const double plain = seconds(epoch);
  found["images"] = count;
  found["epoch"] = plain;
  for (const char* name : {"kronecker", "count", "sparse_sign", "hadamard", "gaussian"}) {
    const auto sketch = selection::sketch_of(name, kWidth, assay::Rng(1));
    selection::PerSample sketcher(*model, assay::last_layers(*model, 0), {images.x.narrow(0, 0, 2)},
                                  false);
    found["parameters"] = sketcher.width();
    found["epochs"][name] =
        seconds([&] {
          images.batches(count, kBatch, [&](const auto& x, const auto& y) {
            const auto loss = [&](const auto& logits) { return losses(logits, y); };
            sketcher.sketched({x}, loss, *sketch, kWidth);
          });
        }) /
        plain;
  }
  const auto alone = one_by_one(*model, images, count);
  found["epochs, one by one"]["passes"] = alone.passes / plain;
  found["epochs, one by one"]["and a stored Gaussian matrix"] = alone.with_products / plain;
  return found;
}

// In turns, on as many gradients as a batch has and on more.
Json gaussian() {
  constexpr std::int64_t kLength = 1 << 16;
  Json found;
  for (const std::int64_t rows : {128, 512, 2048}) {
    const auto x = at::randn({rows, kLength}), matrix = at::randn({kLength, kWidth});
    const auto sketch = selection::gaussian_sketch(kWidth, assay::Rng(1));
    auto out = at::zeros({rows, kWidth});
    std::vector<double> ratios;
    for (int turn = 0; turn < 5; ++turn) {
      const double plain = seconds([&] { out.addmm_(x, matrix); });
      ratios.push_back(plain / seconds([&] { sketch->add(x, 0, out); }));
    }
    std::sort(ratios.begin(), ratios.end());
    found[std::to_string(rows) + " rows"] = ratios[2];
  }
  return {{"of the GEMM rate", found}};
}

Json moments(const char* file, std::int64_t samples, std::int64_t width, std::int64_t n) {
  auto f = at::empty({samples, width}, torch::kDouble);
  std::ifstream in(file, std::ios::binary);
  in.read(static_cast<char*>(f.mutable_data_ptr()), static_cast<std::streamsize>(f.nbytes()));
  if (!in) throw assay::Error(assay::ErrorKind::kData, std::string(file) + ": is too short");
  auto s = at::zeros({samples}, torch::kDouble);
  s.narrow(0, 0, n).fill_(1 / static_cast<double>(n));
  Json course = Json::array();
  for (std::int64_t most = 5; most < 3000; most *= 2) {
    selection::MomentProgram::Solution found;
    const double took = seconds([&] {
      found = selection::MomentProgram(selection::moments_of(f), n, 0.999).solve(s, 1e-8, most);
    });
    course.push_back(
        {{"steps", found.steps}, {"value", found.value}, {"gap", found.gap}, {"seconds", took}});
    if (found.gap <= 1e-8) break;
  }
  return course;
}

}  // namespace

int main(int count, char** words) try {
  const std::vector<std::string> said(words + 1, words + count);
  const auto number = [&](std::size_t k) { return std::stoll(said.at(k)); };
  at::set_num_threads(static_cast<int>(number(0)));
  assay::seed_default_generators(assay::Rng(7), torch::kCPU);
  Json found;
  if (said.at(1) == "gradients")
    found = gradients(said.size() > 2 ? number(2) : 2048);
  else if (said[1] == "gaussian")
    found = gaussian();
  else if (said[1] == "moments")
    found = moments(said.at(2).c_str(), number(3), number(4), number(5));
  else
    throw std::out_of_range("what to measure");
  std::puts(found.dump(1).c_str());
} catch (const std::logic_error&) {
  std::fputs("assay-bench-selection THREADS gradients [IMAGES] | gaussian | moments FILE N M n\n",
             stderr);
  return 2;
} catch (const assay::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
