// Whatever a manifest, a plugin or a run folder says, the page shows it and does not obey it.
#include <catch2/catch.hpp>

#include <string>

#include "runner/report/report.h"
#include "tests/support/shell.h"

using namespace assay;

namespace {

const std::string kHostile = R"x(</script><img src=x onerror="alert(1)">'&)x";

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at) ++n;
  return n;
}

Report report_of(const std::string& word, const testing::Folder& folder) {
  folder.write("run/metrics.jsonl",
               R"({"t":1,"stage":"main","unit":0,"name":"train/x<\/script><img src=x>","value":1})"
               "\n"
               R"({"t":1,"stage":"main","unit":1,"name":"train/x<\/script><img src=x>","value":2})"
               "\n");
  Report report;
  report.name = report.metric = report.compare = report.manifest = report.command = word;
  report.read = report.notes = {word};
  report.folder = folder.path();
  for (int seed = 0; seed < 2; ++seed)
    report.trials.push_back({word,
                             {{word, word}},
                             seed,
                             seed == 0 ? RunState::kDone : RunState::kFailed,
                             {{word, 0.5}},
                             1,
                             word,
                             {folder.path() / "run"}});
  return report;
}

}  // namespace

TEST_CASE("a page escapes every word that comes from outside") {
  const testing::Folder folder;
  const std::string plain = html_page(report_of("word", folder));
  const std::string hostile = html_page(report_of(kHostile, folder));
  CHECK(count(hostile, "<img") == 0);
  CHECK(count(hostile, "</script>") == count(plain, "</script>"));
  CHECK(count(hostile, "onerror=\"") == 0);
  CHECK(count(hostile, "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;") >= 8);
}
