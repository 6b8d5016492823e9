// What is written is read back; what is cut or changed is refused or means something, never a
// crash.
#include <catch2/catch.hpp>

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "assay/error.h"
#include "assay/sdk/safetensors.h"

using namespace assay;

namespace {

constexpr auto kDtypes = {torch::kDouble, torch::kFloat, torch::kHalf,  torch::kBFloat16,
                          torch::kLong,   torch::kInt,   torch::kShort, torch::kChar,
                          torch::kByte,   torch::kBool};

TensorMap small() {
  return {{"weight", at::arange(6, torch::kFloat).view({2, 3})},
          {"step", at::full({}, 7, torch::kLong)},
          {"mask", at::arange(3).remainder(2).to(torch::kBool)}};
}

void check_same(const TensorMap& a, const TensorMap& b) {
  REQUIRE(a.size() == b.size());
  for (const auto& [name, tensor] : a) {
    INFO(name);
    REQUIRE(b.count(name) == 1);
    CHECK(b.at(name).scalar_type() == tensor.scalar_type());
    CHECK(b.at(name).sizes() == tensor.sizes());
    CHECK(b.at(name).equal(tensor));
  }
}

// Reads, and accepts nothing but a map or Error{kCorrupt} that names the file.
bool reads(const std::string& bytes) {
  try {
    from_safetensors(bytes, "x.safetensors");
    return true;
  } catch (const Error& error) {
    REQUIRE(error.kind() == ErrorKind::kCorrupt);
    REQUIRE(std::string(error.what()).starts_with("x.safetensors: "));
    return false;
  }
}

ErrorKind kind_of_refusal(const TensorMap& tensors) {
  try {
    to_safetensors(tensors);
  } catch (const Error& error) {
    return error.kind();
  }
  FAIL("it was written");
  return ErrorKind::kIo;
}

}  // namespace

TEST_CASE("every dtype comes back from safetensors as it was") {
  TensorMap map;
  for (const auto dtype : kDtypes) {
    const std::string name = c10::toString(dtype);
    map[name + ".matrix"] = at::arange(12, torch::kFloat).view({3, 4}).to(dtype);
    map[name + ".scalar"] = at::full({}, 1, dtype);
    map[name + ".empty"] = at::empty({0, 5}, at::TensorOptions(dtype));
  }
  check_same(map, from_safetensors(to_safetensors(map), "x"));
}

TEST_CASE("an empty map is a file, too") {
  CHECK(from_safetensors(to_safetensors({}), "x").empty());
}

TEST_CASE("views, gradients and odd names are written as plain tensors") {
  const auto base = at::arange(20, torch::kFloat).view({4, 5});
  const TensorMap map{{"transposed", base.t()},
                      {"every second", base.slice(1, 0, 5, 2)},
                      {"grad", base.clone().requires_grad_()},
                      {"gr\xc3\xb6\xc3\x9f"
                       "e \"\\\n",
                       base},
                      {"", base}};
  const auto back = from_safetensors(to_safetensors(map), "x");
  check_same(map, back);
  CHECK_FALSE(back.at("grad").requires_grad());
}

TEST_CASE("infinities, NaN payloads and negative zero keep their bits") {
  const auto bits = at::arange(-8, 8, torch::kInt) * 134'217'727;
  const auto back = from_safetensors(to_safetensors({{"x", bits.view(torch::kFloat)}}), "x");
  CHECK(back.at("x").view(torch::kInt).equal(bits));
}

TEST_CASE("the same map gives the same bytes, the header a multiple of eight") {
  const auto bytes = to_safetensors(small());
  CHECK(bytes == to_safetensors(small()));
  CHECK(static_cast<unsigned char>(bytes[0]) % 8 == 0);
  CHECK(bytes.substr(8, 56) == R"({"mask":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3])");
}

TEST_CASE("what safetensors cannot hold is not written") {
  const auto x = at::zeros({2});
  CHECK(kind_of_refusal({{"x", torch::Tensor()}}) == ErrorKind::kParameter);
  CHECK(kind_of_refusal({{"x", at::zeros({2}, torch::kComplexFloat)}}) == ErrorKind::kParameter);
  CHECK(kind_of_refusal({{"x", x.to_sparse()}}) == ErrorKind::kParameter);
  CHECK(kind_of_refusal({{"__metadata__", x}}) == ErrorKind::kParameter);
  CHECK(kind_of_refusal({{std::string("a\0b", 3), x}}) == ErrorKind::kParameter);
  CHECK(kind_of_refusal({{"\xff", x}}) == ErrorKind::kParameter);
  CHECK(kind_of_refusal({{"x", at::zeros(std::vector<std::int64_t>(65, 1))}}) ==
        ErrorKind::kParameter);
}

TEST_CASE("a file cut short is refused at every length") {
  const auto bytes = to_safetensors(small());
  REQUIRE(reads(bytes));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    INFO(length);
    CHECK_FALSE(reads(bytes.substr(0, length)));
  }
}

TEST_CASE("no value of any byte crashes the reader") {
  const auto bytes = to_safetensors(small());
  int accepted = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (int value = 0; value < 256; ++value) {
      auto changed = bytes;
      changed[at] = static_cast<char>(value);
      accepted += reads(changed) ? 1 : 0;
    }
  CHECK(accepted > 0);  // another name, another weight: a hash finds these, not the format
}
