// `matrix`: one check for each combination of values, each with a name of its own.
#include "tests/support/memory_files.hpp"
#include "topology/condition.hpp"
#include "topology/resolve.hpp"
#include "topology/stages.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace topology;
using testing::ElementsAre;

constexpr const char* net = R"(
name = "t"
links = [["h1", "r1"], ["r1", "h2"], ["r1", "h3"]]
[vars]
last = 3
[nodes]
"h[1-3]" = "host"
r1 = "router"
)";

Resolved resolved(const std::string& text) {
    test::MemoryFiles files;
    files.add("t.lab.toml", std::string(net) + "[[check]]\n" + text);
    return resolve(files, "t.lab.toml");
}

std::string problems(const Resolved& r) {
    return render(r.diagnostics.all(), r.sources, false, 100);
}

std::vector<std::string> names(const std::string& text) {
    const Resolved r = resolved(text);
    EXPECT_TRUE(r.diagnostics.all().empty()) << problems(r);
    std::vector<std::string> out;
    for (const Check& check : r.lab.checks) out.push_back(check.name);
    return out;
}

TEST(CheckMatrix, EveryCombinationTheFirstSlowest) {
    EXPECT_THAT(names("ping = [\"h${a}\", \"h${b}\"]\nname = \"${a} to ${b}, ${b + 1}\"\n"
                      "matrix = { a = [1, 2], b = [\"${last}\"] }\n"),
                ElementsAre("1 to 3, 4", "2 to 3, 4"));
    EXPECT_THAT(names("ping = [\"h1\", \"h${n}\"]\nmatrix = { n = [2, 3] }\n"),
                ElementsAre("ping h1 → h2", "ping h1 → h3"));
}

// What the name does not tell apart, the values do.
TEST(CheckMatrix, NamesAreTheirOwn) {
    EXPECT_THAT(
        names("ping = [\"h1\", \"h2\"]\nname = \"big\"\nsize = \"${bytes}\"\nmatrix = { bytes = "
              "[100, 1400] }\n"),
        ElementsAre("big (bytes = 100)", "big (bytes = 1400)"));
    EXPECT_THAT(names("ping = [\"h1\", \"h2\"]\nrtt = \"< ${ms}ms\"\nmatrix = { ms = [10, 20] }\n"),
                ElementsAre("ping h1 → h2 (ms = 10)", "ping h1 → h2 (ms = 20)"));
}

TEST(CheckMatrix, ReachesFaultsAndSettings) {
    const Resolved r = resolved(
        "ping = [\"h1\", \"h2\"]\nmatrix = { p = [\"5%\", \"10%\"], n = [2, 3] }\nduring = { "
        "impair "
        "= [\"r1\", \"h${n}\"], loss = \"${p}\" }\n");
    ASSERT_TRUE(r.diagnostics.all().empty()) << problems(r);
    ASSERT_EQ(r.lab.checks.size(), 4U);
    EXPECT_EQ(r.lab.checks[1].during->settings, R"({"loss":"5%"})");
    EXPECT_THAT(r.lab.checks[1].during->links, ElementsAre("r1--h3"));
    EXPECT_EQ(r.lab.checks[3].name, "ping h1 → h2 with r1--h3 at loss 10%");
}

TEST(CheckMatrix, OthersNameOneOfThem) {
    const std::string matrix =
        "ping = [\"h1\", \"h2\"]\nname = \"x\"\nsize = \"${n}\"\nmatrix = { n = [1, 2] "
        "}\n[[check]]\n"
        "ping = [\"h2\", \"h1\"]\n";
    EXPECT_TRUE(resolved(matrix + "after = \"x (n = 2)\"\n").diagnostics.all().empty());
    EXPECT_THAT(problems(resolved(matrix + "after = \"x\"\n")),
                testing::HasSubstr("\"x (n = 1)\" is the first of its matrix"));
    EXPECT_THAT(problems(resolved(matrix + "[[step]]\nat = \"1s\"\ncheck = \"x\"\n")),
                testing::HasSubstr("\"x (n = 1)\" is the first of its matrix"));
}

TEST(CheckMatrix, ResolvesToItself) {
    const Resolved first = resolved(
        "ping = [\"h1\", \"${h2.ipv4}\"]\nsize = \"${n}\"\nmatrix = { n = [100, 200] }\n[[check]]\n"
        "ping = [\"h2\", \"h1\"]\nafter = \"ping h1 → ${h2.ipv4} (n = 200)\"\n");
    ASSERT_FALSE(first.diagnostics.failed()) << problems(first);
    test::MemoryFiles files;
    files.add("t.lab.toml", resolved_toml(first.lab));
    const Resolved second = resolve(files, "t.lab.toml");
    ASSERT_FALSE(second.diagnostics.failed()) << problems(second);
    ASSERT_EQ(second.lab.checks.size(), 3U);
    EXPECT_EQ(second.lab.checks[1].name, first.lab.checks[1].name);
    EXPECT_EQ(resolved_toml(second.lab), resolved_toml(first.lab));
}

TEST(CheckMatrix, MistakesAreSaidByName) {
    const std::pair<const char*, const char*> cases[] = {
        {"matrix = [1, 2]", "\"matrix\" is a table, found a list"},
        {"matrix = { n = 3 }", "expected a list"},
        {"matrix = { n = [] }", "\"n\" has no values: nothing would be asked"},
        {"matrix = { n = [1, 2, 1] }", "\"n\" has 1 twice"},
        {"matrix = { n = [[1], [2]] }", "expected a string or a number"},
        {"matrix = { lab = [1] }", "\"lab\" cannot be bound by \"matrix\""},
        {"matrix = { N = [1] }", "\"N\" cannot be bound by \"matrix\""},
        {"matrix = { m = [1, 2] }", "\"m\" stands nowhere in this check"},
    };
    for (const auto& [matrix, said] : cases)
        EXPECT_THAT(problems(resolved("ping = [\"h1\", \"h2\"]\n" + std::string(matrix) + "\n")),
                    testing::HasSubstr(said))
            << matrix;
    std::string many;
    for (int i = 0; i < 40; ++i) many += (many.empty() ? "" : ", ") + std::to_string(i);
    EXPECT_THAT(problems(resolved("ping = [\"h1\", \"h2\"]\nmatrix = { a = [" + many + "], b = [" +
                                  many + "] }\n")),
                testing::HasSubstr("makes more than 1,000 checks"));
    // The same mistake in all of them is one.
    EXPECT_EQ(resolved("ping = [\"h1\", \"h9\"]\nsize = \"${n}\"\nmatrix = { n = [1, 2, 3] }\n")
                  .diagnostics.all()
                  .size(),
              1U);
    const Condition condition = read_condition("ping = [\"h1\", \"h2\"]\nmatrix = { n = [1] }",
                                               resolved("ping = [\"h1\", \"h2\"]\n").lab);
    EXPECT_THAT(render(condition.diagnostics.all(), condition.sources, false),
                testing::HasSubstr("\"matrix\" means nothing in a condition"));
}

}  // namespace
