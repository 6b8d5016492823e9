// Look-ups in a tree, and the list of complaints.
#include "runner/manifest/tree.h"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "runner/manifest/scalar.h"

namespace assay {

std::optional<std::size_t> index_in(std::string_view step, std::size_t count) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  const bool whole = error == std::errc() && end == step.data() + step.size();
  const bool plain = step.size() == 1 || (!step.empty() && step[0] != '0');
  return whole && plain && index < count ? std::optional(index) : std::nullopt;
}

const Node* Node::find(std::string_view key) const {
  if (const auto index = index_in(key, items.size())) return &items[*index];
  for (const auto& entry : entries)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

Node* Node::find(std::string_view key) {
  return const_cast<Node*>(static_cast<const Node*>(this)->find(key));
}

Node& Node::set(std::string_view key, Node value) {
  if (is_list()) {
    const auto index = index_in(key, items.size() + 1).value();
    if (index == items.size()) return items.emplace_back(std::move(value));
    return items[index] = std::move(value);
  }
  for (auto& entry : entries)
    if (entry.key == key) {
      entry.at = value.at;
      entry.value = std::move(value);
      return entry.value;
    }
  const Location where = value.at;
  entries.push_back({std::string(key), where, std::move(value)});
  return entries.back().value;
}

void Node::erase(std::string_view key) {
  if (const auto index = index_in(key, items.size()))
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(*index));
  std::erase_if(entries, [&](const MapEntry& entry) { return entry.key == key; });
}

Strings Node::keys() const {
  Strings all;
  for (const auto& entry : entries) all.push_back(entry.key);
  return all;
}

std::size_t Node::size() const {
  std::size_t values = 1;
  for (const auto& item : items) values += item.size();
  for (const auto& entry : entries) values += entry.value.size();
  return values;
}

Strings steps_of(std::string_view path) {
  Strings steps;
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    steps.emplace_back(path.substr(0, dot));
    path.remove_prefix(dot + 1);
  }
  steps.emplace_back(path);
  return steps;
}

const Node* find(const Node& root, std::span<const std::string> steps) {
  const Node* here = &root;
  for (const auto& step : steps)
    if (here != nullptr) here = here->find(step);
  return here;
}

Node* find(Node& root, std::span<const std::string> steps) {
  return const_cast<Node*>(find(std::as_const(root), steps));
}

std::string Node::describe() const {
  switch (kind) {
    case Kind::kNull:
      return "an empty value";
    case Kind::kMap:
      return entries.empty() ? "an empty map" : "a map";
    case Kind::kList:
      return items.empty() ? "an empty list" : "a list";
    case Kind::kScalar:
      break;
  }
  auto shown = text;
  if (text.size() > 60) {
    std::size_t end = 60;  // not in the middle of a character
    while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    shown = text.substr(0, end) + "...";
  }
  const auto scalar = resolve(*this);
  if (std::holds_alternative<std::string>(scalar)) return fmt::format("the text `{}`", shown);
  if (std::holds_alternative<bool>(scalar)) return shown;
  return fmt::format("the number {}", shown);
}

std::string Diagnostic::text() const {
  return fmt::format("{}:{}:{}: {}", at.file, at.line, at.column, message);
}

namespace {

std::string summary(const std::vector<Diagnostic>& all) {
  std::string text;
  for (const auto& one : all) text += (text.empty() ? "" : "\n") + one.text();
  return text;
}

}  // namespace

ManifestErrors::ManifestErrors(std::vector<Diagnostic> all)
    : std::runtime_error(summary(all)), all_(std::move(all)) {}

void Complaints::add(const Location& at, const std::string& message) {
  for (const auto& one : all_)
    if (one.at.file == at.file && one.at.line == at.line && one.at.column == at.column &&
        one.message == message)
      return;
  all_.push_back({at, message});
  constexpr std::size_t kMost = 200;
  if (all_.size() >= kMost) throw_if_any();
}

void Complaints::throw_if_any() {
  if (all_.empty()) return;
  std::stable_sort(all_.begin(), all_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.at.file, a.at.line, a.at.column) <
           std::tie(b.at.file, b.at.line, b.at.column);
  });
  throw ManifestErrors(std::move(all_));
}

}  // namespace assay
