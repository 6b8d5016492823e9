// The reference of all components as Markdown: docs/reference.md.
#pragma once

#include <string>

#include "runner/catalog/catalog.h"

namespace assay::cli {

std::string reference_page(const Catalog& catalog);

}  // namespace assay::cli
