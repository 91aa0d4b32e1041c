// What a labd remembers of the audit log that an earlier one has written.
#include "labd/audit.hpp"
#include "labd/audit_log.hpp"
#include "tests/support/temp_dir.hpp"

#include <fstream>
#include <memory>

#include <gtest/gtest.h>

namespace labd {
namespace {

AuditVerdict verdict(const test::TempDir& logs, const ChainEnd& known) {
    constexpr std::size_t kept = 16;
    AuditVerifier verifier(logs.path(), known, kept);
    while (verifier.step()) continue;
    return verifier.verdict();
}

std::vector<std::string> lines_of(const std::string& path) {
    std::vector<std::string> lines;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

TEST(AuditMemory, RemembersWhereItEndedWhileThereIsNoLabd) {
    const test::TempDir logs, state;
    const std::string path = logs / "audit.jsonl", memory = state / "audit-end";
    const auto labd = [&] {
        auto audit = std::make_unique<Audit>(logs.path());
        audit->remember_in(memory);
        return audit;
    };
    const auto write = [&](const std::vector<std::string>& those) {
        std::ofstream out(path, std::ios::trunc);
        for (const std::string& line : those) out << line << '\n';
    };
    {
        const auto first = labd();
        for (int i = 0; i < 4; ++i) first->record(labd_itself(), AuditEvent("up", "done"));
    }
    EXPECT_TRUE(verdict(logs, labd()->last()).whole);
    const std::vector<std::string> all = lines_of(path);
    write({all[0], all[1]});
    EXPECT_EQ(verdict(logs, labd()->last()).why,
              "labd has written 4 records, and the last one there is 2");
    // Nor is it forgotten when there are more.
    labd()->record(labd_itself(), AuditEvent("up", "done"));
    EXPECT_EQ(verdict(logs, labd()->last()).why, "after record 2 comes record 5");
    write({});
    EXPECT_FALSE(verdict(logs, labd()->last()).whole);
    labd()->record(labd_itself(), AuditEvent("up", "done"));
    EXPECT_EQ(verdict(logs, labd()->last()).why,
              "the records before 6 are missing, and not because they are old");
    // What is no end of a chain is none.
    std::ofstream(memory, std::ios::trunc) << "7 nothing\n";
    EXPECT_EQ(labd()->last().seq, 0U);
}

}  // namespace
}  // namespace labd
