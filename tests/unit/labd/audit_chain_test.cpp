// The audit log as bytes: a chain that shows what was changed, and what a crash leaves is no
// change.
#include "labd/audit_chain.hpp"

#include "labd/sha256.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace labd {
namespace {

using testing::HasSubstr;

// The examples of FIPS 180-4, and every length around the edge of a block.
TEST(Sha256, IsWhatTheStandardSays) {
    EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(sha256(std::string(1000000, 'a')),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    EXPECT_EQ(sha256(std::string(55, 'a')),
              "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
    EXPECT_EQ(sha256(std::string(56, 'a')),
              "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
    EXPECT_EQ(sha256(std::string(64, 'a')),
              "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
    EXPECT_EQ(sha256(std::string("\0\xff", 2)).size(), 64U);
}

class Chain : public testing::Test {
  protected:
    void add(const std::string& fields, const std::string& torn = "") {
        std::string line = chain_line(end, fields, torn);
        EXPECT_EQ(line.back(), '\n');
        line.pop_back();
        lines.push_back(std::move(line));
    }
    // What is wrong, with the line it is found at; "" = nothing.
    std::string read() const {
        ChainReader reader;
        for (std::size_t i = 0; i < lines.size(); ++i)
            if (const std::string why = reader.take(lines[i]); !why.empty())
                return std::to_string(i + 1) + ": " + why;
        return "";
    }
    ChainEnd end;
    std::vector<std::string> lines;
};

TEST_F(Chain, IsWhole) {
    for (int i = 0; i < 5; ++i) add("\"verb\":\"up\",\"n\":" + std::to_string(i));
    EXPECT_EQ(read(), "");
    EXPECT_EQ(end.seq, 5U);
    EXPECT_EQ(end_of(lines.back()), end);
    EXPECT_THAT(lines[0], HasSubstr("{\"seq\":1,\"verb\":\"up\",\"n\":0,\"prev\":\"" +
                                    std::string(64, '0') + "\",\"hash\":\""));
    const std::size_t body = lines[2].find(",\"hash\"");
    EXPECT_THAT(lines[2], HasSubstr(sha256(lines[2].substr(0, body)))) << "as documented";
    ChainReader from_the_middle;  // older files have gone
    EXPECT_EQ(from_the_middle.take(lines[3]), "");
    EXPECT_EQ(from_the_middle.take(lines[4]), "");
    EXPECT_EQ(from_the_middle.records(), 2U);
}

TEST_F(Chain, ShowsEveryByteThatWasChanged) {
    for (int i = 0; i < 3; ++i) add("\"verb\":\"exec\",\"n\":" + std::to_string(i));
    const std::string good = lines[1];
    for (std::size_t i = 0; i < good.size(); ++i) {
        lines[1] = good;
        lines[1][i] = static_cast<char>(lines[1][i] ^ 1);
        EXPECT_NE(read(), "") << "byte " << i;
    }
    lines[1] = good;
    const std::string last = lines[2];
    for (std::size_t i = 1; i + 3 < last.size(); ++i) {
        lines[2] = last;
        lines[2][i] = static_cast<char>(lines[2][i] ^ 1);
        // A last line that is no record any more looks like one cut short; all else shows.
        ChainReader reader;
        std::string why = reader.take(lines[0]);
        why += reader.take(lines[1]);
        why += reader.take(lines[2]);
        EXPECT_TRUE(!why.empty() || reader.ends_torn()) << "byte " << i;
    }
}

TEST_F(Chain, ShowsWhatIsLeftOutPutInOrSwapped) {
    for (int i = 0; i < 4; ++i) add("\"verb\":\"exec\",\"n\":" + std::to_string(i));
    const std::vector<std::string> good = lines;
    lines.erase(lines.begin() + 1);
    EXPECT_EQ(read(), "2: after record 1 comes record 3");
    lines = good;
    std::swap(lines[1], lines[2]);
    EXPECT_EQ(read(), "2: after record 1 comes record 3");
    lines = good;
    lines.insert(lines.begin() + 2, good[1]);
    EXPECT_EQ(read(), "3: after record 2 comes record 2");
    // A forged record with a right hash of its own fits nowhere.
    lines = good;
    ChainEnd forged{1, std::string(64, 'a')};
    lines[1] = chain_line(forged, "\"verb\":\"nothing\"");
    lines[1].pop_back();
    EXPECT_EQ(read(), "2: record 1 is not the one that record 2 was written after");
    lines = good;
    ChainEnd first;
    lines[0] = chain_line(first, "\"verb\":\"nothing\"");
    lines[0].pop_back();
    EXPECT_EQ(read(), "2: record 1 is not the one that record 2 was written after");
    lines = good;
    lines.insert(lines.begin() + 2, "something else");
    EXPECT_EQ(read(),
              "4: the line before record 3 is no record, and not one that a crash cut short");
    lines.insert(lines.begin() + 2, "and more");
    EXPECT_EQ(read(), "4: this is no record, nor was the line before");
}

TEST_F(Chain, GoesOnAfterALineThatACrashCutShort) {
    add("\"verb\":\"up\"");
    ChainEnd gone = end;
    const std::string whole = chain_line(gone, "\"verb\":\"down\"");
    for (const std::size_t length : {std::size_t{1}, std::size_t{20}, whole.size() - 2}) {
        const ChainEnd before = end;
        lines.resize(1);
        lines.push_back(whole.substr(0, length));
        ChainReader at_once;
        EXPECT_EQ(at_once.take(lines[0]), "");
        EXPECT_EQ(at_once.take(lines[1]), "");
        EXPECT_TRUE(at_once.ends_torn());
        add("\"verb\":\"adopt\"", lines[1]);
        EXPECT_EQ(read(), "") << length;
        ChainReader reader;
        for (const std::string& line : lines) EXPECT_EQ(reader.take(line), "");
        EXPECT_EQ(reader.torn(), 1U);
        EXPECT_EQ(reader.records(), 2U);
        // It cannot be taken away, or be made another, either.
        lines[1] += "x";
        EXPECT_NE(read(), "");
        lines.erase(lines.begin() + 1);
        EXPECT_EQ(read(), "2: the line before record 2 is missing");
        end = before;
    }
}

TEST_F(Chain, TakesNoOrnamentForAChain) {
    EXPECT_FALSE(end_of(""));
    EXPECT_FALSE(end_of("{}"));
    add("\"verb\":\"up\"");
    EXPECT_FALSE(end_of(lines[0] + " "));
    EXPECT_FALSE(end_of(" " + lines[0]));
    EXPECT_FALSE(end_of(lines[0].substr(0, lines[0].size() - 1)));
}

}  // namespace
}  // namespace labd
