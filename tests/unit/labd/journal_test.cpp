// The journal: what was written is read, what was damaged is neither believed nor in the way.
#include "labd/journal.hpp"

#include "tests/support/temp_dir.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <system_error>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using labd::Journal;
using labd::JournalContents;
using labd::parse_journal;
using labd::read_journal;
using labd::Record;
using testing::HasSubstr;

const std::vector<Record> three{{"intent", R"({"op":"create","name":"h1"})"},
                                {"done", "{}"},
                                {"note.x-1", "\"two\nlines, \xff and é\""}};

std::string slurp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void spill(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

class JournalTest : public testing::Test {
  protected:
    test::TempDir dir;
    std::string path = dir / "journal";
};

TEST_F(JournalTest, ReadsBackWhatWasAppended) {
    {
        Journal journal(path);
        journal.append(three[0]);
        journal.append(std::span(three).subspan(1));
        EXPECT_EQ(journal.bytes(), slurp(path).size());
    }
    EXPECT_EQ(read_journal(path).records, three);
    EXPECT_EQ(read_journal(path).damage, "");
    Journal again(path);
    again.append(three[0]);
    const JournalContents contents = read_journal(path);
    EXPECT_EQ(contents.records.size(), 4U);
    EXPECT_EQ(contents.records.back(), three[0]);
}

TEST_F(JournalTest, LooksLikeThisOnDisk) {
    // CRC-32C of "4 t {}", worked out by another program; 4 is the length of "t {}".
    Journal journal(path);
    journal.append(Record{"t", "{}"});
    EXPECT_EQ(slurp(path), "6c144fd7 4 t {}\n");
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600U);
}

TEST_F(JournalTest, IsEmptyWhenAbsent) {
    const JournalContents none = read_journal(dir / "none");
    EXPECT_TRUE(none.records.empty());
    EXPECT_EQ(none.damage, "");
}

TEST_F(JournalTest, SurvivesBeingCutAtEveryByte) {
    Journal(path).append(three);
    const std::string whole = slurp(path);
    const std::vector<std::size_t> ends = [&] {
        std::vector<std::size_t> found{0};
        for (std::size_t n = 1; n <= 3; ++n) {
            const std::string other = dir / "other";
            Journal(other).rewrite(std::span(three).first(n));
            found.push_back(slurp(other).size());
        }
        return found;
    }();
    for (std::size_t n = 0; n <= whole.size(); ++n) {
        spill(path, whole.substr(0, n));
        std::size_t want = 3;
        while (ends[want] > n) --want;
        const JournalContents contents = read_journal(path);
        ASSERT_EQ(contents.records.size(), want) << n;
        EXPECT_EQ(contents.valid_bytes, ends[want]);
        EXPECT_EQ(contents.damage.empty(), ends[want] == n) << n;
        Journal journal(path);  // goes on after what is whole
        journal.append(Record{"after", "1"});
        const JournalContents healed = read_journal(path);
        EXPECT_EQ(healed.damage, "");
        ASSERT_EQ(healed.records.size(), want + 1);
        EXPECT_EQ(healed.records.back().type, "after");
    }
}

TEST_F(JournalTest, NoticesEveryFlippedBit) {
    Journal(path).append(three);
    const std::string whole = slurp(path);
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        std::string bytes = whole;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
        const JournalContents contents = parse_journal(bytes);
        ASSERT_LT(contents.records.size(), 3U) << bit;
        for (std::size_t i = 0; i < contents.records.size(); ++i)
            ASSERT_EQ(contents.records[i], three[i]) << bit;
        ASSERT_NE(contents.damage, "") << bit;
    }
}

TEST_F(JournalTest, NoticesALostOrRepeatedRecord) {
    Journal journal(path);
    std::vector<std::string> lines;
    for (int i = 0; i < 3; ++i) {
        const std::size_t before = slurp(path).size();
        journal.append(Record{"same", "{}"});
        lines.push_back(slurp(path).substr(before));
    }
    EXPECT_EQ(parse_journal(lines[0] + lines[1] + lines[2]).records.size(), 3U);
    EXPECT_EQ(parse_journal(lines[0] + lines[2]).records.size(), 1U);
    EXPECT_EQ(parse_journal(lines[0] + lines[0]).records.size(), 1U);
    EXPECT_EQ(parse_journal(lines[1]).records.size(), 0U);
}

TEST_F(JournalTest, SaysWhereTheDamageIs) {
    Journal(path).append(three);
    EXPECT_THAT(parse_journal(slurp(path) + "x").damage, HasSubstr("record 4 at byte "));
    EXPECT_THAT(parse_journal("00000000 18446744073709551615 t {}\n").damage,
                HasSubstr("record 1 at byte 0 is damaged"));
}

TEST_F(JournalTest, IsRewrittenWhole) {
    Journal journal(path);
    journal.append(three);
    journal.rewrite(std::span(three).first(1));
    journal.append(three[2]);
    const JournalContents contents = read_journal(path);
    EXPECT_EQ(contents.damage, "");
    EXPECT_EQ(contents.records, (std::vector<Record>{three[0], three[2]}));
    EXPECT_EQ(::access((path + ".new").c_str(), F_OK), -1);
}

// A full disk is played by the limit on a file's size: write(2) stops in the middle (EFBIG).
TEST_F(JournalTest, AppendsAllOrNothing) {
    struct Limit {
        rlimit before{};
        explicit Limit(rlim_t bytes) {
            ::signal(SIGXFSZ, SIG_IGN);
            (void)::getrlimit(RLIMIT_FSIZE, &before);
            const rlimit small{bytes, before.rlim_max};
            (void)::setrlimit(RLIMIT_FSIZE, &small);
        }
        ~Limit() {
            (void)::setrlimit(RLIMIT_FSIZE, &before);
            ::signal(SIGXFSZ, SIG_DFL);
        }
    };
    Journal journal(path);
    journal.append(three);
    const std::string before = slurp(path);
    const std::vector<Record> large{{"large", std::string(5000, 'x')}, {"more", "1"}};
    {
        const Limit limit(before.size() + 100);
        EXPECT_THROW(journal.append(large), std::system_error);
        EXPECT_EQ(slurp(path), before);
        EXPECT_THROW(journal.rewrite(large), std::system_error);
        EXPECT_EQ(slurp(path), before);
    }
    journal.append(large);
    EXPECT_EQ(read_journal(path).records.size(), 5U);
    EXPECT_EQ(read_journal(path).damage, "");
}

TEST_F(JournalTest, RefusesWhatItCouldNotReadBack) {
    Journal journal(path);
    for (const char* type : {"", "a b", "A", "a\n"})
        EXPECT_THROW(journal.append(Record{type, "{}"}), std::invalid_argument) << type;
    EXPECT_EQ(slurp(path), "");
    EXPECT_THROW(Journal(dir / "no/such"), std::system_error);
    ASSERT_EQ(::symlink(path.c_str(), (dir / "link").c_str()), 0);
    EXPECT_THROW(Journal(dir / "link"), std::system_error) << "never through a symlink";
}

}  // namespace
