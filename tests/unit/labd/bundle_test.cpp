// What a client sends: the request's shape, files as text and as base64, and what is refused.
#include "labd/bundle.hpp"

#include <gtest/gtest.h>

namespace labd {
namespace {

const std::string minimal =
    R"({"api":1,"main":"x.lab.toml","files":{"x.lab.toml":{"text":"a=1"}}})";

TEST(Bundle, keeps_files_with_their_modes) {
    const UpRequest request = parse_up_request(
        R"({"main":"x.lab.toml","source":"/home/ann/x.lab.toml","name":"y","wait":2.5,
            "set":{"n":"3"},"recreate":["r1"],"dry_run":true,
            "files":{"x.lab.toml":{"text":"name = 1"},"r1/etc/run":{"text":"#!/bin/sh","mode":493}}})");
    EXPECT_EQ(request.bundle.main, "x.lab.toml");
    EXPECT_EQ(request.bundle.source, "/home/ann/x.lab.toml");
    EXPECT_EQ(request.bundle.name, "y");
    EXPECT_EQ(request.bundle.set.at("n"), "3");
    EXPECT_EQ(request.bundle.files.at("r1/etc/run").mode, 0755U);
    EXPECT_EQ(request.bundle.files.at("x.lab.toml").mode, 0644U);
    EXPECT_EQ(request.wait_s, 2.5);
    EXPECT_TRUE(request.dry_run);
    EXPECT_EQ(request.recreate, std::vector<std::string>{"r1"});
}

TEST(Bundle, says_what_a_bad_request_lacks) {
    const auto refused = [](const std::string& json) {
        try {
            (void)parse_up_request(json);
        } catch (const BadRequest& bad) {
            return std::string(bad.what());
        }
        return std::string("taken");
    };
    EXPECT_NE(refused("{").find("not JSON"), std::string::npos);
    EXPECT_EQ(refused("[]"), "the request must be an object");
    EXPECT_EQ(refused("{}"), "the request lacks \"main\"");
    EXPECT_EQ(refused(R"({"main":"x"})"), "the request lacks \"files\"");
    EXPECT_EQ(refused(R"({"main":"x","files":{}})"), "\"files\" does not hold \"x\"");
    EXPECT_EQ(refused(R"({"main":"x","files":{"x":1}})"), "each of \"files\" must be an object");
    EXPECT_EQ(refused(R"({"main":"x","files":{"x":{"base64":"%%"}}})"),
              "a file's base64 holds a character that base64 has not");
    EXPECT_EQ(refused(R"({"main":"x","files":{"x":{"text":"y"}},"wait":"soon"})"),
              "\"wait\" must be a number");
}

// Every length modulo three, bytes that no UTF-8 has, and zero bytes come back as they went.
TEST(Bundle, survives_a_round_trip_with_any_bytes) {
    Bundle bundle = parse_up_request(minimal).bundle;
    for (std::size_t length = 0; length < 9; ++length) {
        std::string bytes;
        for (std::size_t i = 0; i < length; ++i) bytes.push_back(static_cast<char>(0xFF - 31 * i));
        bundle.files["b" + std::to_string(length)].content = bytes;
    }
    bundle.files["zero"].content = std::string("a\0b", 3);
    bundle.files["umlaut"].content = "Kathará";
    const Bundle back = parse_bundle(to_json(bundle));
    ASSERT_EQ(back.files.size(), bundle.files.size());
    for (const auto& [path, entry] : bundle.files)
        EXPECT_EQ(back.files.at(path).content, entry.content) << path;
}

TEST(Bundle, lists_a_folder_without_its_name) {
    Bundle bundle = parse_up_request(minimal).bundle;
    bundle.files["r1/etc/motd"].content = "hello";
    bundle.files["r1/etc/frr/frr.conf"].content = "!";
    bundle.files["r10/etc/motd"].content = "another node";
    BundleFiles files(bundle);
    EXPECT_EQ(files.list("r1"), (std::vector<std::string>{"etc/frr/frr.conf", "etc/motd"}));
    EXPECT_TRUE(files.list("r2").empty());
    EXPECT_EQ(files.read("r1/etc/motd")->content, "hello");
    EXPECT_FALSE(files.read("r1/etc").has_value());
}

}  // namespace
}  // namespace labd
