// What goes between labd and its parser: all of it arrives, and nothing else is taken for it.
#include "labd/parser/child.hpp"
#include "labd/parser/codec.hpp"
#include "labd/parser/well_formed.hpp"
#include "topology/stages.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace labd {
namespace {

namespace fs = std::filesystem;

// Every file of the folder, as `lab` would send it.
Bundle bundle_of(const fs::path& folder, const std::string& main) {
    Bundle bundle;
    bundle.main = main;
    bundle.source = (folder / main).string();
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) {
            std::ifstream in(entry.path(), std::ios::binary);
            std::ostringstream text;
            text << in.rdbuf();
            bundle.files[fs::relative(entry.path(), folder).string()] = {text.str(), 0755};
        }
    return bundle;
}

std::vector<std::string> examples() {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry :
         fs::directory_iterator(std::string(LAB_SOURCE_DIR) + "/examples"))
        if (entry.path().string().ends_with(".lab.toml"))
            names.push_back(entry.path().filename().string());
    return names;
}

topology::Resolved example(const std::string& name) {
    return resolve(bundle_of(std::string(LAB_SOURCE_DIR) + "/examples", name));
}

TEST(ParserCodec, BringsEveryExampleAcross) {
    ASSERT_GT(examples().size(), 8U);
    for (const std::string& name : examples()) {
        SCOPED_TRACE(name);
        const topology::Resolved before = example(name);
        ASSERT_FALSE(before.diagnostics.failed());
        const std::string bytes = parser::encode(before);
        const auto after = parser::decode(bytes);
        ASSERT_TRUE(after);
        EXPECT_EQ(after->lab, before.lab);
        EXPECT_EQ(topology::resolved_toml(after->lab), topology::resolved_toml(before.lab));
        EXPECT_EQ(parser::encode(*after), bytes) << "places, too, which == passes over";
        ASSERT_EQ(after->sources.size(), before.sources.size());
        EXPECT_EQ(after->sources[0].text, before.sources[0].text);
    }
}

TEST(ParserCodec, BringsMistakesAcross) {
    Bundle bundle;
    bundle.main = "x.lab.toml";
    bundle.files[bundle.main] = {"links = [[\"h1\", \"h9\"]]\n[nodes]\nh1 = \"host\"\n", 0644};
    const topology::Resolved before = resolve(bundle);
    ASSERT_TRUE(before.diagnostics.failed());
    const auto after = parser::decode(parser::encode(before));
    ASSERT_TRUE(after);
    EXPECT_EQ(topology::render(after->diagnostics.all(), after->sources, false),
              topology::render(before.diagnostics.all(), before.sources, false));
    EXPECT_TRUE(after->lab.nodes.empty()) << "a lab with mistakes is none";
}

TEST(ParserCodec, BringsBundlesAcross) {
    Bundle before = bundle_of(std::string(LAB_SOURCE_DIR) + "/examples", "dmz.lab.toml");
    before.set["a"] = std::string("b\0c", 3);
    before.name = "other";
    before.numbering = "x";
    const auto after = parser::decode_bundle(parser::encode(before));
    ASSERT_TRUE(after);
    EXPECT_EQ(to_json(*after), to_json(before));
    EXPECT_EQ(after->numbering, "x");
    EXPECT_EQ(after->name, "other");
    EXPECT_FALSE(parser::decode_bundle(parser::encode(before) + "x"));
    EXPECT_FALSE(parser::decode_bundle(""));
}

TEST(ParserCodec, TakesNothingThatIsCutShortOrTooLong) {
    const std::string bytes = parser::encode(example("two-hosts.lab.toml"));
    for (std::size_t n = 0; n < bytes.size(); n += 1 + n / 64)
        EXPECT_FALSE(parser::decode(std::string_view(bytes).substr(0, n))) << n;
    EXPECT_FALSE(parser::decode(bytes + std::string(1, '\0')));
}

