// Registry: finds components by kind and name, and builds them with their nested ones.
#include "assay/registry.h"

#include <algorithm>

#include "assay/needs.h"

namespace assay {
namespace {

bool is_name(std::string_view name) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && lower(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return lower(c) || (c >= '0' && c <= '9') || c == '_';
  });
}

// A misspelt declaration would check nothing.
void check_problem_ability(const Entry& entry, const std::string& ability) {
  for (const char* known : {"Parts", "Groups", "Split", "Again"})
    if (ability == known) return;
  throw Error(ErrorKind::kPlugin, entry.kind + " `" + entry.name +
                                      "` needs or hides the ability `" + ability +
                                      "` of the problem, which is none of Parts, Groups, Split and "
                                      "Again");
}

void check_need(const Entry& entry, const std::string& text) {
  const auto need = need_of(text);
  if (need.kind == "problem") check_problem_ability(entry, need.ability);
}

void check_choices(const Entry& entry, const FieldInfo& field,
                   const std::map<std::string, std::string>& by_value) {
  const auto& choices = field.range.choices;
  for (const auto& [value, declared] : by_value)
    if (!value.empty() && std::find(choices.begin(), choices.end(), value) == choices.end())
      throw Error(ErrorKind::kPlugin, entry.kind + " `" + entry.name + "`: `" + field.name +
                                          "` needs or gives `" + declared + "` with the value `" +
                                          value + "`, which is none of its choices");
}

// A manifest could not set such a field, or would be refused for a value that it does not have.
void check_field(const Entry& entry, const FieldInfo& field) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::kPlugin,
                entry.kind + " `" + entry.name + "`: the field `" + field.name + "` " + why);
  };
  if (!is_name(field.name) || field.name == "use")
    refuse(
        "has no valid name: use a lower-case letter, then lower-case letters, digits and _, and "
        "not `use`");
  const auto of_this_name =
      std::count_if(entry.fields.begin(), entry.fields.end(),
                    [&](const FieldInfo& other) { return other.name == field.name; });
  if (of_this_name > 1) refuse("is declared twice");
  if (field.required) return;
  try {
    check(field, field.default_value);
  } catch (const Error& error) {
    refuse(std::string("has a default that it refuses: ") + error.what());
  }
}

void check_declarations(const Entry& entry) {
  for (const auto& text : entry.needs) check_need(entry, text);
  for (const auto& ability : entry.hides) check_problem_ability(entry, ability);
  for (const auto& field : entry.fields) {
    check_field(entry, field);
    check_choices(entry, field, field.needs);
    check_choices(entry, field, field.gives);
    for (const auto& [value, text] : field.needs) check_need(entry, text);
  }
}

}  // namespace

void Registry::insert(Entry entry) {
  if (!is_name(entry.name))
    throw Error(ErrorKind::kPlugin, "`" + entry.name +
                                        "` is not a valid component name: use a lower-case letter, "
                                        "then lower-case letters, digits and _");
  for (const auto& other : entries_)
    if (other.kind == entry.kind && other.name == entry.name)
      throw Error(ErrorKind::kPlugin, entry.kind + " `" + entry.name + "` is registered twice");
  check_declarations(entry);
  entries_.push_back(std::move(entry));
}

void Registry::add_unknown(Strings& abilities, const std::vector<FieldInfo>& fields) {
  const auto has = [&](const char* name) {
    return std::find(abilities.begin(), abilities.end(), name) != abilities.end();
  };
  for (const auto& field : fields)
    if (field.kind == "dataset") return;
  if (!has("Images")) abilities.emplace_back("Table");
  if (!has("Classes") && !has("Values")) abilities.insert(abilities.end(), {"Classes", "Values"});
}

const Entry& Registry::find(std::string_view kind, std::string_view name) const {
  Strings names;
  for (const auto& entry : entries_) {
    if (entry.kind != kind) continue;
    if (entry.name == name) return entry;
    names.push_back(entry.name);
  }
  const auto near = nearest(name, names);
  throw Error(ErrorKind::kPlugin, "no " + std::string(kind) + " `" + std::string(name) +
                                      "` is registered" +
                                      (near.empty() ? "" : "; did you mean `" + near + "`?"));
}

const Inputs& Build::inputs() const {
  if (around.inputs != nullptr) return *around.inputs;
  throw Error(ErrorKind::kData, "reads what an earlier stage left, and there is no earlier stage");
}

const Info& Build::info() const {
  if (around.info != nullptr) return *around.info;
  throw Error(ErrorKind::kParameter, "needs a dataset: add `dataset:` to the manifest");
}

namespace {

// A component whose default is itself would be built without end.
class Depth {
 public:
  Depth() {
    if (++depth_ <= kDeepest) return;
    --depth_;
    throw Error(ErrorKind::kPlugin, "components are nested more than " + std::to_string(kDeepest) +
                                        " deep: check whether a default is itself");
  }
  ~Depth() { --depth_; }
  Depth(const Depth&) = delete;

 private:
  static constexpr int kDeepest = 16;
  static thread_local int depth_;
};
thread_local int Depth::depth_ = 0;

}  // namespace

std::shared_ptr<void> Registry::make(std::string_view kind, const Spec& spec,
                                     const Surroundings& around) const {
  const Depth depth;
  const Entry& entry = find(kind, spec.use);
  Surroundings within = around;
  const Make nested = [&](std::string_view inner, std::string_view version, const Spec& what) {
    expect_version(inner, version, find(inner, what.use).version);
    const auto build = [&] { return make(inner, what, within); };
    auto made = around.nested ? around.nested(inner, build) : build();
    // What comes after it in a dataset around another one, such as a transform, is for that one.
    if (kind == Dataset::kind && inner == Dataset::kind)
      within.info = &std::static_pointer_cast<Dataset>(made)->info();
    return made;
  };
  try {
    auto made = entry.make(Build{spec.params, around, nested});
    if (!made)
      throw Error(ErrorKind::kPlugin,
                  "its factory function returned a null pointer instead of a component");
    return made;
  } catch (const Error& error) {
    throw Error(error.kind(), entry.kind + " `" + entry.name + "`: " + error.what(), error.path());
  }
}

std::string_view abi_tag() {
  return ASSAY_ABI_TAG;
}

}  // namespace assay
