// `lab link rm`: the file still has the link, the lab has not, and nothing else moves.
#include "tests/support/memory_files.hpp"
#include "topology/numbering.hpp"
#include "topology/resolve.hpp"

#include <gtest/gtest.h>

namespace {

using namespace topology;

Lab resolved(const Numbering* running) {
    test::MemoryFiles files{
        {"t.lab.toml",
         "links = [[\"r1\", \"r[2-3]\"], [\"r1\", \"r2\"]]\n[nodes]\n\"r[1-3]\" = \"router\"\n"}};
    ResolveOptions options;
    options.running = running;
    const Resolved out = resolve(files, "t.lab.toml", options);
    EXPECT_FALSE(out.diagnostics.failed());
    return out.lab;
}

TEST(NumberingGone, TheOthersKeepTheirNamesAndAddresses) {
    const Lab before = resolved(nullptr);
    Numbering numbering = numbering_of(before);
    ASSERT_EQ(numbering.links.at(0).name, "r1--r2");
    numbering.links.erase(numbering.links.begin());
    numbering.interfaces.erase({"r1", "eth0"});
    numbering.interfaces.erase({"r2", "eth0"});
    numbering.gone = {0};
    numbering = parse_numbering(to_text(numbering));
    EXPECT_EQ(numbering.gone, (std::set<std::size_t>{0}));
    const Lab after = resolved(&numbering);
    ASSERT_EQ(after.links.size(), 2U);
    EXPECT_EQ(after.links[0].name, "r1--r3");
    EXPECT_EQ(after.links[1].name, "r1--r2-2");
    ASSERT_EQ(after.find("r2")->interfaces.size(), 1U);
    const Interface& left = after.find("r2")->interfaces[0];
    EXPECT_EQ(left.name, "eth1");
    EXPECT_EQ(left.addresses, before.find("r2")->interfaces[1].addresses);
}

TEST(NumberingGone, TheFileAgainBringsItBack) {
    Numbering numbering = numbering_of(resolved(nullptr));
    numbering.gone = {0, 2};
    EXPECT_EQ(resolved(&numbering).links.size(), 1U);
    numbering.gone.clear();
    EXPECT_EQ(resolved(&numbering).links.size(), 3U);
}

// One counter for both families: a network that gets the other one back gets its own number.
TEST(NumberingGone, AFamilyComesBackUnderItsNumber) {
    const std::string links = "links = [[\"h1\", \"r1\"], [\"r1\", \"h2\"]]\n";
    const std::string nodes = "[nodes]\n\"h[1-2]\" = \"host\"\nr1 = \"router\"\n";
    const std::string without6 = links + "[addressing]\nipv6 = false\n" + nodes,
                      without4 = links + "[addressing]\nipv4 = false\n" + nodes,
                      written =
                          "links = [{ endpoints = [\"h1\", \"r1\"], prefix = "
                          "\"10.77.0.0/24\" }, [\"r1\", \"h2\"]]\n" +
                          nodes;
    const auto read = [](const std::string& text, const Numbering* running) {
        test::MemoryFiles files{{"t.lab.toml", text}};
        ResolveOptions options;
        options.running = running;
        return resolve(files, "t.lab.toml", options).lab;
    };
    const Lab fresh = read(links + nodes, nullptr);
    for (const std::string& before : {without6, without4, written}) {
        const Numbering running = numbering_of(read(before, nullptr));
        const Lab edited = read(links + nodes, &running);
        for (const char* node : {"h1", "r1", "h2"})
            for (std::size_t i = 0; i < fresh.find(node)->interfaces.size(); ++i)
                EXPECT_EQ(edited.find(node)->interfaces[i].addresses,
                          fresh.find(node)->interfaces[i].addresses)
                    << node << i << "\n"
                    << before;
    }
}

}  // namespace
