// Help that fits a screen and forgets no verb.
#include "cli/embedded.hpp"
#include "cli/flags.hpp"
#include "cli/help_pages.hpp"
#include "cli/verbs.hpp"

#include <algorithm>
#include <clocale>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    std::istringstream in{std::string(text)};
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

TEST(FrontPage, FitsAScreen) {
    (void)std::setlocale(LC_CTYPE, "C.utf8");
    const auto lines = lines_of(cli::front_page(cli::Style{}));
    EXPECT_LE(lines.size(), 25U);
    for (const std::string& line : lines) EXPECT_LE(cli::width(line), 90U) << line;
}

TEST(FrontPage, GroupsByPurposeAndNamesEveryVerb) {
    const std::string page = cli::front_page(cli::Style{});
    std::size_t at = 0;
    for (const char* group : {"Build", "Look", "Act", "Test", "Tools"}) {
        const std::size_t found = page.find(std::string("\n") + group);
        ASSERT_NE(found, std::string::npos) << group;
        EXPECT_GT(found, at);
        at = found;
    }
    for (const cli::Verb& verb : cli::verbs())
        EXPECT_NE(page.find(std::string(" ") + verb.name + " "), std::string::npos) << verb.name;
}

TEST(VerbPages, EveryVerbHasFlagsThatParseAndExamplesThatNameIt) {
    for (const cli::Verb& verb : cli::verbs()) {
        EXPECT_FALSE(cli::flags_of(verb.name).empty()) << verb.name;
        EXPECT_NE(std::string(verb.examples).find(verb.name), std::string::npos) << verb.name;
        const std::string page = cli::verb_page(verb, cli::Style{});
        for (const std::string& line : lines_of(page)) EXPECT_LE(cli::width(line), 100U) << line;
    }
}

TEST(Pages, AreThereAndFit) {
    (void)std::setlocale(LC_CTYPE, "C.utf8");
    for (const char* topic : {"topology", "checks", "exit-codes", "environment"}) {
        const std::string_view page = cli::embedded(std::string("pages/") + topic + ".txt");
        EXPECT_FALSE(page.empty()) << topic;
        for (const std::string& line : lines_of(page)) EXPECT_LE(cli::width(line), 108U) << line;
    }
    EXPECT_THAT(cli::help_topics(), testing::UnorderedElementsAre("flags", "topology", "checks",
                                                                  "exit-codes", "environment"));
}

}  // namespace
