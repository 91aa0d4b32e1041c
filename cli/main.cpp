// `lab`: words in, exit code out.
#include "cli/error.hpp"
#include "cli/parser.hpp"

#include <clocale>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

int main(int argc, char** argv) {
    // Which glyphs the terminal can show, and how wide they are.
    (void)std::setlocale(LC_CTYPE, "");
    try {
        return cli::run({argv + 1, argv + argc});
    } catch (const std::exception& bug) {
        (void)std::fprintf(stderr, "lab: internal error: %s\n", bug.what());
    }
    return cli::exit_code::infrastructure;
}
