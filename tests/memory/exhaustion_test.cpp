// Memory that runs out at any allocation of a reader: an exception, or the right answer. Under a
// sanitizer: and no leak. Not of readers that keep JSON: nlohmann-json 3.11.2 allocates in its
// destructor, so that a process without memory ends there.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <new>
#include <optional>

#include "core/components/safetensors_header.h"
#include "runner/manifest/compose.h"
#include "runner/manifest/sweep.h"
#include "tests/runner/manifest/desk.h"

namespace {

// Fails allocation `at`, counted from 1, or all from it on; 0: none.
struct Exhaustion {
  std::size_t at = 0, count = 0;
  bool for_ever = false;

  bool strikes() { return at > 0 && (++count == at || (for_ever && count > at)); }
  bool struck() const { return count >= at; }
};
Exhaustion exhaustion;

void* allocate(std::size_t size) {
  return exhaustion.strikes() ? nullptr : std::malloc(size == 0 ? 1 : size);
}

}  // namespace

void* operator new(std::size_t size) {
  void* const memory = allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}

using namespace assay;

namespace {

// What is read while `failing`, or nothing.
template <class Read>
auto read_during(const Exhaustion& failing, const Read& read) {
  std::optional<decltype(read())> found;
  exhaustion = failing;
  try {
    found = read();
  } catch (const std::exception&) {  // as it should be; a crash would end the test
  }
  return found;
}

// Fails allocation 1, 2, ... of `read`, once and then from there on, until none is left to fail.
template <class Read>
void check_at_each_allocation(const Read& read) {
  const auto expected = read();
  for (const bool for_ever : {false, true}) {
    std::size_t at = 0;
    for (bool struck = true; struck;) {
      const auto found = read_during({++at, 0, for_ever}, read);
      struck = exhaustion.struck();
      exhaustion = {};
      INFO("allocation " << at << (for_ever ? " and all after it" : ""));
      const bool right = !found || *found == expected;
      REQUIRE(right);
    }
    REQUIRE(at > 5);
  }
}

}  // namespace

TEST_CASE("a manifest survives each allocation that fails") {
  testing::Desk desk;
  const std::string text = testing::kBase + "x: &x [1, '2']\ny: *x\nlimits: {time: 5m}\n";
  check_at_each_allocation([&] { return read_yaml(text, {"m.yaml", 1, 1}).size(); });
  const auto file =
      desk.folder.write("m.yaml", testing::kBase +
                                      "stages: {a: {seed: \"${dataset.size}\"}, b: {after: a}}\n"
                                      "sweep: {optimizer.lr: [1, 2]}\n");
  const std::vector<std::string> overrides{"dataset.size=3"};
  check_at_each_allocation([&] {
    const auto root = compose(file, overrides);
    Complaints complaints;
    Checker checker(desk.catalog, complaints);
    return expand_sweep(root, checker).size();
  });
  check_at_each_allocation([&]() -> std::string {
    try {
      read_yaml("a: !x 1\nb: 010\n", {"m.yaml", 1, 1});
      return "";
    } catch (const ManifestErrors& errors) {
      return errors.what();
    }
  });
}

TEST_CASE("a weight file's header survives each allocation that fails") {
  const std::string header =
      R"({"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}})";
  check_at_each_allocation([&] { return parse_safetensors_header(header, 8, "x").size(); });
}
