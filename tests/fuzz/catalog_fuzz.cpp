// What a probe says of a plugin, with a manifest that uses its components: the front end must not
// fall over a schema, whatever defaults and needs it declares.
#include "runner/manifest/manifest.h"
#include "tests/fuzz/manifests.h"

using namespace assay;

namespace {

// The first component of each kind, by name alone: everything else is a default.
std::string manifest_of(const Catalog& catalog) {
  std::string text = "assay: 1\nname: t\n";
  for (const auto& kind : catalog.stage_kinds())
    if (const auto names = catalog.names(kind); !names.empty())
      text += nlohmann::json(kind).dump() + ": " + nlohmann::json(names.front()).dump() + "\n";
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzzing::Folder folder;
  return fuzzing::answer(size, [&] {
    Catalog catalog;
    try {
      const auto json = nlohmann::ordered_json::parse(fuzzing::text_of(data, size));
      catalog.components = probe_answer_from_json(json).components;
      for (auto& component : catalog.components)
        std::erase_if(component.fields,
                      [](const auto& field) { return field.type == Type::kPath; });
      folder.write("m.yaml", manifest_of(catalog));
    } catch (const nlohmann::json::exception&) {
      return;
    }
    manifest_schema(catalog);
    try {
      read_experiment(folder.path() / "m.yaml", {}, catalog);
    } catch (const ManifestErrors& errors) {
      fuzzing::check_places(errors);
    }
  });
}
