// One combination of a file's [matrix], as if each of its values had been given by --set.
#pragma once

#include "cli/options.hpp"
#include "topology/matrix.hpp"

namespace cli {

inline FileOptions with_variant(const FileOptions& options, const topology::Variant& variant) {
    FileOptions out = options;
    out.set.insert(variant.begin(), variant.end());
    return out;
}

}  // namespace cli
