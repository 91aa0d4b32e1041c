// Labs that come back after a boot: kept whole, in order, and only those that make sense.
#include "labd/autostart.hpp"

#include "tests/support/temp_dir.hpp"

#include <filesystem>
#include <fstream>
#include <system_error>

#include <gtest/gtest.h>

namespace labd {
namespace {

Bundle bundle_of(const std::string& text) {
    Bundle bundle;
    bundle.main = "x.lab.toml";
    bundle.source = "/home/ann/x.lab.toml";
    bundle.files["x.lab.toml"].content = text;
    bundle.set["n"] = "3";
    return bundle;
}

TEST(Autostart, keeps_labs_as_they_were_last) {
    const test::TempDir dir;
    const Autostart autostart(dir.path() + "/autostart");
    EXPECT_TRUE(autostart.all().empty());
    EXPECT_FALSE(autostart.keeps("b"));
    autostart.keep({"b", 1000, 1001, bundle_of("one")});
    autostart.keep({"a", 0, 0, bundle_of("two")});
    autostart.keep({"b", 1000, 1001, bundle_of("three")});
    EXPECT_TRUE(autostart.keeps("b"));
    const auto all = autostart.all();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].name, "a");
    EXPECT_EQ(all[1].name, "b");
    EXPECT_EQ(all[1].owner, 1000U);
    EXPECT_EQ(all[1].group, 1001U);
    EXPECT_EQ(all[1].bundle.files.at("x.lab.toml").content, "three");
    EXPECT_EQ(all[1].bundle.set.at("n"), "3");
    EXPECT_EQ(all[1].bundle.source, "/home/ann/x.lab.toml");
    autostart.forget("b");
    autostart.forget("b");
    EXPECT_FALSE(autostart.keeps("b"));
    EXPECT_EQ(autostart.all().size(), 1U);
}

TEST(Autostart, passes_over_what_makes_no_sense) {
    const test::TempDir dir;
    const Autostart autostart(dir.path());
    autostart.keep({"good", 7, 7, bundle_of("one")});
    for (const auto& [name, text] :
         {std::pair{"torn", R"({"owner":0,"group":0,"bun)"}, std::pair{"empty", ""},
          std::pair{"ownerless", R"({"group":0,"bundle":{"main":"x","files":{"x":{"text":""}}}})"},
          std::pair{"negative",
                    R"({"owner":-1,"group":0,"bundle":{"main":"x","files":{"x":{"text":""}}}})"},
          std::pair{"fileless", R"({"owner":0,"group":0,"bundle":{"main":"x","files":{}}})"}})
        std::ofstream(dir.path() + "/" + name + ".json") << text;
    std::ofstream(dir.path() + "/good.json.new") << "half";
    std::ofstream(dir.path() + "/Not A Name.json") << "{}";
    const auto all = autostart.all();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].name, "good");
}

TEST(Autostart, says_what_cannot_be_written) {
    const Autostart autostart("/proc/nowhere/autostart");
    EXPECT_THROW(autostart.keep({"x", 0, 0, bundle_of("one")}), std::system_error);
}

}  // namespace
}  // namespace labd
