// A wrong file: its code, its place, its sentence and its hint. "@@" in the text marks where the
// caret must stand, and is taken out before the file is read.
#pragma once

#include "tests/support/expanded.hpp"

#include <algorithm>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

namespace test {

struct Case {
    const char* name;
    const char* code;
    std::string text;
    std::string message;
    std::string hint;
};

inline std::ostream& operator<<(std::ostream& out, const Case& c) {
    return out << c.name;
}

inline void expect_told(const Case& c) {
    std::string text = c.text;
    const std::size_t mark = text.find("@@");
    ASSERT_NE(mark, std::string::npos) << "the case has no mark";
    text.erase(mark, 2);
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(mark), '\n');
    const std::size_t start = mark == 0 ? std::string::npos : text.rfind('\n', mark - 1);
    const std::size_t column = start == std::string::npos ? mark + 1 : mark - start;

    const Expanded result = expand(text);
    const auto found = result.of(c.code);
    ASSERT_FALSE(found.empty()) << "no " << c.code << " in\n" << result.text();
    EXPECT_EQ(found[0]->where.line, line) << result.text();
    EXPECT_EQ(found[0]->where.column, column) << result.text();
    EXPECT_EQ(found[0]->message, c.message);
    EXPECT_EQ(found[0]->hint, c.hint);
    // One mistake is one error: what follows from it is not told too.
    std::size_t errors = 0;
    for (const topology::Diagnostic& d : result.diagnostics.all())
        errors += d.severity == topology::Severity::error ? 1 : 0;
    EXPECT_LE(errors, 1U) << result.text();
}

}  // namespace test
