// Tensors of other names put into a module: renamed, transposed, split; what does not fit is told
// all at once.
#include <algorithm>
#include <regex>
#include <set>

#include <c10/util/StringUtil.h>
#include <torch/nn/module.h>

#include "assay/error.h"
#include "assay/schema.h"
#include "assay/sdk/read_bytes.h"
#include "assay/sdk/safetensors.h"
#include "assay/sdk/weights.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostTold = 12;
constexpr std::size_t kLongestName = 1000;  // regular expressions take stack

// The pattern of names as a regular expression with a group per `*`.
std::regex expression_of(const std::string& pattern) {
  static const std::regex special(R"([.^$|()\[\]{}+?\\])"), star(R"(\*)");
  return std::regex(
      std::regex_replace(std::regex_replace(pattern, special, R"(\$&)"), star, "(.*)"));
}

std::string fill(const std::string& pattern, const Strings& parts) {
  std::string filled;
  std::size_t next = 0;
  for (const char c : pattern)
    if (c != '*')
      filled += c;
    else if (next < parts.size())
      filled += parts[next++];
    else
      throw Error(ErrorKind::kParameter,
                  "`" + pattern + "` has more `*` than the pattern whose names it replaces");
  return filled;
}

std::string join(const Strings& parts, const char* between) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

std::string shape(const torch::Tensor& tensor) {
  return c10::str(tensor.sizes());
}

std::string told(const std::string& name, const torch::Tensor& tensor) {
  return "`" + name + "` " + shape(tensor);
}

bool may_be_missing(const std::string& name) {
  return name.ends_with("num_batches_tracked");
}

// Floating-point numbers are converted, as weights are stored in half of the precision.
bool fits_type(const torch::Tensor& given, const torch::Tensor& own) {
  return given.scalar_type() == own.scalar_type() ||
         (given.is_floating_point() && own.is_floating_point());
}

class Placement {
 public:
  Placement(const torch::nn::Module& module, const WeightPlan& plan, bool accepts_nan)
      : plan_(plan),
        buffers_(module.named_buffers()),
        accepts_nan_(accepts_nan),
        own_(weights_of(module)) {
    fitted_ = dynamic_cast<const Fitted*>(&module) != nullptr;
    Strings names;
    for (const auto& [name, tensor] : own_) names.push_back(name);
    check_patterns(plan.kept, names, "new");
    for (const auto& rule : plan.rules) expressions_.push_back(expression_of(rule.from));
    is_used_.resize(plan.rules.size());
  }

  void add(const std::string& name, const torch::Tensor& tensor) {
    if (plan_.rules.empty()) return put(name, name, tensor);
    if (name.size() > kLongestName)
      return refuse({}, "a name of " + std::to_string(name.size()) +
                            " characters is too long to be compared with patterns");
    for (std::size_t i = 0; i < plan_.rules.size(); ++i)
      if (std::smatch found; std::regex_match(name, found, expressions_[i])) {
        const auto to = targets(plan_.rules[i], {found.begin() + 1, found.end()});
        for (const auto& one : to)
          if (!matches_any(one, plan_.kept)) is_used_[i] = true;
        return put_all(name, tensor, to, plan_.rules[i].transpose);
      }
  }

  Strings misfits() {
    for (const auto& [name, tensor] : own_)
      if (!given_.contains(name) && !matches_any(name, plan_.kept) && !may_be_missing(name) &&
          !refused_.contains(name))
        misfits_.push_back(told(name, tensor) + " of the model is missing");
    return misfits_;
  }

  // Either an earlier rule or `new` has all that such a rule names.
  void check_rules() const {
    for (std::size_t i = 0; plan_.needs_all_rules && i < is_used_.size(); ++i)
      if (!is_used_[i])
        throw Error(ErrorKind::kParameter,
                    "`take` has `" + plan_.rules[i].from +
                        "`, which takes nothing: an earlier pattern of `take`, or `new`, has all "
                        "that it names; remove one of them");
  }

  void copy() {
    const torch::NoGradGuard no_grad;
    for (const auto& [name, part] : given_)
      if (may_resize(name))
        buffers_[name].resize_(part.value.sizes()).copy_(part.value);
      else
        own_.at(name).copy_(part.value);
  }

 private:
  struct Part {
    std::string from;
    torch::Tensor value;
  };

  static Strings targets(const WeightRule& rule, const Strings& parts) {
    Strings names;
    for (const auto& pattern : rule.to) names.push_back(fill(pattern, parts));
    return names;
  }

