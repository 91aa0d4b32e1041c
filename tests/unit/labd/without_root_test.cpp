// What a labd without root refuses, by name.
#include "labd/without_root.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace labd {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const IdMaps range{{{0, 1, 65536}}, {{0, 1, 65536}}};
const IdMaps single{{{0, 0, 1}}, {{0, 0, 1}}};

std::vector<std::string> said(const topology::Lab& lab, const IdMaps& ids) {
    std::vector<std::string> messages;
    const topology::Diagnostics refused = refused_without_root(lab, ids);
    for (const topology::Diagnostic& d : refused.all()) {
        EXPECT_EQ(d.code, "D79");
        EXPECT_FALSE(d.hint.empty()) << d.message;
        messages.push_back(d.message);
    }
    return messages;
}

topology::Lab lab_of(topology::Node node) {
    topology::Lab lab;
    node.name = "n1";
    lab.nodes.push_back(std::move(node));
    return lab;
}

TEST(WithoutRoot, an_ordinary_lab_is_fine) {
    topology::Node node;
    EXPECT_THAT(said(lab_of(node), single), IsEmpty());
}

TEST(WithoutRoot, what_reaches_out_of_the_lab_is_refused) {
    topology::Node node;
    node.kind = topology::Kind::nat;
    EXPECT_THAT(said(lab_of(node), range), ElementsAre(HasSubstr("n1 reaches the host's network")));
    node.kind = topology::Kind::external;
    EXPECT_THAT(said(lab_of(node), range),
                ElementsAre(HasSubstr("n1 is an interface of the host")));
    node.kind = topology::Kind::host;
    node.level = topology::Level::open;
    EXPECT_THAT(said(lab_of(node), range), ElementsAre(HasSubstr("level \"open\"")));
    node.level.reset();
    node.root = topology::Text{"/srv/debian", {}};
    EXPECT_THAT(said(lab_of(node), range), ElementsAre(HasSubstr("lives in a directory")));
    topology::Lab open = lab_of({});
    open.level = topology::Level::open;
    EXPECT_THAT(said(open, range), ElementsAre(HasSubstr("level \"open\"")));
}

TEST(WithoutRoot, who_gives_addresses_needs_groups) {
    topology::Node node;
    topology::Service service;
    service.name = "dnsmasq-dhcp";
    service.argv = {{"dnsmasq", {}}, {"-k", {}}};
    service.generated = true;
    node.services.push_back(service);
    EXPECT_THAT(said(lab_of(node), range), IsEmpty());
    EXPECT_THAT(said(lab_of(node), single),
                ElementsAre(HasSubstr("n1 gives addresses by dnsmasq")));
    node.services[0].generated = false;
    EXPECT_THAT(said(lab_of(node), single), IsEmpty()) << "what a user writes is theirs";
}

TEST(WithoutRoot, users_without_an_id_are_refused) {
    topology::Node node;
    node.user = "nobody";
    node.files["/x"].owner = "daemon";
    topology::Service service;
    service.name = "web";
    service.user = "www-data";
    node.services.push_back(service);
    EXPECT_THAT(said(lab_of(node), range), IsEmpty());
    EXPECT_THAT(said(lab_of(node), single),
                ElementsAre(HasSubstr("n1 runs its commands as user nobody"),
                            HasSubstr("n1 runs service web as user www-data"),
                            HasSubstr("n1 has the file /x as user daemon")));
}

TEST(WithoutRoot, the_notice_says_why) {
    EXPECT_THAT(single_id_notice("newuidmap is not installed"),
                AllOf(HasSubstr("newuidmap is not installed"), HasSubstr("lab doctor")));
}

}  // namespace
}  // namespace labd
