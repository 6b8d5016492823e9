// A stack machine; its operations are described in Python's Lib/pickletools.py.
#include "pickle.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "assay/error.h"

namespace {

using Kind = Pickled::Kind;
using Item = std::shared_ptr<Pickled>;

constexpr const char* kKnown[] = {"numpy.core.multiarray _reconstruct",
                                  "numpy._core.multiarray _reconstruct", "numpy ndarray",
                                  "numpy dtype", "_codecs encode"};

constexpr std::size_t kMostItems = 200'000;  // 10,000 labels and as many names are usual

class Machine {
 public:
  Machine(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  Item run() {
    for (;;) {
      const auto operation = static_cast<unsigned char>(take(1)[0]);
      if (operation == '.') return pop();
      step(operation);
    }
  }

 private:
  void step(unsigned char operation) {
    switch (operation) {
      case 0x80:  // protocol
        take(1);
        return;
      case 0x95:  // frame
        take(8);
        return;
      case '(':
        marks_.push_back(stack_.size());
        return;
      case '}':
        return push({.kind = Kind::kDict});
      case ']':
        return push({.kind = Kind::kList});
      case ')':
        return push({.kind = Kind::kTuple});
      case 'N':
        return push({});
      case 0x88:
      case 0x89:
        return push({.kind = Kind::kInteger, .integer = operation == 0x88});
      case 'K':
        return push({.kind = Kind::kInteger, .integer = number<std::uint8_t>()});
      case 'M':
        return push({.kind = Kind::kInteger, .integer = number<std::uint16_t>()});
      case 'J':
        return push({.kind = Kind::kInteger, .integer = number<std::int32_t>()});
      case 'U':
      case 'C':
      case 0x8c:
        return text(number<std::uint8_t>());
      case 'T':
      case 'X':
      case 'B':
        return text(number<std::uint32_t>());
      case 0x8e:
        return text(number<std::uint64_t>());
      default:
        return structure(operation);
    }
  }

  void structure(unsigned char operation) {
    switch (operation) {
      case 'q':
        memo_[number<std::uint8_t>()] = top();
        return;
      case 'r':
        memo_[number<std::uint32_t>()] = top();
        return;
      case 0x94:
        memo_[memo_.size()] = top();
        return;
      case 'h':
        return recall(number<std::uint8_t>());
      case 'j':
        return recall(number<std::uint32_t>());
      case 'a':
        return append({pop()});
      case 'e':
        return append(pop_to_mark());
      case 's':
        return append(pop_many(2));
      case 'u':
        return append(pop_to_mark());
      case 't':
        return push({.kind = Kind::kTuple, .items = pop_to_mark()});
      case 0x85:
      case 0x86:
      case 0x87:
        return push({.kind = Kind::kTuple, .items = pop_many(operation - 0x84U)});
      case 'c': {
        const auto module = line();
        return global(module, line());
      }
      case 0x93: {
        const auto names = pop_many(2);
        return global(names[0]->text, names[1]->text);
      }
      case 'R':
        return reduce();
      case 'b': {
        auto state = pop();
        deepen(*top(), {state});
        top()->state = std::move(state);
        return;
      }
      default:
        refuse("has the operation " + std::to_string(operation) + " at byte " +
               std::to_string(at_ - 1) + ", which is not expected here");
    }
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw assay::Error(assay::ErrorKind::kData, file_ + ": the pickled file " + what);
  }

  std::string_view take(std::size_t count) {
    if (count > bytes_.size() - at_) refuse("is cut off");
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }

  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  std::string line() {
    const auto end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) refuse("is cut off");
    std::string text(bytes_.substr(at_, end - at_));
    at_ = end + 1;
    return text;
  }

  void push(Pickled item) {
    if (++items_ > kMostItems) refuse("has more parts than a file of CIFAR-10");
    stack_.push_back(std::make_shared<Pickled>(std::move(item)));
    deepen(*stack_.back(), stack_.back()->items);
  }
  void text(std::uint64_t size) {
    push({.kind = Kind::kText, .text = std::string(take(static_cast<std::size_t>(size)))});
  }

  // What is nested without end would take the stack when it is freed; what is within itself, never.
  void deepen(Pickled& outer, const std::vector<Item>& within) {
    constexpr int kDeepest = 32;
    for (const auto& item : within) outer.depth = std::max(outer.depth, item->depth + 1);
    if (outer.depth > kDeepest) refuse("is nested too deeply");
  }

  const Item& top() const {
    if (stack_.empty()) refuse("takes from an empty stack");
    return stack_.back();
  }
  Item pop() {
    Item item = top();
    stack_.pop_back();
    return item;
  }
  std::vector<Item> pop_many(std::size_t count) {
    if (count > stack_.size()) refuse("takes from an empty stack");
    const auto from = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<Item> items(from, stack_.end());
    stack_.erase(from, stack_.end());
    return items;
  }
  std::vector<Item> pop_to_mark() {
    if (marks_.empty() || marks_.back() > stack_.size()) refuse("has no mark");
    const auto from = marks_.back();
    marks_.pop_back();
    return pop_many(stack_.size() - from);
  }

  void append(const std::vector<Item>& items) {
    deepen(*top(), items);
    auto& to = top()->items;
    to.insert(to.end(), items.begin(), items.end());
  }

  void recall(std::uint64_t key) {
    const auto it = memo_.find(key);
    if (it == memo_.end()) refuse("recalls what it has not kept");
    stack_.push_back(it->second);
  }

  void global(const std::string& module, const std::string& name) {
    const auto whole = module + " " + name;
    if (std::find(std::begin(kKnown), std::end(kKnown), whole) == std::end(kKnown))
      refuse("asks for " + module + "." + name + ", which is not loaded");
    push({.kind = Kind::kGlobal, .text = whole});
  }

  // A call: of an array's maker, or of the one that turns text into bytes, as protocol 2 does.
  void reduce() {
    const auto arguments = pop(), callee = pop();
    if (callee->text != "_codecs encode")
      return push({.kind = Kind::kObject, .items = arguments->items});
    if (arguments->items.empty()) refuse("encodes nothing");
    push({.kind = Kind::kText, .text = latin1(arguments->items[0]->text)});
  }

  // UTF-8 of code points below 256.
  std::string latin1(const std::string& text) const {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c < 0x80) {
        bytes += text[i];
      } else if ((c == 0xc2 || c == 0xc3) && i + 1 < text.size()) {
        bytes += static_cast<char>(((c & 3) << 6) | (static_cast<unsigned char>(text[++i]) & 0x3f));
      } else {
        refuse("has bytes that are no latin-1");
      }
    }
    return bytes;
  }

  std::string_view bytes_;
  const std::string& file_;
  std::size_t at_ = 0, items_ = 0;
  std::vector<Item> stack_;
  std::vector<std::size_t> marks_;
  std::map<std::uint64_t, Item> memo_;
};

}  // namespace

std::shared_ptr<const Pickled> unpickle(std::string_view bytes, const std::string& file) {
  return Machine(bytes, file).run();
}
