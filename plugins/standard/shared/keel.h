// The head of a KEEL .dat file: Alcala-Fdez et al., "KEEL Data-Mining Software Tool: Data Set
// Repository", J. of Multiple-Valued Logic and Soft Computing 17, 2011.
#pragma once

#include <filesystem>
#include <istream>
#include <string>
#include <vector>

/// Whether a file that begins so is one: `@relation NAME`, in any case.
bool is_keel(const std::string& text);

/// Reads up to and including `@data`, counting lines in `line`. The names of the attributes. Throws
/// assay::Error{kData} for a line that is none of the format's, or no `@data`.
std::vector<std::string> read_keel_head(std::istream& in, std::int64_t& line,
                                        const std::filesystem::path& file);
