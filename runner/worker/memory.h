// Memory: a limit, and what running into it looks like.
#pragma once

#include <cstdint>

#include <c10/util/Exception.h>

namespace assay {

/// Lets this process take `bytes` more than it has taken: LibTorch's own share is large, and no
/// business of a limit. 0: no limit.
void limit_memory(std::int64_t bytes);

/// The same of what it writes to alone: the libraries that a plugin brings may be as large as they
/// are.
void limit_data(std::int64_t bytes);

/// Whether LibTorch's allocator says that there is no more.
bool is_out_of_memory(const c10::Error& error);

}  // namespace assay
