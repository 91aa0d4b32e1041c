// [matrix]: the combinations of values that `lab test` runs one file with.
#include "topology/matrix.hpp"

#include "tests/support/mistake.hpp"
#include "tests/support/resolved.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace topology;

const std::string net = "links = [[\"h1\", \"h2\"]]\n[nodes]\n\"h[1-2]\" = \"host\"\n";

std::vector<std::string> texts(const Lab& lab) {
    std::vector<std::string> out;
    for (const Variant& variant : variants(lab.matrix)) out.push_back(text(variant));
    return out;
}

TEST(Matrix, without_one_a_file_is_one_lab) {
    EXPECT_THAT(texts(test::lab_of(net)), testing::ElementsAre(""));
}

TEST(Matrix, every_combination_the_first_name_slowest) {
    const Lab lab = test::lab_of(net +
                                 "[vars]\ncc = \"cubic\"\nm = 1\n"
                                 "[matrix]\ncc = [\"cubic\", \"bbr\"]\nm = [1, 3]\n");
    EXPECT_THAT(texts(lab), testing::ElementsAre("cc = cubic, m = 1", "cc = cubic, m = 3",
                                                 "cc = bbr, m = 1", "cc = bbr, m = 3"));
}

TEST(Matrix, what_set_fixes_is_no_question) {
    test::MemoryFiles files{{"x.lab.toml", net + "[vars]\nk1 = 1\nm = 1\n"
                                                 "[matrix]\nk1 = [1, 2]\nm = [1, 2]\n"}};
    ResolveOptions options;
    options.set = {{"k1", "7"}};
    EXPECT_THAT(texts(resolve(files, "x.lab.toml", options).lab),
                testing::ElementsAre("m = 1", "m = 2"));
}

class MatrixMistake : public testing::TestWithParam<test::Case> {};

TEST_P(MatrixMistake, is_told_at_its_place) {
    test::expect_told(GetParam());
}

const test::Case mistakes[] = {
    {"NotAList", "TYPE", net + "[vars]\nm = 1\n[matrix]\nm = @@1\n",
     "expected a list, found an integer", ""},
    {"Empty", "VALUE", net + "[vars]\nm = 1\n[matrix]\nm = @@[]\n",
     "\"m\" has no values: nothing would be asked", "m = [1, 2]"},
    {"Twice", "VALUE", net + "[vars]\nm = 1\n[matrix]\nm = [1, @@1]\n", "\"m\" has 1 twice",
     "each value once"},
    {"NoInteger", "D8", net + "[vars]\nm = 1\n[matrix]\nm = [1, @@\"two\"]\n",
     "variable \"m\" is an integer, not \"two\"", ""},
    {"Expression", "D8", net + "[vars]\ncc = \"x\"\n[matrix]\ncc = [@@\"${lab}\"]\n",
     "[matrix] takes values as they are", "${…} belongs to [vars]"},
    {"TooMany", "LIMIT",
     net + "[vars]\na1 = 1\nb1 = 1\nc1 = 1\nd1 = 1\n[matrix]\n"
           "a1 = [1,2,3,4,5,6]\nb1 = [1,2,3,4,5,6]\nc1 = [1,2,3,4,5,6]\n@@d1 = [1,2,3,4,5,6]\n",
     "[matrix] makes more than 1,000 labs", ""},
};
INSTANTIATE_TEST_SUITE_P(, MatrixMistake, testing::ValuesIn(mistakes),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
