// Which file, which name, and what is sent of it.
#include "cli/bundle.hpp"

#include "cli/error.hpp"
#include "cli/select.hpp"
#include "labd/base64.hpp"
#include "tests/support/temp_dir.hpp"

#include <boost/json.hpp>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::HasSubstr;

constexpr const char* pair = "links = [[\"h1\", \"h2\"]]\n[nodes]\nh1 = \"host\"\nh2 = \"host\"\n";

struct InFolder : testing::Test {
    void SetUp() override {
        before = std::filesystem::current_path();
        std::filesystem::create_directory(folder / "net");
        std::filesystem::current_path(folder / "net");
    }
    void TearDown() override { std::filesystem::current_path(before); }
    static void write(const std::string& path, const std::string& text) {
        std::ofstream(path) << text;
    }
    test::TempDir folder;
    std::filesystem::path before;
};

TEST_F(InFolder, LabTomlComesFirstElseTheOnlyOne) {
    EXPECT_THROW((void)cli::choose_file(""), cli::Failure);
    write("b.lab.toml", pair);
    EXPECT_EQ(cli::choose_file("").name, "b.lab.toml");
    write("a.lab.toml", pair);
    EXPECT_THROW((void)cli::choose_file(""), cli::Failure);
    EXPECT_FALSE(cli::file_here());
    write("lab.toml", pair);
    EXPECT_EQ(cli::choose_file("").name, "lab.toml");
    EXPECT_EQ(cli::choose_file("../net/a.lab.toml").shown(), "../net/a.lab.toml");
    EXPECT_EQ(cli::choose_file("../net").shown(), "../net/lab.toml");
}

TEST_F(InFolder, OfSeveralTheLabsNameChooses) {
    write("a.lab.toml", pair);
    write("b.lab.toml", pair);
    write("c.lab.toml", "name = \"other\"\n" + std::string(pair));
    EXPECT_EQ(cli::choose_file("", "b").name, "b.lab.toml");
    EXPECT_EQ(cli::choose_file("", "other").name, "c.lab.toml");
    EXPECT_THROW((void)cli::choose_file("", "c"), cli::Failure);
    EXPECT_EQ(cli::choose_file("a.lab.toml", "b").name, "a.lab.toml");
}

TEST_F(InFolder, NamesOfLabs) {
    write("lab.toml", pair);
    write("b.lab.toml", pair);
    write("c.lab.toml", "# name = \"no\"\n name =  'other' # yes\n[nodes]\nname = \"host\"\n");
    EXPECT_EQ(cli::lab_name_of(cli::choose_file("lab.toml")), "net");
    EXPECT_EQ(cli::lab_name_of(cli::choose_file("b.lab.toml")), "b");
    EXPECT_EQ(cli::lab_name_of(cli::choose_file("c.lab.toml")), "other");
}

TEST_F(InFolder, ANamelessLabIsCalledLikeItsFolder) {
    write("lab.toml", pair);
    const cli::Bundle bundle = cli::read_bundle(cli::choose_file(""), {});
    EXPECT_FALSE(bundle.resolved.diagnostics.failed());
    EXPECT_EQ(bundle.resolved.lab.name, "net");
    EXPECT_EQ(boost::json::parse(cli::put_body(bundle, {})).at("name"), "net");
}

TEST_F(InFolder, SendsWhatItReadAndNothingElse) {
    std::string bytes("\xff\0x", 3);
    write("x.bin", bytes);
    write("x.txt", "text\n");
    write("secret", "not named\n");
    write("t.lab.toml",
          "name = \"t\"\n" + std::string(pair) +
              "[nodes.h3]\nfiles = { \"/etc/a\" = \"x.bin\", \"/etc/b\" = \"x.txt\" }\n");
    cli::UpOptions options;
    options.wait = true, options.wait_seconds = 5, options.recreate = {"h1"};
    const cli::Bundle bundle = cli::read_bundle(cli::choose_file(""), options);
    ASSERT_FALSE(bundle.resolved.diagnostics.failed());
    const boost::json::value body = boost::json::parse(cli::put_body(bundle, options));
    EXPECT_EQ(body.at("main"), "t.lab.toml");
    EXPECT_THAT(std::string(body.at("source").as_string()), testing::EndsWith("/net/t.lab.toml"));
    const boost::json::object& files = body.at("files").as_object();
    EXPECT_EQ(files.size(), 3U);
    EXPECT_EQ(files.at("x.txt").at("text"), "text\n");
    EXPECT_EQ(labd::base64_decode(std::string(files.at("x.bin").at("base64").as_string())), bytes);
    EXPECT_EQ(body.at("wait").to_number<double>(), 5);
    EXPECT_EQ(body.at("recreate").at(0), "h1");
    EXPECT_FALSE(body.as_object().contains("name"));
}

TEST_F(InFolder, MistakesAreShownWhereTheUserSeesThem) {
    write("bad.lab.toml", "links = [[\"h1\", \"h9\"]]\n[nodes]\nh1 = \"host\"\n");
    std::filesystem::current_path("..");
    const cli::Bundle bundle = cli::read_bundle(cli::choose_file("net/bad.lab.toml"), {});
    ASSERT_TRUE(bundle.resolved.diagnostics.failed());
    try {
        cli::require_valid(bundle, {});
        FAIL();
    } catch (const cli::Failure& failure) {
        EXPECT_EQ(failure.exit, 2);
        EXPECT_THAT(cli::render(failure, false), HasSubstr("net/bad.lab.toml:1:17: error:"));
    }
}

}  // namespace