  void put_all(const std::string& name, torch::Tensor tensor, const Strings& to, bool transpose) {
    if (transpose && tensor.dim() != 2)
      return refuse(to, told(name, tensor) + " is no matrix, and cannot be transposed");
    if (transpose) tensor = tensor.t();
    if (to.size() == 1) return put(name, to.front(), tensor);
    std::vector<std::int64_t> sizes;
    for (const auto& one : to)
      if (const auto it = own_.find(one); it != own_.end() && it->second.dim() > 0)
        sizes.push_back(it->second.size(0));
    std::int64_t sum = 0;
    for (const auto size : sizes) sum += size;
    if (sizes.size() != to.size() || tensor.dim() == 0 || tensor.size(0) != sum)
      return refuse(to, told(name, tensor) + " cannot be split into " + describe(to));
    const auto parts = tensor.split_with_sizes(sizes);
    for (std::size_t i = 0; i < to.size(); ++i) put(name, to[i], parts[i]);
  }

  void put(const std::string& from, const std::string& to, const torch::Tensor& tensor) {
    if (matches_any(to, plan_.kept)) return;
    const auto as = name_there(from, to);
    const auto it = own_.find(to);
    if (it == own_.end())
      return refuse({to}, told(from, tensor) + as + " is no tensor of the model");
    if (const auto [other, fresh] = given_.insert({to, {from, tensor}}); !fresh)
      return refuse({to}, "`" + other->second.from + "` and `" + from + "` are both `" + to + "`");
    if (it->second.sizes() != tensor.sizes() && !may_resize(to))
      return differ(from, to, shape(tensor), shape(it->second));
    if (!accepts_nan_ && tensor.is_floating_point() && tensor.isnan().any().item<bool>())
      return refuse({to}, told(from, tensor) + as + " has NaN");
    if (!fits_type(tensor, it->second))
      differ(from, to, c10::toString(tensor.scalar_type()),
             c10::toString(it->second.scalar_type()));
  }

  // A fitted model's buffers have the shapes that they were given.
  bool may_resize(const std::string& name) const { return fitted_ && buffers_.contains(name); }

  static std::string name_there(const std::string& from, const std::string& to) {
    return from == to ? "" : " as `" + to + "`";
  }

  void differ(const std::string& from, const std::string& to, const std::string& given,
              const std::string& own) {
    refuse({to}, "`" + from + "`" + name_there(from, to) + " is " + given + ", and " + own +
                     " in the model");
  }

  void refuse(const Strings& places, const std::string& why) {
    misfits_.push_back(why);
    refused_.insert(places.begin(), places.end());
  }

  std::string describe(const Strings& names) const {
    Strings all;
    for (const auto& name : names) {
      const auto it = own_.find(name);
      all.push_back(it == own_.end() ? "`" + name + "`, which the model lacks"
                                     : told(name, it->second));
    }
    return join(all, ", ");
  }

  const WeightPlan& plan_;
  torch::OrderedDict<std::string, torch::Tensor> buffers_;
  bool accepts_nan_, fitted_ = false;
  std::vector<std::regex> expressions_;  // of the rules
  std::vector<bool> is_used_;            // by rule
  TensorMap own_;                        // of the module, by name
  std::map<std::string, Part> given_;    // by the name in the module
  std::set<std::string> refused_;        // names in the module, which are told already
  Strings misfits_;
};

std::string tell(Strings misfits) {
  const auto more = misfits.size() - std::min(misfits.size(), kMostTold);
  misfits.resize(misfits.size() - more);
  if (more > 0) misfits.push_back("and " + std::to_string(more) + " more");
  return join(misfits, "; ");
}

TensorMap read_file_of_weights(const fs::path& file) {
  return from_safetensors(read_bytes(file), file.string());
}

}  // namespace

void load_weights(torch::nn::Module& module, const TensorMap& given, const WeightPlan& plan,
                  const std::string& source, ErrorKind kind) {
  // What a checkpoint has, it was written with; kCorrupt is for what was not.
  Placement placement(module, plan, kind == ErrorKind::kCorrupt);
  for (const auto& [name, tensor] : given) placement.add(name, tensor);
  if (const auto misfits = placement.misfits(); !misfits.empty())
    throw Error(kind, source + ": " +
                          (misfits.size() == 1 ? "1 tensor does"
                                               : std::to_string(misfits.size()) + " tensors do") +
                          " not fit the model: " + tell(misfits));
  placement.check_rules();
  placement.copy();
}

TensorMap read_weights(const fs::path& file_or_folder) {
  if (!fs::is_directory(file_or_folder)) return read_file_of_weights(file_or_folder);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(file_or_folder))
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  if (files.empty())
    throw Error(ErrorKind::kData,
                file_or_folder.string() + ": the folder has no .safetensors file");
  std::sort(files.begin(), files.end());
  TensorMap all;
  for (const auto& file : files)
    for (auto& [name, tensor] : read_file_of_weights(file))
      if (!all.emplace(name, tensor).second)
        throw Error(ErrorKind::kData,
                    file.string() + ": `" + name + "` is in another file of the folder too");
  return all;
}

}  // namespace assay
