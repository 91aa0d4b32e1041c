// Who may do what.
#include "labd/rights.hpp"

#include <unistd.h>

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace labd {
namespace {

using testing::HasSubstr;
using topology::Right;

Peer peer(uid_t uid, gid_t gid = 100, std::vector<gid_t> groups = {}) {
    Peer made;
    made.uid = uid;
    made.gid = gid;
    made.groups = std::move(groups);
    return made;
}

// 2001 owns it; 2002 may look, 2003 enter, 2004 change; so may members of 300 enter.
Access shared() {
    Access access;
    access.owner = 2001;
    access.owner_group = 2001;
    access.grants = {{"see", false, 2002, Right::see},
                     {"enter", false, 2003, Right::enter},
                     {"change", false, 2004, Right::change},
                     {"class", true, 300, Right::enter}};
    return access;
}

constexpr std::array<Verb, 14> all_verbs{
    Verb::status, Verb::show,  Verb::logs,    Verb::ns,    Verb::exec,   Verb::check, Verb::fault,
    Verb::stop,   Verb::start, Verb::restart, Verb::pause, Verb::resume, Verb::up,    Verb::down};

std::string may(const Peer& who, const Access& access = shared()) {
    std::string verbs;
    for (const Verb verb : all_verbs)
        if (!refusal(verb, who, "t", access))
            verbs += (verbs.empty() ? "" : " ") + std::string(rule(verb).name);
    return verbs;
}

TEST(Rights, AreOneTable) {
    const std::string see = "status show logs ns", enter = see + " exec check";
    const std::string everything = enter + " check stop start restart pause resume up down";
    EXPECT_EQ(may(peer(0)), everything);
    EXPECT_EQ(may(peer(::geteuid())), everything) << "whose labd it is";
    EXPECT_EQ(may(peer(2001)), everything);
    EXPECT_EQ(may(peer(2002)), see);
    EXPECT_EQ(may(peer(2003)), enter) << "a fault is a change, and so is a stop";
    EXPECT_EQ(may(peer(2004)), everything);
    EXPECT_EQ(may(peer(2005)), "");
}

TEST(Rights, OfAGroupAreItsMembers) {
    EXPECT_EQ(may(peer(2005, 300)), "status show logs ns exec check") << "as primary group";
    EXPECT_EQ(may(peer(2005, 100, {7, 300})), "status show logs ns exec check") << "as another one";
    EXPECT_EQ(may(peer(300)), "") << "a uid is no gid";
    EXPECT_EQ(may(peer(2005, 2004)), "") << "a gid is no uid";
    EXPECT_EQ(may(peer(2005, 2001)), "") << "the owner's group is not the owner";
}

TEST(Rights, ThatLackAreToldWithTheWayOut) {
    const auto refused = refusal(Verb::exec, peer(2002), "t", shared());
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->message, "lab \"t\" is 2001's: 2002 may not run commands in it");
    EXPECT_EQ(refused->hint, "2001 can share it: allow = [\"2002\"] in its file, then lab up");
}

// Root in a node of level `open` is root of the host, whoever wrote `allow`, and whose lab it was
// before root made a node of it one.
TEST(Rights, ToALabWithOpenNodesNobodyButRootHasMoreThanALook) {
    Access open = shared();
    open.open = true;
    EXPECT_EQ(may(peer(2001), open), "status show logs ns") << "the owner";
    EXPECT_EQ(may(peer(2004), open), "status show logs ns") << "who might change it";
    EXPECT_EQ(may(peer(2099), open), "") << "a stranger";
    EXPECT_EQ(may(peer(0), open), may(peer(0)));
    const auto refused = refusal(Verb::exec, peer(2001), "t", open);
    ASSERT_TRUE(refused);
    EXPECT_THAT(refused->message, HasSubstr("nodes of level \"open\", whose root is the host's"));
    EXPECT_EQ(refused->hint, "only root may run commands in it: sudo lab -L t …");
    EXPECT_THAT(refusal(Verb::exec, peer(2099), "t", open)->message, HasSubstr("2001's"));
}

TEST(Rights, WhatReachesIntoTheHostIsRootsAlone) {
    topology::Lab lab;
    lab.nodes.resize(2);
    lab.nodes[1].name = "x";
    EXPECT_FALSE(needs_root(lab, peer(2001)));
    lab.nodes[1].level_where.line = 7;
    lab.nodes[1].level = topology::Level::open;
    ASSERT_TRUE(needs_root(lab, peer(2001)));
    EXPECT_THAT(needs_root(lab, peer(2001))->message, HasSubstr("x has level \"open\""));
    EXPECT_EQ(needs_root(lab, peer(2001))->where.line, 7U);
    EXPECT_FALSE(needs_root(lab, peer(0)));
    lab.nodes[1].level.reset();
    EXPECT_FALSE(needs_root(lab, peer(2001)));
    lab.nodes[1].root = topology::Text{"/srv/debian", {}};
    EXPECT_FALSE(needs_root(lab, peer(2001)))
        << "opened with the caller's rights, and refused then";
    lab.nodes[1].root.reset();
    lab.nodes[1].kind = topology::Kind::external;
    ASSERT_TRUE(needs_root(lab, peer(2001)));
    EXPECT_THAT(needs_root(lab, peer(2001))->message, HasSubstr("interface of the host"));
    lab.nodes[1].kind = topology::Kind::nat;
    ASSERT_TRUE(needs_root(lab, peer(2001)));
    EXPECT_THAT(needs_root(lab, peer(2001))->message, HasSubstr("reaches what the host reaches"));
    EXPECT_FALSE(needs_root(lab, peer(0)));
    lab.nodes[1].kind = topology::Kind::host;
    lab.level = topology::Level::open;
    EXPECT_TRUE(needs_root(lab, peer(2001)));
    EXPECT_FALSE(needs_root(lab, peer(0)));
}

TEST(Rights, SharingIsTheOwners) {
    topology::Lab before, after;
    before.name = after.name = "t";
    after.shares.push_back({"eve", false, Right::change, {}});
    EXPECT_TRUE(shares_anew(before, after, peer(2004), shared()));
    EXPECT_TRUE(shares_anew(after, before, peer(2004), shared())) << "to take away as well";
    EXPECT_FALSE(shares_anew(after, after, peer(2004), shared()));
    EXPECT_FALSE(shares_anew(before, after, peer(2001), shared()));
    EXPECT_FALSE(shares_anew(before, after, peer(0), shared()));
}

TEST(Rights, NeedNamesThatTheMachineKnows) {
    topology::Lab lab;
    lab.shares = {{"root", false, Right::see, {}}, {"root", true, Right::enter, {}}};
    EXPECT_FALSE(unknown_accounts(lab).failed());
    const std::vector<Grant> grants = grants_of(lab);
    ASSERT_EQ(grants.size(), 2U);
    EXPECT_EQ(grants[0], (Grant{"root", false, 0, Right::see}));
    EXPECT_EQ(grants[1], (Grant{"root", true, 0, Right::enter}));
    lab.shares.push_back({"nobody-of-that-name", false, Right::change, {0, 3, 9, 1}});
    const topology::Diagnostics told = unknown_accounts(lab);
    ASSERT_EQ(told.all().size(), 1U);
    EXPECT_EQ(told.all()[0].code, "D82");
    EXPECT_EQ(told.all()[0].where.line, 3U);
    EXPECT_EQ(told.all()[0].message, "this machine has no user \"nobody-of-that-name\"");
    EXPECT_EQ(grants_of(lab).size(), 2U);
}

TEST(Rights, OutliveLabdAsText) {
    for (const Grant& grant : shared().grants) {
        const auto again = parse_grant(to_text(grant));
        ASSERT_TRUE(again) << to_text(grant);
        EXPECT_EQ(*again, grant);
    }
    for (const char* wrong : {"", "user", "user x see bob", "user 1 all bob", "cat 1 see bob",
                              "user 1 see", "user -1 see bob", "user 99999999999 see bob"})
        EXPECT_FALSE(parse_grant(wrong)) << wrong;
}

}  // namespace
}  // namespace labd
