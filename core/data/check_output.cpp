// What a model gives, against what the dataset says of it.
#include <c10/util/Exception.h>

#include "assay/sdk/training.h"

namespace assay {
namespace {

[[noreturn]] void refuse_output(const std::string& what) {
  throw Error(ErrorKind::kShape, "forward() of the model " + what, std::string(Model::kind));
}

std::string text_of_shape(const torch::Tensor& tensor) {
  return c10::str(tensor.sizes());
}

// Of LibTorch's message the first line: the rest is where in its sources it was thrown.
Output run_once(Model& model, const Batch& batch) try {
  const torch::NoGradGuard no_grad;
  const EvalMode mode(model);
  return model.forward(batch);
} catch (const c10::OutOfMemoryError&) {
  throw;
} catch (const c10::Error& error) {
  const std::string words = error.what_without_backtrace();
  refuse_output("fails on an input " + text_of_shape(batch.input) + ": " +
                words.substr(0, words.find('\n')));
}

void expect_rows(const torch::Tensor& tensor, const char* name, std::int64_t rows) {
  if (tensor.defined() && (tensor.dim() == 0 || tensor.size(0) != rows))
    refuse_output(std::string("gives ") + name + " " + text_of_shape(tensor) + " for " +
                  std::to_string(rows) + " samples; expected a row per sample");
}

}  // namespace

void check_output(Model& model, const Batch& batch, const Info& info) {
  const auto output = run_once(model, batch);
  const auto rows = batch.size(), columns = info.classes > 0 ? info.classes : info.targets;
  expect_rows(output.logits, "logits", rows);
  expect_rows(output.features, "features", rows);
  expect_rows(output.abstained, "abstentions", rows);
  if (!output.logits.defined()) return;
  if (output.logits.dim() != 2 || output.logits.size(1) != columns)
    refuse_output("gives logits " + text_of_shape(output.logits) + ", expected [" +
                  std::to_string(rows) + ", " + std::to_string(columns) + "]: a column per " +
                  (info.classes > 0 ? "class" : "target"));
  if (!output.logits.is_floating_point())
    refuse_output(std::string("gives logits of type ") +
                  c10::toString(output.logits.scalar_type()) + ", expected real numbers");
}

}  // namespace assay
