// Wisconsin Breast Cancer: the sum of the nine numbers, against counts that are known.
#include "tests/plugins/glc/fitted.h"
#include "tests/support/data.h"

using namespace assay;
using namespace assay::testing;

TEST_CASE("the end point with weights 1 is the sum, and its confusions are the known ones") {
  if (data_missing()) return;
  const auto file = data_folder() / "wbc" / "breast-cancer-wisconsin.data";
  const auto data = plugins().make<Dataset>({"csv_table",
                                             {{"path", file.string()},
                                              {"drop_columns", Strings{"0"}},
                                              {"missing", std::string("drop")},
                                              {"standardise", false},
                                              {"test", 0.0},
                                              {"validation", 0.0}}});
  const auto batch = data->load(data->ids(Split::kTrain), Context{});
  REQUIRE(batch.size() == 683);
  const Samples samples{"train", batch.input, batch.target};
  const FittedModel model({"end_point", {{"weights", std::string("ones")}}}, data->info(), samples);
  CHECK(model.right(samples) == 666);  // 0.9751
  const auto buffers = model.model->named_buffers();
  const auto weight = buffers["weight"][1] - buffers["weight"][0];
  const auto end = batch.input.to(torch::kDouble).matmul(weight);
  CHECK(end.equal(batch.input.to(torch::kDouble).sum(1)));
  const double cut = (buffers["bias"][0] - buffers["bias"][1]).item<double>();
  CHECK((cut >= 25 && cut < 27));  // 26 and 27 are as good
  const std::map<double, std::vector<std::int64_t>> known{{15, {265, 179, 0, 239}},
                                                          {18, {374, 70, 0, 239}},
                                                          {20, {400, 44, 1, 238}},
                                                          {22, {418, 26, 1, 238}},
                                                          {24, {427, 17, 1, 238}}};
  for (const auto& [from, confusion] : known) {
    const auto answer = (end >= from).to(torch::kInt64);
    CHECK(
        (batch.target * 2 + answer).bincount({}, 4).equal(torch::tensor(confusion, torch::kInt64)));
  }
}
