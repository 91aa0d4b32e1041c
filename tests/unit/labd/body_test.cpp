// The members of a request's body: there, missing, null, and not what they must be.
#include "labd/body.hpp"

#include "labd/bundle.hpp"

#include <boost/json.hpp>

#include <optional>

#include <gtest/gtest.h>

namespace {

using namespace labd;

TEST(Body, null_counts_as_missing) {
    const auto object = body::parse(R"({"s": null, "f": null, "n": null, "l": null, "d": null})");
    EXPECT_EQ(body::text(object, "s"), "");
    EXPECT_FALSE(body::flag(object, "f"));
    EXPECT_EQ(body::number(object, "n"), std::nullopt);
    EXPECT_EQ(body::number(object, "other"), std::nullopt);
    EXPECT_TRUE(body::texts(object, "l").empty());
    EXPECT_EQ(body::duration_s(object, "d"), 0);
    EXPECT_THROW(body::needed_text(object, "s"), BadRequest);
    EXPECT_THROW(body::needed_texts(object, "l"), BadRequest);
}

TEST(Body, what_no_request_has_is_named) {
    const auto complaint = [](const char* text) -> std::string {
        try {
            (void)body::parse(text, {"dry_run", "nodes"});
        } catch (const BadRequest& refused) {
            return refused.what();
        }
        return "";
    };
    EXPECT_EQ(complaint(R"({"api": 1, "dry_run": true})"), "");
    EXPECT_EQ(complaint("{}"), "");
    EXPECT_EQ(complaint(R"({"dryrun": true})"),
              "the request has no \"dryrun\": did you mean \"dry_run\"?");
    EXPECT_EQ(complaint(R"({"dry_run": true, "x": null})"), "the request has no \"x\"");
}

TEST(Body, nought_is_a_number) {
    EXPECT_EQ(body::number(body::parse(R"({"n": 0})"), "n"), 0.0);
}

TEST(Body, what_is_of_another_kind_is_named) {
    const auto object = body::parse(R"({"s": 1, "f": "yes", "n": "1", "l": [1], "d": -1})");
    const auto complaint = [](const auto& read) -> std::string {
        try {
            read();
        } catch (const BadRequest& refused) {
            return refused.what();
        }
        return "";
    };
    EXPECT_EQ(complaint([&] { body::text(object, "s"); }), "\"s\" must be a string");
    EXPECT_EQ(complaint([&] { body::flag(object, "f"); }), "\"f\" must be true or false");
    EXPECT_EQ(complaint([&] { (void)body::number(object, "n"); }), "\"n\" must be a number");
    EXPECT_EQ(complaint([&] { body::texts(object, "l"); }), "each of \"l\" must be a string");
    EXPECT_EQ(complaint([&] { body::duration_s(object, "d"); }),
              "\"d\" must be seconds, above 0 and at most a million");
    EXPECT_THROW(body::parse("[]"), BadRequest);
    EXPECT_THROW(body::parse("{"), BadRequest);
}

}  // namespace
