// Words that never reach labd: usage errors, their hints, and where words go.
#include "cli/parser.hpp"

#include "cli/error.hpp"
#include "cli/exec_words.hpp"
#include "cli/flags.hpp"
#include "tests/support/temp_dir.hpp"

#include <boost/json.hpp>

#include <cstdio>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Ran {
    int code;
    std::string out, err;
};

Ran run(const std::vector<std::string>& words) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = cli::run(words);
    (void)std::fflush(stdout);
    return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

// A folder without topologies, no labd anywhere.
struct Parser : testing::Test {
    void SetUp() override {
        ::unsetenv("LAB_NAME");
        ::unsetenv("LAB_OUTPUT");
        ASSERT_EQ(::setenv("LAB_SOCKET", (folder / "none.sock").c_str(), 1), 0);
        before = std::filesystem::current_path();
        std::filesystem::current_path(folder.path());
    }
    void TearDown() override {
        std::filesystem::current_path(before);
        ::unsetenv("LAB_SOCKET");
    }
    test::TempDir folder;
    std::filesystem::path before;
};

TEST_F(Parser, NamesTheFlagThatLacksItsValue) {
    EXPECT_THAT(run({"--lab"}).err, HasSubstr("--lab needs a value"));
    EXPECT_THAT(run({"exec", "--lab"}).err, HasSubstr("--lab needs a value"));
}

TEST_F(Parser, UsageErrorsAreTwoWithAHint) {
    const std::vector<std::vector<std::string>> wrong{{"upp"},
                                                      {"up", "--wiat"},
                                                      {"up", "a", "b"},
                                                      {"exec"},
                                                      {"exec", "h1"},
                                                      {"-L"},
                                                      {"status", "--json=x"},
                                                      {"shell"},
                                                      {"ls", "-o", "x"},
                                                      {"ping", "-c", "0"},
                                                      {"graph", "-f", "bmp"},
                                                      {"up", "--set", "x"},
                                                      {"exec", "-e", "=x", "h1", "true"},
                                                      {"ls", "--color", "blue"},
                                                      {"show", "--resolved", "--configs"},
                                                      {"impair", "h1--r1"},
                                                      {"impair", "h1--r1", "delay="},
                                                      {"help", "nonsense"}};
    for (const auto& words : wrong) {
        const Ran ran = run(words);
        EXPECT_EQ(ran.code, 2) << testing::PrintToString(words);
        EXPECT_THAT(ran.err, HasSubstr("error:")) << testing::PrintToString(words);
        EXPECT_EQ(ran.out, "") << testing::PrintToString(words);
    }
}

TEST_F(Parser, NamesTheWordThatIsMissing) {
    EXPECT_THAT(run({"shell"}).err, HasSubstr("NODE is missing: lab shell NODE"));
    EXPECT_THAT(run({"shell", "--nosuch"}).err, HasSubstr("`lab shell` has no flag --nosuch"));
    EXPECT_THAT(run({"lks", "status"}).err, HasSubstr("no verb \"lks\""));
    EXPECT_THAT(run({"version", "a"}).err, HasSubstr("`lab version` does not take \"a\""));
    EXPECT_THAT(run({"vtysh"}).err, HasSubstr("ROUTER is missing: lab vtysh ROUTER"));
}

TEST_F(Parser, HelpOfNoVerbIsAMistake) {
    const Ran ran = run({"statsu", "--help"});
    EXPECT_EQ(ran.code, 2);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, HasSubstr("did you mean \"status\"?"));
}

TEST_F(Parser, SaysWhatWasMeant) {
    EXPECT_THAT(run({"upp"}).err, HasSubstr("did you mean \"up\"?"));
    EXPECT_THAT(run({"up", "--wiat"}).err, HasSubstr("did you mean \"--wait\"?"));
    EXPECT_THAT(run({"two.lab.toml"}).err, HasSubstr("lab up two.lab.toml"));
    EXPECT_THAT(run({"help", "topolgy"}).err, HasSubstr("did you mean \"topology\"?"));
    EXPECT_THAT(run({"init", "osfp"}).err, HasSubstr("did you mean \"ospf\"?"));
    EXPECT_THAT(run({"impair", "h1--r1", "dely=20ms"}).err, HasSubstr("did you mean \"delay\"?"));
}

