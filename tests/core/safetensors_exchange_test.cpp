// Our files and the Python package's: each reads the other's, and both judge damaged ones alike.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <sstream>

#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <nlohmann/json.hpp>

#include "assay/error.h"
#include "assay/rng.h"
#include "assay/sdk/safetensors.h"
#include "core/components/safetensors_header.h"
#include "tests/support/safetensors_bytes.h"
#include "tests/support/shell.h"

using namespace assay;
using assay::testing::entry;
using assay::testing::file_of;

namespace {

// More of them: ASSAY_TEST_MUTATIONS=100000.
std::uint64_t mutations() {
  const char* const wanted = std::getenv("ASSAY_TEST_MUTATIONS");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 2'000;
}

std::string python() {
  const char* const chosen = std::getenv("ASSAY_TEST_PYTHON");
  return chosen != nullptr ? chosen : "python3";
}

bool package_is_there() {
  if (testing::shell(python() + " -c 'import safetensors'").code == 0) return true;
  WARN("skipped: " << python() << " has no safetensors; see tests/python/requirements.txt");
  return false;
}

std::string exchange(const std::string& verb, const std::filesystem::path& file) {
  const char* const source = std::getenv("ASSAY_SOURCE");
  const auto script =
      std::string(source != nullptr ? source : ".") + "/tests/python/safetensors_exchange.py ";
  const auto said = testing::shell(python() + " " + script + verb + " " + file.string());
  INFO(said.err);
  REQUIRE(said.code == 0);
  return said.out;
}

std::string hex(const torch::Tensor& tensor) {
  std::string text;
  const auto* bytes = static_cast<const unsigned char*>(tensor.const_data_ptr());
  for (std::size_t i = 0; i < tensor.nbytes(); ++i) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

TensorMap every_dtype() {
  TensorMap map;
  for (const auto dtype :
       {torch::kDouble, torch::kFloat, torch::kHalf, torch::kBFloat16, torch::kLong, torch::kInt,
        torch::kShort, torch::kChar, torch::kByte, torch::kBool}) {
    map[std::string(c10::toString(dtype)) + " \"\xc3\xa9"] = at::arange(6).view({2, 3}).to(dtype);
    map[std::string(c10::toString(dtype)) + ".scalar"] = at::full({}, 1, dtype);
    map[std::string(c10::toString(dtype)) + ".empty"] = at::full({0, 2}, 1, dtype);
  }
  return map;
}

std::vector<std::string> seeds() {
  const TensorMap map{{"w", at::arange(2, torch::kFloat)},
                      {"b", at::full({1}, 1, torch::kBool)},
                      {"e", at::full({0, 3}, 1, torch::kHalf)}};
  return {
      to_safetensors(map), to_safetensors({}),
      file_of("{\"__metadata__\":{\"a\":\"b\",\"c\":\"\"}," + entry("x", "U8", "[2,1]", "[0,2]") +
                  "," + entry("y", "I16", "[]", "[2,4]") + "}  ",
              "abcd")};
}

// What is likely to get past the first check: whole members, and odd characters.
constexpr std::string_view kMembers[] = {
    "\"dtype\":\"U8\",",
    "\"extra\":[1],",
    "\"z\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},",
    "\"__metadata__\":{},",
    "\"__metadata__\":null,",
    "\"a\":\"\",",
    " ",
    "\n",
    "1,",
    "0,",
    "\"w\":[\"F32\",[0],[0,0]],",
    "\"\\u0000\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},"};
constexpr std::string_view kPieces[] = {
    "{",       "}",    "[",   "]",   "\"",   ",",       ":",
    "0",       "1",    "2",   "4",   "-",    ".",       "e",
    "\\",      "null", "F32", "U16", "BOOL", "F8_E4M3", "18446744073709551615",
    "\\u0061", "\xff", "\x7f"};
constexpr std::string_view kDtypes[] = {"U8", "U16", "I16", "F16", "BF16", "BOOL", "I8", "C64"};

class Mutation {
 public:
  explicit Mutation(const Rng& rng) : rng_(rng) {}

  std::string of(std::string bytes) {
    for (auto changes = 1 + below(2); changes > 0 && !bytes.empty(); --changes) change(bytes);
    return bytes;
  }

 private:
  std::size_t below(std::size_t n) {
    return static_cast<std::size_t>(rng_.uniform(draw_++) * static_cast<double>(n));
  }
  template <std::size_t n>
  std::string_view one_of(const std::string_view (&list)[n]) {
    return list[below(n)];
  }

  void change(std::string& bytes) {
    const auto at = below(bytes.size());
    switch (below(9)) {
      case 0:
        bytes[at] = static_cast<char>(rng_.bits(draw_++));
        break;
      case 1:
        bytes.replace(at, 1, one_of(kPieces));
        break;
      case 2:
        bytes.insert(at, one_of(kPieces));
        break;
      case 3:
        bytes.erase(at, 1 + below(4));
        break;
      case 4:
        bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(60)));
        break;
      case 5:
        bytes.resize(at);
        break;
      case 6:
        change_after(bytes, at, "0123456789", std::to_string(below(6)));
        break;
      case 7:
        insert_member(bytes, at);
        break;
      case 8:
        change_after(bytes, at, "FUIB", one_of(kDtypes));
        break;
    }
  }

