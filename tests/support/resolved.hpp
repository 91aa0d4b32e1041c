// A topology in a string, resolved whole: for tests that look at what a file comes to.
#pragma once

#include "tests/support/memory_files.hpp"
#include "topology/resolve.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace test {

inline topology::Resolved resolve(const std::string& text) {
    MemoryFiles files{{"x.lab.toml", text}};
    return topology::resolve(files, "x.lab.toml");
}

// Of a file in which nothing is wrong.
inline topology::Lab lab_of(const std::string& text) {
    topology::Resolved resolved = resolve(text);
    EXPECT_FALSE(resolved.diagnostics.failed())
        << render(resolved.diagnostics.all(), resolved.sources, false);
    return std::move(resolved.lab);
}

}  // namespace test