TEST_F(Parser, ErrorsInJsonGoToStdout) {
    const Ran ran = run({"up", "--json", "--wiat"});
    EXPECT_EQ(ran.code, 2);
    EXPECT_EQ(ran.err, "");
    EXPECT_EQ(boost::json::parse(ran.out).at("error").at("code"), "usage");
}

TEST_F(Parser, WithoutLabdTheCodeIsFourAndOfExec125) {
    EXPECT_EQ(run({"--no-start", "ls"}).code, 4);
    EXPECT_EQ(run({"ls", "--no-start"}).code, 4);
    EXPECT_EQ(run({"--no-start", "-L", "x", "exec", "h1", "true"}).code, 125);
    EXPECT_EQ(run({"--no-start", "-L", "x", "shell", "h1"}).code, 125);
}

TEST_F(Parser, AnEmptyFolderOffersInit) {
    for (const char* verb : {"up", "validate"}) {
        const Ran ran = run({verb});
        EXPECT_EQ(ran.code, 2);
        EXPECT_THAT(ran.err, HasSubstr("lab init"));
    }
}

TEST_F(Parser, InitWritesOnceAndValidates) {
    EXPECT_EQ(run({"init"}).out, "lab.toml\n");
    const Ran again = run({"init"});
    EXPECT_EQ(again.code, 2);
    EXPECT_THAT(again.err, HasSubstr("already there"));
    EXPECT_EQ(run({"init", "ospf", "--force"}).code, 0);
    EXPECT_EQ(run({"init", "clos", "my.lab.toml", "-q"}).err, "");
}

TEST_F(Parser, HelpEverywhere) {
    EXPECT_EQ(run({}).code, 0);
    EXPECT_THAT(run({"--help"}).out, HasSubstr("Build"));
    EXPECT_THAT(run({"up", "--help"}).out, HasSubstr("Usage: lab up [FILE]"));
    EXPECT_EQ(run({"up", "--help"}).out, run({"help", "apply"}).out);
    EXPECT_THAT(run({"--version"}).out, HasSubstr("lab " LAB_VERSION));
}

TEST(ExecWords, NodeThenCommand) {
    const auto split = [](std::vector<std::string> words) {
        const cli::ExecWords w = cli::split_words(words);
        std::vector<std::string> all{w.nodes};
        all.insert(all.end(), w.command.begin(), w.command.end());
        return all;
    };
    EXPECT_THAT(split({"r1", "ping", "-c", "1", "x"}), ElementsAre("r1", "ping", "-c", "1", "x"));
    EXPECT_THAT(split({"r1", "--", "ls", "-t"}), ElementsAre("r1", "ls", "-t"));
    EXPECT_THAT(split({"h1", "h2", "--", "hostname"}), ElementsAre("h1,h2", "hostname"));
    EXPECT_THAT(split({"r1", "sh", "-c", "x", "--", "y"}),
                ElementsAre("r1", "sh", "-c", "x", "--", "y"));
    EXPECT_THAT(split({"r1", "--", "a", "--", "b"}), ElementsAre("r1", "a", "--", "b"));
    EXPECT_THAT(cli::split_words({"r1"}).command, IsEmpty());
    EXPECT_THAT(cli::split_words({"r1", "--"}).command, IsEmpty());
}

TEST(Times, UnitsAndNonsense) {
    EXPECT_DOUBLE_EQ(cli::parse_seconds("30s"), 30);
    EXPECT_DOUBLE_EQ(cli::parse_seconds("500ms"), 0.5);
    EXPECT_DOUBLE_EQ(cli::parse_seconds("2m"), 120);
    EXPECT_DOUBLE_EQ(cli::parse_seconds("1.5"), 1.5);
    for (const char* wrong : {"", "s", "0", "-1s", "5 parsecs", "1e99"})
        EXPECT_THROW((void)cli::parse_seconds(wrong), cli::Failure) << wrong;
}

}  // namespace
