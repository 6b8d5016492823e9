#include "runner/manifest/initial_weights.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace assay {
namespace {

class Reader {
 public:
  Reader(const Node& node, const Strings& after, const Spec* model, Checker& checker)
      : node_(node), after_(after), model_(model), checker_(checker) {}

  InitialWeights read() {
    if (model_ == nullptr)
      complain(node_, "`weights` are those of a model: add `model:`, or remove `weights:`");
    if (node_.is_map()) {
      read_map();
    } else if (!node_.is_scalar()) {
      complain(node_, fmt::format("`weights` is {}, expected a stage of `after`, `none`, or a map "
                                  "such as {{file: FILE}}",
                                  node_.describe()));
    } else if (node_.text != "none") {
      read_stage(node_, "weights");
    }
    return weights_;
  }

 private:
  void complain(const Node& at, const std::string& what) { checker_.complaints().add(at.at, what); }

  void read_stage(const Node& node, const char* key) {
    if (std::find(after_.begin(), after_.end(), node.text) != after_.end()) {
      weights_.stage = node.text;
      return;
    }
    const auto near = nearest(node.text, after_);
    complain(node, fmt::format("`{}` is {}, expected a stage of `after`{}", key, node.describe(),
                               !near.empty()     ? "; did you mean `" + near + "`?"
                               : !after_.empty() ? " (" + listed(after_) + ")"
                                                 : ""));
  }

  void read_map() {
    checker_.keys(node_, {"stage", "file", "names", "take", "new"}, "`weights`");
    const Node *stage = node_.find("stage"), *file = node_.find("file");
    if ((stage == nullptr) == (file == nullptr))
      complain(node_,
               "`weights` needs either `stage`, a stage of `after`, or `file`, a safetensors "
               "file or a folder of them");
    if (stage != nullptr) read_stage(*stage, "stage");
    if (file != nullptr)
      weights_.file = checker_.file(*file, "file", "It is a safetensors file, or a folder of them.")
                          .value_or("");
    if (const Node* names = node_.find("names")) read_names(*names, file != nullptr);
    if (const Node* take = node_.find("take")) read_take(*take);
    if (const Node* kept = node_.find("new")) weights_.kept = checker_.words(*kept, "new");
  }

  void read_names(const Node& names, bool from_file) {
    weights_.names = checker_.word(names, "names").value_or("");
    if (!from_file)
      complain(names,
               "`names` is for a `file`; the names of a stage's tensors are the model's own");
    if (node_.find("take") != nullptr)
      complain(names, "`names` and `take` both say what tensors are called: remove one");
    const auto* info = model_ == nullptr ? nullptr : checker_.catalog().find("model", model_->use);
    if (info != nullptr && !info->has("Importable"))
      complain(names, fmt::format("model `{}` does not know under which names other programs store "
                                  "its weights: use `take` instead of `names`",
                                  info->name));
  }

  void read_take(const Node& take) {
    if (!checker_.expect_map(take, "take")) return;
    for (const auto& entry : take.entries) {
      const auto to = checker_.word(entry.value, entry.key);
      if (!to) continue;
      const auto stars = [](const std::string& text) {
        return std::count(text.begin(), text.end(), '*');
      };
      if (stars(entry.key) != stars(*to))
        complain(entry.value, fmt::format("`{}` and `{}` have another number of `*`; each `*` of "
                                          "the second is what that of the first stands for",
                                          entry.key, *to));
      weights_.take.emplace_back(entry.key, *to);
    }
  }

  const Node& node_;
  const Strings& after_;
  const Spec* model_;
  Checker& checker_;
  InitialWeights weights_;
};

}  // namespace

InitialWeights read_initial_weights(const Node& node, const Strings& after, const Spec* model,
                                    Checker& checker) {
  return Reader(node, after, model, checker).read();
}

}  // namespace assay
