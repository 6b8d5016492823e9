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
                                       "`: save() does not write what load() reads, or another "
                                       "version of the plugin wrote it");
}

template <class Map>
void pick(Map& onto, const std::string& prefix, const Map& from) {
  for (auto it = from.lower_bound(prefix); it != from.end() && it->first.starts_with(prefix); ++it)
    onto[it->first.substr(prefix.size())] = it->second;
}

}  // namespace

State::State(TensorMap tensors, Values scalars)
    : tensors_(std::move(tensors)), scalars_(std::move(scalars)) {}

State::State(const State& other)
    : tensors_(other.tensors_),
      scalars_(other.scalars_),
      read_(other.read_),
      prefix_(other.prefix_) {
  mark_all_read();
}

State& State::operator=(const State& other) {
  if (this != &other) *this = State(other);
  return *this;
}

void State::mark_all_read() const {
  for (const auto& [name, tensor] : tensors_) mark_read(name);
  for (const auto& [name, scalar] : scalars_) mark_read(name);
}

void State::expect_new(const std::string& name) const {
  if (has(name)) throw Error(ErrorKind::kPlugin, "save() writes `" + name + "` twice");
}

void State::put(const std::string& name, const torch::Tensor& tensor) {
  expect_new(name);
  tensors_[name] = tensor;
}

void State::put(const std::string& name, const Value& scalar) {
  expect_new(name);
  scalars_[name] = scalar;
}

void State::put_list(const std::string& name, const Tensors& list) {
  for (std::size_t i = 0; i < list.size(); ++i) put(item(name, i), list[i]);
}

Tensors State::list(const std::string& name) const {
  Tensors found;
  while (tensors_.contains(item(name, found.size())))
    found.push_back(tensor(item(name, found.size())));
  return found;
}

bool State::has(const std::string& name) const {
  return tensors_.contains(name) || scalars_.contains(name);
}

const torch::Tensor& State::tensor(const std::string& name) const {
  const auto it = tensors_.find(name);
  if (it == tensors_.end()) missing(name);
  mark_read(name);
  return it->second;
}

const Value& State::value(const std::string& name) const {
  const auto it = scalars_.find(name);
  if (it == scalars_.end()) missing(name);
  mark_read(name);
  return it->second;
}

void State::other_type(const std::string& name) {
  throw Error(ErrorKind::kCorrupt, "the checkpoint's `" + name +
                                       "` has a different type; it was written by another version "
                                       "of the plugin");
}

void State::put_nested(const std::string& prefix, const State& inner) {
  for (const auto& [name, tensor] : inner.tensors_) put(prefix + "." + name, tensor);
  for (const auto& [name, scalar] : inner.scalars_) put(prefix + "." + name, scalar);
}

void State::put_nested(const std::string& prefix, const Stateful& component) {
  State own;
  component.save(own);
  put_nested(prefix, own);
}

State State::nested(const std::string& prefix) const {
  State inner;
  pick(inner.tensors_, prefix + ".", tensors_);
  pick(inner.scalars_, prefix + ".", scalars_);
  inner.read_ = read_;
  inner.prefix_ = prefix_ + prefix + ".";
  return inner;
}

std::vector<std::string> State::unread() const {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (!read_->contains(prefix_ + name)) names.push_back(name);
  };
  for (const auto& [name, tensor] : tensors_) add(name);
  for (const auto& [name, scalar] : scalars_) add(name);
  return names;
}

}  // namespace assay
