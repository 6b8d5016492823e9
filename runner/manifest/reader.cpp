// yaml-cpp's events into our tree. Its Node never enters the program: it takes the first of two
// equal keys, reads 010 as 8 or 10, and lets an alias contain itself.
#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <utf8.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>

#include "assay/utf8.h"
#include "runner/manifest/scalar.h"
#include "runner/manifest/tree.h"

namespace assay {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;
constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxNodes = 10000;

std::size_t depth(const Node& node) {
  std::size_t deepest = 0;
  for (const auto& item : node.items) deepest = std::max(deepest, depth(item));
  for (const auto& entry : node.entries) deepest = std::max(deepest, depth(entry.value));
  return deepest + (node.is_map() || node.is_list() ? 1 : 0);
}

Location place(const Location& start, const YAML::Mark& mark) {
  return {start.file, start.line + mark.line, mark.column + (mark.line == 0 ? start.column : 1)};
}

class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(const Location& start) : start_(start) {}

  Node take() {
    complaints_.throw_if_any();
    return std::move(root_);
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (expects_key()) fail(at(mark), "a key is missing: write a name before the colon");
    Node node;  // yaml-cpp places an empty value where the next token begins: its key says more
    node.at = !frames_.empty() && frames_.back().node.is_map() ? frames_.back().key_at : at(mark);
    value(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end())
      fail(at(mark), "an alias refers to a value that contains it: write the value out");
    if (expects_key()) fail(at(mark), "an alias cannot be a key: write the key out");
    Node copy = it->second;
    limit(at(mark), copy.size());
    if (frames_.size() + depth(copy) > kMaxDepth) too_deep(at(mark));
    attach(std::move(copy));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& given) override {
    if (tag != "?" && tag != "!") refuse_tag(mark, tag);
    const auto text = utf8::replace_invalid(given, '?');  // yaml-cpp makes one byte of two escapes
    if (text != given)
      complaints_.add(at(mark), "the escapes \\N and \\_ are not supported: write \\x85 and \\xA0");
    if (expects_key()) return key(mark, text);
    Node node;
    node.kind = Node::Kind::kScalar;
    node.at = at(mark);
    node.text = text;
    node.quoted = tag == "!";
    if (const auto why = node.quoted ? "" : refused_scalar(text); !why.empty())
      complaints_.add(node.at, why);
    value(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::kList);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::kMap);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor;
    bool has_key = false;
    std::string key;
    Location key_at;
    std::map<std::string, int> lines;  // of the keys
  };

  Location at(const YAML::Mark& mark) const { return place(start_, mark); }
  [[noreturn]] void fail(const Location& where, const std::string& message) {
    complaints_.add(where, message);
    complaints_.throw_if_any();
    throw std::logic_error("unreachable");
  }
  [[noreturn]] void too_deep(const Location& where) {
    fail(where,
         fmt::format("this is nested deeper than {} levels: make the manifest flatter", kMaxDepth));
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    complaints_.add(at(mark), "tags such as `" + tag + "` are not accepted: write the plain value");
  }
  void limit(const Location& where, std::size_t more) {
    nodes_ += more;
    if (nodes_ > kMaxNodes)
      fail(where,
           fmt::format("the manifest has more than {} values after aliases are expanded: use fewer",
                       kMaxNodes));
  }
  bool expects_key() const {
    return !frames_.empty() && frames_.back().node.is_map() && !frames_.back().has_key;
  }

  void key(const YAML::Mark& mark, const std::string& text) {
    Frame& frame = frames_.back();
    if (text == "<<")
      complaints_.add(at(mark),
                      "merge keys are not accepted: use `include:`, or write the values out");
    const auto [first, fresh] = frame.lines.emplace(text, at(mark).line);
    if (!fresh)
      complaints_.add(at(mark), fmt::format("`{}` is given twice: it is first given at line {}",
                                            text, first->second));
    frame.has_key = true;
    frame.key = text;
    frame.key_at = at(mark);
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            Node::Kind kind) {
    refuse_tag(mark, tag);
    if (expects_key()) fail(at(mark), "a list or map cannot be a key: write a name");
    limit(at(mark), 1);
    if (frames_.size() >= kMaxDepth) too_deep(at(mark));
    Frame frame{{}, anchor, false, {}, {}, {}};
    frame.node.kind = kind;
    frame.node.at = at(mark);
    frames_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    if (frame.anchor != 0) anchors_[frame.anchor] = frame.node;
    attach(std::move(frame.node));
  }

  void value(Node node, YAML::anchor_t anchor) {
    limit(node.at, 1);
    if (anchor != 0) anchors_[anchor] = node;
    attach(std::move(node));
  }

  void attach(Node node) {
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.is_list()) {
      frame.node.items.push_back(std::move(node));
    } else {
      frame.node.entries.push_back({frame.key, frame.key_at, std::move(node)});
      frame.has_key = false;
    }
  }

  Location start_;
  Node root_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::size_t nodes_ = 0;
  Complaints complaints_;
};

