// Targets of requests, and the routes that they match.
#include "labd/api/route.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using labd::http::find_route;
using labd::http::Match;
using labd::http::parse_target;
using labd::http::Route;
using labd::http::Target;
using testing::ElementsAre;
using testing::Pair;

TEST(Target, IsSplitAndDecoded) {
    const auto target = parse_target("/v1/labs/a%2Fb%41?follow&lines=1+0&x=%2B&=lost&&y==");
    ASSERT_TRUE(target);
    EXPECT_THAT(target->segments, ElementsAre("v1", "labs", "a/bA"));
    EXPECT_THAT(target->query, ElementsAre(Pair("follow", ""), Pair("lines", "1 0"), Pair("x", "+"),
                                           Pair("y", "=")));
}

TEST(Target, KeepsPlusInPaths) {
    EXPECT_THAT(parse_target("/a+b")->segments, ElementsAre("a+b"));
}

TEST(Target, MayNameAHost) {
    EXPECT_THAT(parse_target("http://localhost:80/v1/labs")->segments, ElementsAre("v1", "labs"));
    EXPECT_FALSE(parse_target("http://localhost"));
}

TEST(Target, IsRefusedWhenBroken) {
    for (const char* text :
         {"", "v1", "*", "/%", "/%4", "/%4g", "/%00", "/a?b=%1f", "/a?%7f", "\n"})
        EXPECT_FALSE(parse_target(text)) << text;
}

class Routes : public testing::Test {
  protected:
    Match match(const std::string& method, const std::string& target) {
        return find_route(routes, method, *parse_target(target));
    }
    std::vector<Route> routes{{"GET", "/v1/labs", {}},
                              {"GET", "/v1/labs/{lab}", {}},
                              {"PUT", "/v1/labs/{lab}", {}},
                              {"POST", "/v1/labs/{lab}/nodes/{node}/exec", {}}};
};

TEST_F(Routes, BindNames) {
    const Match found = match("POST", "/v1/labs/two/nodes/r1/exec");
    EXPECT_EQ(found.route, &routes[3]);
    EXPECT_THAT(found.path, ElementsAre(Pair("lab", "two"), Pair("node", "r1")));
}

TEST_F(Routes, AreToldApartByMethod) {
    EXPECT_EQ(match("PUT", "/v1/labs/a").route, &routes[2]);
    const Match wrong = match("DELETE", "/v1/labs/a");
    EXPECT_EQ(wrong.route, nullptr);
    EXPECT_EQ(wrong.allowed, "GET, PUT");
}

TEST_F(Routes, MatchWholePathsOnly) {
    for (const char* path : {"/", "/v1", "/v1/labs/", "/v1/labs//nodes/r1/exec", "/v1/labs/a/",
                             "/v1/labs/a/nodes/r1/exec/more", "/V1/labs", "/v1/labs/a/b"}) {
        const Match none = match("GET", path);
        EXPECT_EQ(none.route, nullptr) << path;
        EXPECT_EQ(none.allowed, "") << path;
    }
}

}  // namespace
