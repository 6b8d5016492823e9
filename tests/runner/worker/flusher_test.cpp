// What was made is flushed without being asked for, and not more than once per second.
#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "runner/worker/flusher.h"

using assay::Flusher;
using Clock = std::chrono::steady_clock;

namespace {

// Waits until `holds`, for as long as a busy machine may take.
template <class Condition>
bool comes_true(const Condition& holds) {
  for (const auto end = Clock::now() + std::chrono::seconds(60); Clock::now() < end;) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

}  // namespace

TEST_CASE("each touch is followed by a flush, of many one per second") {
  std::atomic<int> made = 0, flushed = 0, calls = 0;
  const auto start = Clock::now();
  Flusher flusher([&] {
    flushed = made.load();
    ++calls;
  });
  for (int k = 1; k <= 300; ++k) {
    made = k;
    flusher.touch();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK(comes_true([&] { return flushed == 300; }));
  flusher.stop();
  const auto seconds = std::chrono::duration<double>(Clock::now() - start).count();
  CHECK(calls >= 2);
  CHECK(calls <= static_cast<int>(seconds) + 1);
}

TEST_CASE("nothing is flushed that nobody touched, or after the end") {
  std::atomic<int> calls = 0;
  Flusher flusher([&] { ++calls; });
  flusher.stop();
  flusher.touch();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(calls == 0);
}

TEST_CASE("a flush that fails is tried again") {
  std::atomic<int> calls = 0;
  Flusher flusher([&] {
    if (++calls == 1) throw std::runtime_error("the disk is full");
  });
  flusher.touch();
  CHECK(comes_true([&] { return calls == 2; }));
}

TEST_CASE("a flush that always fails does not keep anybody") {
  std::atomic<int> calls = 0;
  Flusher flusher([&] {
    ++calls;
    throw std::runtime_error("the disk is full");
  });
  flusher.touch();
  CHECK(comes_true([&] { return calls == 1; }));
  flusher.stop();
  CHECK(calls <= 2);
}