// Whatever the parser says: it is refused, or a lab that can be worked with.
TEST(ParserCodec, GivesOnlyLabsWhosePartsFitTogether) {
    const std::string good = parser::encode(example("services.lab.toml"));
    std::mt19937 random(7);
    const auto below = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    std::size_t taken = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string bytes = good;
        for (std::size_t changes = 1 + below(3); changes > 0; --changes)
            bytes[below(bytes.size())] = static_cast<char>(below(4) == 0 ? below(256) : below(3));
        const auto found = parser::decode(bytes);
        if (!found || found->diagnostics.failed()) continue;
        ++taken;
        (void)topology::resolved_toml(found->lab);  // walks every index
    }
    EXPECT_GT(taken, 0U) << "letters of texts may be any";
}

topology::Service service(const std::string& name, const std::string& word) {
    topology::Service made;
    made.name = name;
    if (!word.empty()) made.argv.push_back({word, {}});
    return made;
}

TEST(WellFormed, IsEveryIndexAndEveryName) {
    const topology::Lab good = example("lan-switch.lab.toml").lab;
    ASSERT_TRUE(parser::well_formed(good));
    using Break = std::function<void(topology::Lab&)>;
    const std::vector<std::pair<const char*, Break>> breaks{
        {"lab name", [](topology::Lab& l) { l.name = "../x"; }},
        {"no nodes", [](topology::Lab& l) { l.nodes.clear(); }},
        {"node name", [](topology::Lab& l) { l.nodes[0].name = "a/b"; }},
        {"reserved name", [](topology::Lab& l) { l.nodes[0].name = "all"; }},
        {"name twice", [](topology::Lab& l) { l.nodes[0].name = l.nodes[1].name; }},
        {"host name", [](topology::Lab& l) { l.nodes[0].hostname = "a\nb"; }},
        {"interface name", [](topology::Lab& l) { l.nodes[0].interfaces[0].name = "a b"; }},
        {"interface name '..'", [](topology::Lab& l) { l.nodes[0].interfaces[0].name = ".."; }},
        {"link", [](topology::Lab& l) { l.nodes[0].interfaces[0].link = l.links.size(); }},
        {"end", [](topology::Lab& l) { l.nodes[0].interfaces[0].end = 7; }},
        {"segment", [](topology::Lab& l) { l.nodes[0].interfaces[0].segment = l.segments.size(); }},
        {"delay", [](topology::Lab& l) { l.nodes[0].interfaces[0].impairment.delay_ns = -1; }},
        {"queue",
         [](topology::Lab& l) {
             l.nodes[0].interfaces[0].impairment.queue = topology::Queue{"qdisc", {}};
         }},
        {"another's end",
         [](topology::Lab& l) { std::swap(l.links[0].ends[0], l.links[0].ends[1]); }},
        {"end of a link", [](topology::Lab& l) { l.links[0].ends[0].node = l.nodes.size(); }},
        {"interface of an end", [](topology::Lab& l) { l.links[0].ends[0].interface = 99; }},
        {"link without ends", [](topology::Lab& l) { l.links[0].ends.clear(); }},
        {"segment's end", [](topology::Lab& l) { l.segments[0].ends[0].interface = 99; }},
        {"segment's link", [](topology::Lab& l) { l.segments[0].links[0] = 99; }},
        {"segment's switch", [](topology::Lab& l) { l.segments[0].switches.push_back(99); }},
        {"service name", [](topology::Lab& l) { l.nodes[0].services = {service("a/b", "x")}; }},
        {"service without words",
         [](topology::Lab& l) { l.nodes[0].services = {service("a", "")}; }},
        {"exec without words", [](topology::Lab& l) { l.nodes[0].exec.resize(1); }},
    };
    for (const auto& [what, damage] : breaks) {
        topology::Lab lab = good;
        damage(lab);
        EXPECT_FALSE(parser::well_formed(lab)) << what;
    }
}

}  // namespace
}  // namespace labd
