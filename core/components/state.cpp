// State: lists as name.0, name.1, ...; a nested component under a prefix.
#include "assay/state.h"

#include "assay/error.h"

namespace assay {
namespace {

std::string item(const std::string& name, std::size_t i) {
  return name + "." + std::to_string(i);
}

[[noreturn]] void missing(const std::string& name) {
  throw Error(ErrorKind::kCorrupt, "the checkpoint has no `" + name +
                                       "`; it was written by another version of the plugin");
}

template <class Map>
void graft(Map& onto, const std::string& prefix, const Map& from) {
  for (const auto& [name, value] : from) onto[prefix + "." + name] = value;
}

template <class Map>
void pick(Map& onto, const std::string& prefix, const Map& from) {
  for (auto it = from.lower_bound(prefix + "."); it != from.end(); ++it) {
    if (!it->first.starts_with(prefix + ".")) break;
    onto[it->first.substr(prefix.size() + 1)] = it->second;
  }
}

}  // namespace

void State::put(const std::string& name, const Tensors& list) {
  for (std::size_t i = 0; i < list.size(); ++i) tensors[item(name, i)] = list[i];
}

Tensors State::list(const std::string& name) const {
  Tensors found;
  for (auto it = tensors.find(item(name, 0)); it != tensors.end();
       it = tensors.find(item(name, found.size())))
    found.push_back(it->second);
  return found;
}

const torch::Tensor& State::tensor(const std::string& name) const {
  const auto it = tensors.find(name);
  if (it == tensors.end()) missing(name);
  return it->second;
}

const Value& State::value(const std::string& name) const {
  const auto it = scalars.find(name);
  if (it == scalars.end()) missing(name);
  return it->second;
}

void State::other_type(const std::string& name) {
  throw Error(ErrorKind::kCorrupt, "the checkpoint's `" + name +
                                       "` has a different type; it was written by another version "
                                       "of the plugin");
}

void State::put_nested(const std::string& prefix, const State& inner) {
  graft(tensors, prefix, inner.tensors);
  graft(scalars, prefix, inner.scalars);
}

void State::put_nested(const std::string& prefix, const Stateful& component) {
  State own;
  component.save(own);
  put_nested(prefix, own);
}

State State::nested(const std::string& prefix) const {
  State inner;
  pick(inner.tensors, prefix, tensors);
  pick(inner.scalars, prefix, scalars);
  return inner;
}

}  // namespace assay