  void insert_member(std::string& bytes, std::size_t from) {
    const auto at = bytes.find_first_of("{[,", from);
    if (at != std::string::npos) bytes.insert(at + 1, one_of(kMembers));
  }

  // Replaces the run of letters and digits that begins with one of `first`.
  void change_after(std::string& bytes, std::size_t from, const char* first, std::string_view by) {
    const auto at = bytes.find_first_of(first, from);
    if (at == std::string::npos) return;
    const auto end = bytes.find_first_of("\",]}", at);
    bytes.replace(at, end == std::string::npos ? 1 : end - at, by);
  }

  Rng rng_;
  std::uint64_t draw_ = 0;
};

// Mutates the header, mends its length in most cases, and keeps the data as they are in most.
std::string damaged(const std::string& bytes, const Rng& rng) {
  if (rng.uniform(0) < 0.15) return Mutation(rng.fork("whole")).of(bytes);
  const auto length = static_cast<std::size_t>(static_cast<unsigned char>(bytes[0]));
  return file_of(Mutation(rng.fork("header")).of(bytes.substr(8, length)),
                 bytes.substr(8 + length));
}

// In the form in which the package's reading comes.
nlohmann::json described(const TensorMap& map) {
  auto all = nlohmann::json::object();
  for (const auto& [name, tensor] : map)
    all[name] = {{"dtype", safetensors_dtype(tensor.scalar_type())},
                 {"shape", tensor.sizes().vec()},
                 {"data", hex(tensor)}};
  return all;
}

// What we read, or null and why not.
std::pair<nlohmann::json, std::string> our_reading(const std::string& bytes) {
  try {
    return {described(from_safetensors(bytes, "x")), ""};
  } catch (const Error& error) {
    REQUIRE(error.kind() == ErrorKind::kCorrupt);
    return {nullptr, error.what()};
  }
}

// The rules that the package has not, by a part of what we say (docs/checkpoint-format.md).
bool by_a_stricter_rule(const std::string& refusal) {
  for (const auto* rule : {"begin with `{`",   // it skips spaces in front
                           "occurs twice",     // it takes the last of two
                           "begins at",        // it sorts the tensors by offset first
                           "has the key",      // it ignores further keys of a tensor
                           "a list at",        // it takes a tensor as [dtype, shape, offsets]
                           "has dtype",        // it knows more of them
                           "is BOOL and has",  // it does not look at the data
                           "null at",          // it takes null for no metadata
                           "contains a NUL"})
    if (refusal.find(rule) != std::string::npos) return true;
  return false;
}

std::string printable(const std::string& bytes) {
  return nlohmann::json(bytes).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace

TEST_CASE("the Python package reads our files") {
  if (!package_is_there()) return;
  const testing::Folder folder;
  const auto map = every_dtype();
  const auto file = folder.write("ours.safetensors", to_safetensors(map));
  const auto seen = nlohmann::json::parse(exchange("read", file));
  REQUIRE(seen.size() == map.size());
  for (const auto& [name, tensor] : map) {
    INFO(name);
    CHECK(seen.at(name).at("shape") == nlohmann::json(tensor.sizes().vec()));
    CHECK(seen.at(name).at("data") == hex(tensor));
  }
  CHECK(seen.at("BFloat16.scalar").at("dtype") == "BF16");
}

TEST_CASE("we read the Python package's files") {
  if (!package_is_there()) return;
  const testing::Folder folder;
  const auto file = folder.path() / "theirs.safetensors";
  exchange("write", file);
  const auto map = from_safetensors(testing::slurp(file), "theirs");
  REQUIRE(map.size() == 30);
  for (const auto& [name, tensor] : map) {
    INFO(name);
    if (name.ends_with(".scalar"))
      CHECK(tensor.dim() == 0);
    else if (name.ends_with(".empty"))
      CHECK(tensor.sizes() == at::IntArrayRef({4, 0}));
    else
      CHECK(tensor.sizes() == at::IntArrayRef({3, 2}));
  }
  CHECK(hex(map.at("int64")) == hex(map.at("float64")));
  CHECK(map.at("bool").scalar_type() == torch::kBool);
  CHECK(map.at("bfloat16").scalar_type() == torch::kBFloat16);
}

TEST_CASE("damaged files are judged as the Python package judges them") {
  if (!package_is_there()) return;
  std::vector<std::string> files;
  std::string records;
  for (const auto& seed : seeds())
    for (std::uint64_t k = 0; k < mutations() / 3 + 1; ++k) {
      files.push_back(damaged(seed, Rng(files.size()).fork("damage")));
      records += testing::little_endian(files.back().size()).substr(0, 4) + files.back();
    }
  const testing::Folder folder;
  std::istringstream judged(exchange("judge", folder.write("records", records)));
  int both = 0, stricter = 0;
  std::string line;
  for (const auto& file : files) {
    REQUIRE(std::getline(judged, line));
    const auto theirs = nlohmann::json::parse(line);
    const auto [ours, refusal] = our_reading(file);
    both += ours.is_null() ? 0 : 1;
    if (ours == theirs) continue;
    INFO(printable(file));
    INFO("ours: " << refusal);
    CHECK(ours.is_null());  // what is accepted, the package reads as we do
    CHECK(by_a_stricter_rule(refusal));
    ++stricter;
  }
  INFO(both << " accepted by both, " << stricter << " refused by stricter rules");
  CHECK(both > 50);
  CHECK(stricter > 20);
}
