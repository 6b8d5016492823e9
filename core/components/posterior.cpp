#include "assay/sdk/posterior.h"

#include <cmath>

#include <ATen/ops/randn.h>

#include "assay/error.h"
#include "assay/sdk/tensors.h"

namespace assay {
namespace {

constexpr const char* kParts[] = {"mean", "variance", "deviations", "samples"};
constexpr Tensors Posterior::*kLists[] = {&Posterior::mean, &Posterior::variance,
                                          &Posterior::deviations, &Posterior::samples};

[[noreturn]] void fail(ErrorKind kind, const std::string& stage, const std::string& what) {
  throw Error(kind, "the posterior of stage `" + stage + "` " + what);
}

// Whether the tensors of a list have a dimension before those of the parameter.
bool has_rows(Tensors Posterior::*list) {
  return list == &Posterior::deviations || list == &Posterior::samples;
}

// There are as many for each parameter.
void check_rows(const Tensors& list, const std::string& stage) {
  for (const auto& x : list)
    if (x.dim() == 0 || x.size(0) != list.front().size(0))
      fail(ErrorKind::kData, stage,
           "has other numbers of rows for some parameters than for others");
}

// Per part the parameters that the artifact has, in the order of the map.
Posterior parse(const TensorMap& artifact, const std::string& stage) {
  Posterior found;
  for (std::size_t part = 0; part < std::size(kParts); ++part) {
    std::vector<std::string> names;
    const auto prefix = std::string(kParts[part]) + "/";
    for (const auto& [name, tensor] : artifact)
      if (name.starts_with(prefix)) {
        names.push_back(name.substr(prefix.size()));
        (found.*kLists[part]).push_back(tensor);
      }
    if (names.empty()) continue;
    if (!found.names.empty() && found.names != names)
      fail(ErrorKind::kData, stage, "has other parameters in `" + prefix + "` than before it");
    found.names = names;
    if (has_rows(kLists[part])) check_rows(found.*kLists[part], stage);
  }
  if (const auto it = artifact.find("rank"); it != artifact.end())
    found.rank = it->second.item<std::int64_t>();
  if (const auto it = artifact.find("scale"); it != artifact.end())
    found.scale = it->second.item<double>();
  if (found.has_samples() ? !found.mean.empty() || !found.variance.empty()
                          : found.mean.empty() || found.variance.empty())
    fail(ErrorKind::kData, stage, "has neither `mean/...` and `variance/...` nor `samples/...`");
  if (!(found.scale >= 0) || !std::isfinite(found.scale))
    fail(ErrorKind::kData, stage, "has a `scale` that is not a number of 0 or more");
  if (found.rows() > 0 && (found.rank < 2 || found.rank < found.rows()))
    fail(ErrorKind::kData, stage, "has more rows of deviations than its `rank`");
  return found;
}

void check_shapes(const Posterior& posterior, const Model& model, const std::string& stage) {
  const auto all = model.named_parameters();
  for (std::size_t i = 0; i < posterior.names.size(); ++i) {
    const auto& name = posterior.names[i];
    const auto* own = all.find(name);
    for (const auto member : kLists) {
      if ((posterior.*member).empty()) continue;
      const auto given = (posterior.*member)[i].sizes();
      const auto wanted = has_rows(member) ? given.slice(1) : given;
      if (own == nullptr || own->sizes() != wanted)
        fail(ErrorKind::kData, stage,
             "is that of another architecture: it has `" + name + "` of the shape " +
                 c10::str(wanted) + ", and the model " +
                 (own == nullptr ? std::string("has no such parameter")
                                 : "has it of the shape " + c10::str(own->sizes())) +
                 "; evaluate it with the model of that stage");
    }
  }
}

void check_numbers(const Posterior& posterior, const std::string& stage) {
  bool varies = posterior.has_samples();
  for (std::size_t i = 0; i < posterior.names.size(); ++i) {
    for (const auto member : kLists)
      if (!(posterior.*member).empty() && !(posterior.*member)[i].isfinite().all().item<bool>())
        fail(ErrorKind::kNumeric, stage,
             "has a NaN or an infinity in `" + posterior.names[i] + "`");
    if (!posterior.variance.empty() && (posterior.variance[i] < 0).any().item<bool>())
      fail(ErrorKind::kNumeric, stage, "has a variance below 0 in `" + posterior.names[i] + "`");
    for (const auto* list : {&posterior.variance, &posterior.deviations})
      varies = varies || (!list->empty() && (*list)[i].count_nonzero().item<std::int64_t>() > 0);
  }
  if (!varies)
    fail(ErrorKind::kNumeric, stage,
         "has a variance of 0 everywhere, so that all draws are the same: collect weights that "
         "differ, or evaluate the model itself");
}

}  // namespace

TensorMap to_artifact(const Posterior& posterior) {
  TensorMap artifact;
  for (std::size_t part = 0; part < std::size(kParts); ++part)
    for (std::size_t i = 0; i < (posterior.*kLists[part]).size(); ++i)
      artifact[std::string(kParts[part]) + "/" + posterior.names[i]] =
          (posterior.*kLists[part])[i].detach().cpu().contiguous();
  artifact["rank"] = torch::tensor(posterior.rank, torch::kInt64);
  artifact["scale"] = torch::tensor(posterior.scale, torch::kDouble);
  return artifact;
}

Posterior read_posterior(const TensorMap& artifact, const Model& model, const std::string& stage) {
  auto posterior = parse(artifact, stage);
  check_shapes(posterior, model, stage);
  check_numbers(posterior, stage);
  const auto own = parameters_of(model, posterior.names);
  for (std::size_t i = 0; i < own.size(); ++i)
    for (const auto member : kLists)
      if (auto& list = posterior.*member; !list.empty()) list[i] = list[i].to(own[i].device());
  return posterior;
}

Noise draw_noise(const Posterior& posterior, const Rng& rng) {
  Noise noise{draw_normal(posterior.mean, rng.fork("diagonal")), {}};
  if (posterior.rows() == 0) return noise;
  const auto& like = posterior.mean.front();
  noise.low_rank =
      at::randn({posterior.rows()}, rng.fork("low rank").generator(like.device()), like.options());
  return noise;
}

Tensors draw_weights(const Posterior& posterior, double scale, const Noise& noise) {
  const torch::NoGradGuard no_grad;
  Tensors drawn;
  for (std::size_t i = 0; i < posterior.mean.size(); ++i) {
    const auto& mean = posterior.mean[i];
    auto e = posterior.variance[i].sqrt().mul_(noise.diagonal[i]);
    if (posterior.rows() > 0) {
      const auto& D = posterior.deviations[i];
      const auto z = noise.low_rank.to(D.scalar_type());
      e.add_(D.reshape({posterior.rows(), -1}).t().mv(z).view_as(e),
             1 / std::sqrt(static_cast<double>(posterior.rank - 1)));
    }
    drawn.push_back((mean + e.mul_(std::sqrt(scale))).to(mean.scalar_type()));
  }
  return drawn;
}

Tensors parameters_of(const Model& model, const std::vector<std::string>& names) {
  const auto all = model.named_parameters();
  Tensors found;
  for (const auto& name : names) found.push_back(all[name]);
  return found;
}

NamedTensors trained_parameters(const Model& model) {
  NamedTensors found;
  for (const auto& item : model.named_parameters())
    if (item.value().requires_grad()) found.emplace_back(item.key(), item.value());
  return found;
}

}  // namespace assay
