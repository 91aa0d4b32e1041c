// What lives in a node: commands, services, files, overlays, late references, includes.
#include "tests/support/expanded.hpp"
#include "topology/service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using testing::ElementsAre;
using topology::Ready;

namespace {

test::Expanded clean(test::MemoryFiles files, const std::string& main = "two.lab.toml") {
    test::Expanded result = test::expand(std::move(files), main);
    EXPECT_FALSE(result.diagnostics.failed()) << result.text();
    return result;
}

std::vector<std::string> words(const std::vector<topology::Text>& texts) {
    std::vector<std::string> result;
    for (const topology::Text& text : texts) result.push_back(text.text);
    return result;
}

TEST(Commands, StringsGoToTheShellAndListsAreArgv) {
    const auto lab =
        clean({{"two.lab.toml", "[nodes]\nh1 = { exec = [\"ip a | head\", [\"ip\", \"a\"]] }\n"}});
    EXPECT_THAT(words(lab.node("h1").exec.at(0).argv), ElementsAre("/bin/sh", "-c", "ip a | head"));
    EXPECT_THAT(words(lab.node("h1").exec.at(1).argv), ElementsAre("ip", "a"));
}

TEST(Services, AreNamedAfterTheirProgram) {
    const auto lab = clean(
        {{"two.lab.toml",
          "[nodes]\nh1 = { run = [\"exec FOO=1 /usr/bin/iperf3 -s\", \"iperf3 -s -p 2\", [\"nc\", "
          "\"-l\"], { cmd = \"a\", name = \"iperf3-2\" }] }\n"}});
    std::vector<std::string> names;
    for (const auto& service : lab.node("h1").services) names.push_back(service.name);
    EXPECT_THAT(names, ElementsAre("iperf3", "iperf3-3", "nc", "iperf3-2"));
}

TEST(Services, SayEverythingInATable) {
    const auto lab = clean({{"two.lab.toml",
                             "[nodes]\nh1 = { run = [{ name = \"web\", cmd = [\"httpd\", \"-f\"], "
                             "ready = \"tcp 80\", after = "
                             "[\"h1.started\"], restart = \"always\", env = { A = \"1\" }, user = "
                             "\"nobody\", dir = \"/srv\", stop "
                             "= \"INT\", grace = \"500ms\" }] }\n"}});
    const topology::Service& web = lab.node("h1").services.at(0);
    EXPECT_EQ(web.ready, (Ready{Ready::Kind::tcp, "80"}));
    EXPECT_THAT(words(web.after), ElementsAre("h1.started"));
    EXPECT_EQ(web.restart, topology::Service::Restart::always);
    EXPECT_EQ(web.env.at("A").text, "1");
    EXPECT_EQ(web.user, "nobody");
    EXPECT_EQ(web.dir, "/srv");
    EXPECT_EQ(web.stop_signal, 2);
    EXPECT_EQ(web.grace_ms, 500U);
}

TEST(Services, SignsOfReadiness) {
    using topology::parse_ready;
    EXPECT_EQ(parse_ready("udp 53")->kind, Ready::Kind::udp);
    EXPECT_EQ(parse_ready("log ready$")->argument, "ready$");
    EXPECT_EQ(parse_ready("exec test -e /x")->argument, "test -e /x");
    EXPECT_EQ(parse_ready("exit")->kind, Ready::Kind::exit);
    EXPECT_FALSE(parse_ready("tcp 70000"));
    EXPECT_FALSE(parse_ready("file relative"));
    EXPECT_FALSE(parse_ready("notify me"));
    EXPECT_FALSE(parse_ready("soon"));
}

TEST(LateReferences, StayMarked) {
    const auto lab = clean({{"two.lab.toml",
                             "[vars]\npeer = \"leaf-1\"\n[nodes]\nleaf-1 = \"router\"\nh1 = { exec "
                             "= [\"ping ${leaf-1.ipv4} "
                             "${peer.eth0.net6}\"], env = { A = \"$${HOME} ${name}\" } }\n"}});
    EXPECT_EQ(lab.node("h1").exec.at(0).argv[2].text,
              "ping \x01leaf-1.ipv4\x02 \x01leaf-1.eth0.net6\x02");
    EXPECT_EQ(lab.node("h1").env.at("A").text, "${HOME} h1");
}

TEST(LateReferences, OfUnknownNodesAreMistakes) {
    const auto lab = test::expand("[nodes]\nh1 = { exec = [\"ping ${h9.ipv4}\"] }\n");
    ASSERT_EQ(lab.of("D14").size(), 1U) << lab.text();
    EXPECT_EQ(lab.of("D14")[0]->where.column, 22U);
}

TEST(Files, InlineFromDiskAndTemplates) {
    const auto lab =
        clean({{"two.lab.toml",
                "[nodes]\nr1 = { files = { \"/etc/a\" = \"x ${name}\\ny\\n\", \"/etc/b\" = "
                "\"conf/b\", \"/etc/c\" = { from = "
                "\"conf/b\", template = true, mode = \"0755\", owner = \"frr:adm\" }, "
                "\"/etc/d\" = { text = \"${r1.ipv4}\" } "
                "} }\n"},
               {"conf/b", "n=${name}\n"}});
    const auto& files = lab.node("r1").files;
    EXPECT_EQ(files.at("/etc/a").content, "x r1\ny\n");
    EXPECT_EQ(files.at("/etc/b").content, "n=${name}\n");
    EXPECT_FALSE(files.at("/etc/b").expand);
    EXPECT_EQ(files.at("/etc/c").content, "n=r1\n");
    EXPECT_EQ(files.at("/etc/c").mode, 0755U);
    EXPECT_EQ(files.at("/etc/c").owner, "frr");
    EXPECT_EQ(files.at("/etc/c").group, "adm");
    EXPECT_TRUE(files.at("/etc/d").expand);
}

TEST(Files, HaveTheirOwnersPrimaryGroupUnlessOneIsNamed) {
    const auto lab = clean({{"two.lab.toml",
                             "[nodes]\nr1 = { files = { \"/etc/a\" = { text = \"\", owner = "
                             "\"nobody\" }, \"/etc/b\" = { "
                             "text = \"\", owner = \"root\" }, \"/etc/c\" = { text = \"\", owner = "
                             "\"frr:adm\" } } }\n"}});
    const auto& files = lab.node("r1").files;
    EXPECT_EQ(files.at("/etc/a").owner, "nobody");
    EXPECT_EQ(files.at("/etc/a").group, "");
    EXPECT_EQ(files.at("/etc/b").group, "root");
    EXPECT_EQ(files.at("/etc/c").group, "adm");
    const auto wrong = test::expand(
        "[nodes]\nr1 = { files = { \"/etc/a\" = { text = \"\", owner = \"nobody:\" } } }\n");
    EXPECT_EQ(wrong.of("VALUE").size(), 1U) << wrong.text();
}

TEST(Files, MistakesInTemplatesAreShownThere) {
    const auto lab = test::expand(
        {{"two.lab.toml",
          "[nodes]\nr1 = { files = { \"/etc/c\" = { from = \"c\", template = true } } }\n"},
         {"c", "one\ntwo ${nobody}\n"}},
        "two.lab.toml");
    ASSERT_EQ(lab.of("D24").size(), 1U);
    EXPECT_THAT(lab.text(), testing::StartsWith("c:2:5: error: no variable \"nobody\" [D24]\n"
                                                "    2 | two ${nobody}\n"
                                                "      |     ^~~~~~~~~\n"));
}

TEST(Overlay, IsFoundBesideTheFileAndFilesWin) {
    test::MemoryFiles files{
        {"two.lab.toml",
         "[nodes]\nr1 = { files = { \"/etc/motd\" = { text = \"file\" } } }\nr2 = { "
         "overlay = false }\nr3 = { overlay = \"common\" }\n"},
        {"two/r1/etc/motd", "overlay"},
        {"two/r2/etc/motd", "unused"},
        {"common/etc/motd", "common"}};
    files.add("two/r1/opt/bin/x", "#!/bin/sh\n", 0755);
    const auto lab = clean(files);
    EXPECT_EQ(lab.node("r1").files.at("/etc/motd").content, "file");
    EXPECT_EQ(lab.node("r1").files.at("/opt/bin/x").mode, 0755U);
    EXPECT_EQ(lab.node("r1").files.at("/opt/bin/x").origin, topology::File::Origin::overlay);
    EXPECT_TRUE(lab.node("r2").files.empty());
    EXPECT_EQ(lab.node("r3").files.at("/etc/motd").content, "common");
}

TEST(Overlay, OfALabTomlStandsBesideIt) {
    const auto lab =
        clean({{"lab.toml", "name = \"x\"\n[nodes]\nr1 = \"router\"\n"}, {"r1/etc/motd", "hello"}},
              "lab.toml");
    EXPECT_EQ(lab.node("r1").files.at("/etc/motd").content, "hello");
}

TEST(Nft, IsATextOrAFile) {
    const auto lab =
        clean({{"two.lab.toml",
                "[nodes]\nr1 = { nft = \"fw.nft\" }\nr2 = { nft = \"table inet x {\\n}\\n\" }\n"},
               {"fw.nft", "table inet y {\n}\n"}});
    EXPECT_EQ(lab.node("r1").nft->text, "table inet y {\n}\n");
    EXPECT_EQ(lab.node("r2").nft->text, "table inet x {\n}\n");
}

TEST(Include, ComesBeforeTheFileThatIncludes) {
    const auto lab =
        clean({{"two.lab.toml",
                "include = [\"lib/base.toml\"]\nneeds = [\"nc\"]\nlinks = "
                "[[\"r1\",\"h1\"]]\n[vars]\nx = 2\n[nodes]\nh1 "
                "= \"host\"\nr1 = { label = \"mine\", exec = [\"b\"] }\n"},
               {"lib/base.toml",
                "needs = [\"iperf3\"]\nlinks = [[\"r1\",\"r2\"]]\n[vars]\nx = 1\nm = "
                "5\n[nodes]\nr1 = { kind = "
                "\"router\", label = \"theirs\", exec = [\"a\"], files = { \"/etc/x\" = "
                "\"x.conf\" } }\nr2 = { kind = "
                "\"router\", label = \"${x}${m}\" }\n"},
               {"lib/x.conf", "beside the base"}});
    EXPECT_THAT(lab.nodes(), ElementsAre("r1", "r2", "h1"));
    EXPECT_THAT(lab.links(), ElementsAre("r1:eth0 r2:eth0", "r1:eth1 h1:eth0"));
    EXPECT_THAT(words(lab.lab.needs), ElementsAre("iperf3", "nc"));
    const topology::Node& r1 = lab.node("r1");
    EXPECT_EQ(r1.label, "mine");
    EXPECT_EQ(r1.kind, topology::Kind::router);
    EXPECT_EQ(r1.exec.size(), 2U);
    EXPECT_EQ(r1.files.at("/etc/x").content, "beside the base");
    EXPECT_EQ(lab.node("r2").label, "25");
}

TEST(Include, OnceEach) {
    const auto lab = clean({{"two.lab.toml", "include = [\"a.toml\", \"b.toml\"]\n"},
                            {"a.toml", "include = [\"b.toml\"]\n"},
                            {"b.toml", "[nodes]\nh1 = \"host\"\n\"r[1-2]\" = \"router\"\n"}});
    EXPECT_THAT(lab.nodes(), ElementsAre("h1", "r1", "r2"));
}

TEST(Include, MistakesNameTheirFile) {
    const auto lab =
        test::expand({{"two.lab.toml", "include = [\"a.toml\"]\n[nodes]\nh1 = \"host\"\n"},
                      {"a.toml", "\nlinks = [[\"h1\", \"h9\"]]\n"}},
                     "two.lab.toml");
    ASSERT_EQ(lab.of("D14").size(), 1U);
    EXPECT_THAT(lab.text(), testing::StartsWith("a.toml:2:17: error: unknown node \"h9\""));
}

TEST(Include, CirclesAreCut) {
    const auto lab =
        test::expand({{"two.lab.toml", "include = [\"a.toml\"]\n[nodes]\nh1 = \"host\"\n"},
                      {"a.toml", "include = [\"b.toml\"]\n"},
                      {"b.toml", "include = [\"a.toml\"]\n"}},
                     "two.lab.toml");
    ASSERT_EQ(lab.of("D4").size(), 1U);
    EXPECT_EQ(lab.of("D4")[0]->message, "\"b.toml\" includes \"a.toml\" again");
}

}  // namespace