// yaml-cpp keeps every token of a flow list, which may be a key, until it knows that it is none.
void check_marks(std::string_view text, const Location& start) {
  constexpr std::string_view kMarks = "[]{},:?\"'&*!";
  constexpr std::ptrdiff_t kMost = 100'000;
  Complaints complaints;
  if (std::count_if(text.begin(), text.end(),
                    [&](char c) { return kMarks.find(c) != std::string_view::npos; }) > kMost)
    complaints.add(
        start,
        fmt::format("the manifest has more than {} of the characters {}; use at most {} values",
                    kMost, kMarks, kMaxNodes));
  complaints.throw_if_any();
}

// Whether a line up to `last`, from 0, is indented with a tab.
bool has_tab(std::string_view text, int last) {
  for (int line = 0; line <= last; ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto indent = text.substr(0, std::min(text.find_first_not_of(" \t"), end));
    if (indent.find('\t') != std::string_view::npos) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

}  // namespace

void check_bytes(std::string_view text, Location at) {
  Complaints complaints;
  if (text.size() > kMaxBytes)
    complaints.add(
        at, fmt::format("the manifest has {} bytes; at most 1 MiB is accepted", text.size()));
  complaints.throw_if_any();
  for (std::size_t k = 0; k < text.size();) {
    const auto size = utf8_length(text.substr(k));
    if (text[k] == '\0') complaints.add(at, "there is a NUL byte: the file must be UTF-8 text");
    if (size == 0)
      complaints.add(at, "there is a byte that is not UTF-8: the file must be UTF-8 text");
    complaints.throw_if_any();
    at.column = text[k] == '\n' ? 1 : at.column + static_cast<int>(size);
    at.line += text[k] == '\n' ? 1 : 0;
    k += size;
  }
}

Node read_yaml(std::string_view text, const Location& start) {
  check_bytes(text, start);
  check_marks(text, start);
  std::istringstream in{std::string(text)};
  Builder builder(start);
  Complaints complaints;
  try {
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(builder)) complaints.add(start, "the manifest is empty");
    Node root = builder.take();
    complaints.throw_if_any();
    Builder second(start);
    if (parser.HandleNextDocument(second))
      complaints.add(second.take().at,
                     "a second document begins here: a manifest must be a single document");
    complaints.throw_if_any();
    return root;
  } catch (const YAML::Exception& error) {
    // yaml-cpp quotes bytes, of which one may be half a character.
    complaints.add(
        place(start, error.mark),
        "this is not valid YAML: " + utf8::replace_invalid(error.msg, '?') +
            (error.msg == YAML::ErrorMsg::UNKNOWN_ANCHOR
                 ? "; quote a text that begins with `*`, as in `[\"*.bias\"]`"
                 : "") +
            (has_tab(text, error.mark.line) ? "; indent with spaces, not with tabs" : ""));
  }
  complaints.throw_if_any();
  return {};
}

}  // namespace assay
