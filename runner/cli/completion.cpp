// completion: shell scripts that complete verbs, flags, manifests and component names.
#include <fmt/core.h>

#include "runner/cli/experiments.h"
#include "runner/cli/options.h"

namespace assay::cli {
namespace {

std::string verb_names() {
  std::string text;
  for (const Verb& verb : verbs()) text += fmt::format("{}{}", text.empty() ? "" : " ", verb.name);
  return text;
}

std::string flag_cases() {
  std::string text;
  for (const Verb& verb : verbs()) {
    std::string flags;
    const auto all = flags_of(verb);
    for (const auto& option : all.options()) flags += " --" + option->long_name();
    text += fmt::format("    {}) flags=\"{}\" ;;\n", verb.name, flags.substr(1));
  }
  return text;
}

constexpr const char* kBash = R"script(# Load with: source <(assay completion bash)
_assay() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} verb=${{COMP_WORDS[1]}} flags=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{verbs}" -- "$word"))
    return
  fi
  case $verb in
{flags}  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")); return ;;
  esac
  case $verb in
    describe) COMPREPLY=($(compgen -W "$(assay completion names 2>/dev/null)" -- "$word")) ;;
    list) COMPREPLY=($(compgen -W "$(assay completion kinds 2>/dev/null)" -- "$word")) ;;
    plugin) [ "$COMP_CWORD" -eq 2 ] && COMPREPLY=($(compgen -W "list new check test quarantine release" -- "$word")) || COMPREPLY=($(compgen -f -- "$word")) ;;
    completion) COMPREPLY=($(compgen -W "bash zsh" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -X '!*.y*ml' -- "$word") $(compgen -d -- "$word")) ;;
  esac
}}
complete -o filenames -F _assay assay
)script";

// The bash script serves zsh through bashcompinit.
constexpr const char* kZsh = R"script(#compdef assay
# Load with: source <(assay completion zsh)
autoload -U +X compinit && compinit -u
autoload -U +X bashcompinit && bashcompinit
)script";

std::string bash() {
  return fmt::format(kBash, fmt::arg("verbs", verb_names()), fmt::arg("flags", flag_cases()));
}

int run_completion(const Call& call) {
  call.expect_words(1, 1, "bash or zsh");
  const auto& what = call.words[0];
  if (what == "bash") {
    fmt::print("{}", bash());
  } else if (what == "zsh") {
    fmt::print("{}{}", kZsh, bash());
  } else if (what == "names") {
    for (const auto& one : catalog_of(call).components) fmt::print("{}/{}\n", one.kind, one.name);
  } else if (what == "kinds") {
    for (const auto& kind : catalog_of(call).kinds()) fmt::print("{}\n", kind);
  } else {
    throw UsageError(fmt::format("no completion exists for `{}`, expected bash or zsh", what));
  }
  return kOk;
}

}  // namespace

const Verb kCompletionVerb{"completion", "Print a completion script for a shell.", "bash | zsh",
                           "  source <(assay completion bash)\n"
                           "  assay completion zsh > ~/.zfunc/_assay\n",
                           run_completion};

}  // namespace assay::cli
