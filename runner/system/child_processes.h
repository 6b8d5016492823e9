// The processes that this one is the parent of, and how to be rid of them.
#pragma once

#include <sys/types.h>

#include <set>

namespace assay {

/// As the kernel lists them, with those that have ended and that nobody has waited for. Empty where
/// the kernel keeps no such list.
std::set<pid_t> child_processes();

/// From now on a descendant whose parent dies becomes a child of this process, wherever it went.
void adopt_orphans();

/// Kills and reaps every child but those of `spared`, and what becomes a child by that.
void kill_children(const std::set<pid_t>& spared);

}  // namespace assay
