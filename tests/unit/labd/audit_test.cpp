// The audit log as a file: several writers, crashes, full disks, rotation, and hostile words.
#include "labd/audit.hpp"

#include "labd/audit_kernel.hpp"
#include "labd/audit_log.hpp"
#include "tests/support/temp_dir.hpp"

#include <boost/json.hpp>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace labd {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;

Peer alice() {
    Peer peer;
    peer.uid = 2001;
    peer.gid = 2002;
    peer.pid = 77;
    peer.command = "lab";
    peer.login = 2003;
    return peer;
}

AuditEvent event(const std::string& verb, const std::string& lab = "t") {
    AuditEvent made;
    made.verb = verb;
    made.outcome = "done";
    made.lab = lab;
    return made;
}

class AuditTest : public testing::Test {
  protected:
    std::string path(const std::string& name = "audit.jsonl") const { return dir / name; }
    std::string slurp(const std::string& name = "audit.jsonl") const {
        std::ifstream in(path(name), std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }
    std::vector<std::string> lines() const {
        std::vector<std::string> all;
        AuditReader reader(dir.path());
        for (auto some = reader.next(); !some.empty(); some = reader.next())
            for (AuditReader::Line& line : some) all.push_back(std::move(line.text));
        return all;
    }
    std::vector<std::string> verbs(const AuditFilter& filter = {}, const Peer& who = {}) const {
        std::vector<std::string> all;
        for (const std::string& line : lines())
            if (shows(line, filter, who))
                all.emplace_back(json::parse(line).at("verb").as_string());
        return all;
    }
    AuditVerdict verdict(const ChainEnd& known = {}, std::size_t kept = 16) const {
        AuditVerifier verifier(dir.path(), known, kept);
        while (verifier.step()) {
        }
        return verifier.verdict();
    }
    test::TempDir dir;
};

TEST_F(AuditTest, WritesOneLineForEach) {
    Audit audit(dir.path());
    AuditEvent exec = event("exec");
    exec.owner = 2001;
    exec.node = "h1";
    exec.container = "00112233445566778899aabbccddeeff";
    exec.argv = {"ip", "addr"};
    exec.namespaces = {{"net", 4, 4026531833, 17}, {"mnt", 4, 4026531832, 0}};
    exec.outcome = "granted";
    audit.record(alice(), exec);
    audit.record(labd_itself(), event("labd.stop", ""));
    const auto all = lines();
    ASSERT_EQ(all.size(), 2U);
    const json::value record = json::parse(all[0]);
    EXPECT_EQ(record.at("seq").as_int64(), 1);
    EXPECT_EQ(record.at("verb").as_string(), "exec");
    EXPECT_EQ(record.at("who").at("uid").as_int64(), 2001);
    EXPECT_EQ(record.at("who").at("gid").as_int64(), 2002);
    EXPECT_EQ(record.at("who").at("pid").as_int64(), 77);
    EXPECT_EQ(record.at("who").at("command").as_string(), "lab");
    EXPECT_EQ(record.at("who").at("login_uid").as_int64(), 2003);
    EXPECT_EQ(record.at("lab").as_string(), "t");
    EXPECT_EQ(record.at("node").as_string(), "h1");
    EXPECT_EQ(record.at("owner").as_int64(), 2001);
    EXPECT_EQ(record.at("container").as_string(), "00112233445566778899aabbccddeeff");
    EXPECT_EQ(record.at("argv").as_array().size(), 2U);
    EXPECT_EQ(record.at("outcome").as_string(), "granted");
    EXPECT_EQ(record.at("boot").as_string().c_str(), boot_id());
    const json::value& net = record.at("namespaces").at(0);
    EXPECT_EQ(net.at("type").as_string(), "net");
    EXPECT_EQ(net.at("dev").as_int64(), 4);
    EXPECT_EQ(net.at("inode").as_int64(), 4026531833);
    EXPECT_EQ(net.at("id").as_int64(), 17);
    EXPECT_TRUE(record.at("namespaces").at(1).at("id").is_null()) << "a kernel that does not tell";
    EXPECT_THAT(std::string(record.at("time").as_string()),
                testing::MatchesRegex("20..-..-..T.*Z"));
    struct stat info {};
    ASSERT_EQ(::stat(path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600U);
    EXPECT_TRUE(verdict(audit.last()).whole);
    EXPECT_EQ(verdict().records, 2U);
}

// T13: whatever a user can choose must not become a record, a line or a key.
TEST_F(AuditTest, CannotBeWrittenIntoByWords) {
    Audit audit(dir.path());
    const std::string forged = "x\"}\n{\"seq\":9,\"verb\":\"down\",\"who\":{\"uid\":0}}\n";
    AuditEvent exec = event("exec", forged);
    exec.node = forged;
    exec.detail = forged + "\x1b[2J\x7f\xff\xfe";
    exec.argv = {"sh", "-c", forged, "\r\n\t", std::string("a\0b", 3), "\xc3\x28", "\xe2\x80\xae"};
    Peer who = alice();
    who.command = forged;
    audit.record(who, exec);
    audit.record(alice(), event("up"));
    const std::string bytes = slurp();
    EXPECT_EQ(std::count(bytes.begin(), bytes.end(), '\n'), 2);
    for (const char c : bytes) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
    EXPECT_EQ(bytes.find('\x7f'), std::string::npos);
    const json::value record = json::parse(lines()[0]);
    EXPECT_EQ(record.at("verb").as_string(), "exec");
    EXPECT_EQ(record.at("seq").as_int64(), 1);
    EXPECT_EQ(record.at("lab").as_string().c_str(), forged);
    EXPECT_EQ(record.at("argv").at(2).as_string().c_str(), forged);
    EXPECT_THAT(verbs(), ElementsAre("exec", "up"));
    EXPECT_TRUE(verdict().whole);
}

TEST_F(AuditTest, CutsWhatIsTooLong) {
    Audit audit(dir.path());
    AuditEvent exec = event("exec");
    exec.argv.assign(100000, std::string(5000, 'x'));
    exec.detail.assign(1000000, '\x01');
    exec.lab.assign(1000000, 'l');
    audit.record(alice(), exec);
    EXPECT_LT(slurp().size(), audit_line_limit);
    EXPECT_THAT(slurp(), HasSubstr("x…"));
    audit.record(alice(), event("up"));
    EXPECT_TRUE(verdict().whole);
}

TEST_F(AuditTest, GoesOnWhereTheLastLabdStopped) {
    { Audit(dir.path()).record(alice(), event("up")); }
    Audit one(dir.path()), two(dir.path());
    one.record(alice(), event("exec"));
    two.record(alice(), event("down"));
    one.record(alice(), event("up"));
    EXPECT_THAT(verbs(), ElementsAre("up", "exec", "down", "up"));
    EXPECT_TRUE(verdict(one.last()).whole) << verdict().why;
    EXPECT_TRUE(verdict(two.last()).whole);
}

TEST_F(AuditTest, IsOneChainOfManyProcesses) {
    constexpr int writers = 4, each = 200;
    std::vector<pid_t> children;
    for (int i = 0; i < writers; ++i) {
        children.push_back(::fork());
        if (children.back() == 0) {
            Audit::Limits limits;
            limits.file_bytes = 16 * 1024;
            limits.files = 100;
            Audit audit(dir.path(), limits, {});
            for (int n = 0; n < each; ++n) audit.record(alice(), event("exec"));
            ::_exit(0);
        }
    }
    for (const pid_t child : children) {
        int status = -1;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    const AuditVerdict found = verdict();
    EXPECT_TRUE(found.whole) << found.file << ":" << found.line << ": " << found.why;
    EXPECT_EQ(found.records, static_cast<std::uint64_t>(writers * each));
    EXPECT_TRUE(fs::exists(path("audit.jsonl.2")));
}

TEST_F(AuditTest, KnowsALineThatACrashCutShort) {
    {
        Audit audit(dir.path());
        audit.record(alice(), event("up"));
        audit.record(alice(), event("down"));
    }
    const std::string whole = slurp();
    const std::size_t first = whole.find('\n') + 1;
    for (std::size_t length = first + 1; length < whole.size(); length += 37) {
        std::ofstream(path(), std::ios::trunc) << whole.substr(0, length);
        EXPECT_TRUE(verdict().whole) << "cut at " << length << ": " << verdict().why;
        EXPECT_EQ(verdict().torn, 1U);
        Audit audit(dir.path());
        audit.record(alice(), event("adopt"));
        audit.record(alice(), event("exec"));
        const AuditVerdict found = verdict(audit.last());
        EXPECT_TRUE(found.whole) << "cut at " << length << ": " << found.why;
        EXPECT_EQ(found.records, 3U);
        EXPECT_EQ(found.torn, 1U);
        EXPECT_THAT(verbs(), ElementsAre("up", "adopt", "exec"));
    }
    // All of it but the newline arrived: a record as good as any.
    std::ofstream(path(), std::ios::trunc) << whole.substr(0, whole.size() - 1);
    Audit audit(dir.path());
    audit.record(alice(), event("adopt"));
    EXPECT_TRUE(verdict().whole) << verdict().why;
    EXPECT_THAT(verbs(), ElementsAre("up", "down", "adopt"));
}

TEST_F(AuditTest, ShowsWhatWasDoneToIt) {
    Audit audit(dir.path());
    for (const char* verb : {"up", "exec", "exec", "down"}) audit.record(alice(), event(verb));
    const std::string good = slurp();
    std::vector<std::string> all = lines();
    const auto write = [&](const std::vector<std::string>& kept) {
        std::ofstream out(path(), std::ios::trunc);
        for (const std::string& line : kept) out << line << "\n";
    };
    std::vector<std::string> changed = all;
    changed[1].replace(changed[1].find("2001"), 4, "2009");
    write(changed);
    EXPECT_FALSE(verdict().whole);
    EXPECT_EQ(verdict().file, "audit.jsonl");
    EXPECT_EQ(verdict().line, 2U);
    EXPECT_EQ(verdict().why, "record 2 was changed");
    write({all[0], all[1], all[3]});
    EXPECT_EQ(verdict().line, 3U);
    // The end taken away: only who wrote it can know, and does, also after having gone on.
    write({all[0], all[1]});
    EXPECT_TRUE(verdict().whole);
    EXPECT_EQ(verdict(audit.last()).why, "labd has written 4 records, and the last one there is 2");
    audit.record(alice(), event("up"));
    EXPECT_EQ(verdict().why, "after record 2 comes record 5");
    ASSERT_EQ(::unlink(path().c_str()), 0);
    audit.record(alice(), event("up"));
    EXPECT_EQ(verdict().why, "the records before 6 are missing, and not because they are old");
    // The end written anew, by somebody who can count.
    std::ofstream(path(), std::ios::trunc) << good;
    Audit again(dir.path());
    again.record(alice(), event("exec"));
    write(all);
    ChainEnd end = *end_of(all[3]);
    std::ofstream(path(), std::ios::app) << chain_line(end, "\"verb\":\"nothing\"");
    EXPECT_EQ(verdict(again.last()).why, "record 5 is not the one that labd has written");
}

TEST_F(AuditTest, KeepsSoManyFilesAndNoMore) {
    Audit::Limits limits;
    limits.file_bytes = 4096;
    limits.files = 3;
    Audit audit(dir.path(), limits, {});
    for (int i = 0; i < 100; ++i) audit.record(alice(), event("exec"));
    EXPECT_TRUE(fs::exists(path("audit.jsonl.3")));
    EXPECT_FALSE(fs::exists(path("audit.jsonl.4")));
    const AuditVerdict found = verdict(audit.last(), limits.files);
    EXPECT_TRUE(found.whole) << found.why;
    EXPECT_EQ(found.last, 100U);
    EXPECT_GT(found.first, 1U);
    EXPECT_EQ(found.records, found.last - found.first + 1);
}

TEST_F(AuditTest, IsReadOnWhileItRotates) {
    Audit::Limits limits;
    limits.file_bytes = 1024 * 1024;
    Audit audit(dir.path(), limits, {});
    AuditEvent big = event("exec");
    big.argv.assign(8, std::string(1000, 'x'));
    std::uint64_t expected = 1;
    std::string cursor;
    for (int round = 0; round < 40; ++round) {
        for (int i = 0; i < 20; ++i) audit.record(alice(), big);
        // A page, as the API does it: a reader that goes on where another stood.
        AuditReader reader(dir.path(), cursor);
        for (const AuditReader::Line& line : reader.next())
            EXPECT_EQ(json::parse(line.text).at("seq").as_int64(),
                      static_cast<std::int64_t>(expected++));
        cursor = reader.cursor();
    }
    for (AuditReader reader(dir.path(), cursor);;) {
        const auto some = reader.next();
        if (some.empty()) break;
        for (const AuditReader::Line& line : some)
            EXPECT_EQ(json::parse(line.text).at("seq").as_int64(),
                      static_cast<std::int64_t>(expected++));
    }
    EXPECT_EQ(expected, 801U);
    EXPECT_TRUE(fs::exists(path("audit.jsonl.1")));
}

TEST_F(AuditTest, IsFilteredAndNotForEverybody) {
    Audit audit(dir.path());
    AuditEvent of_bob = event("up", "b");
    of_bob.owner = 3000;
    Peer bob = alice();
    bob.uid = 3000;
    audit.record(alice(), event("up"));
    audit.record(bob, of_bob);
    AuditEvent visit = of_bob;
    visit.verb = "exec";
    visit.node = "h1";
    audit.record(alice(), visit);
    AuditEvent born = of_bob;
    born.verb = "node.start";
    audit.record(labd_itself(), born);
    EXPECT_THAT(verbs(), ElementsAre("up", "up", "exec", "node.start"));
    EXPECT_THAT(verbs({"b", "", "", "", ""}), ElementsAre("up", "exec", "node.start"));
    EXPECT_THAT(verbs({"", "h1", "", "", ""}), ElementsAre("exec"));
    EXPECT_THAT(verbs({"", "", "node", "", ""}), ElementsAre("node.start"));
    EXPECT_THAT(verbs({"", "", "", "2001", ""}), ElementsAre("up", "exec"));
    EXPECT_THAT(verbs({"", "", "", "root", ""}), ElementsAre("node.start"));
    EXPECT_THAT(verbs({"", "", "", "", "2999"}), ElementsAre());
    EXPECT_THAT(verbs({"", "", "", "", "2020-01-01"}).size(), 4U);
    EXPECT_THAT(verbs({}, alice()), ElementsAre("up", "exec")) << "what she did";
    EXPECT_THAT(verbs({}, bob), ElementsAre("up", "exec", "node.start"))
        << "what was done with his lab";
    Peer carol = alice();
    carol.uid = 4000;
    EXPECT_THAT(verbs({}, carol), ElementsAre());
}

TEST_F(AuditTest, RefusalsOfOneUserDoNotPushOutTheRest) {
    Audit::Limits limits;
    limits.refusals_a_minute = 3;
    Audit audit(dir.path(), limits, {});
    AuditEvent refused = event("exec");
    refused.outcome = "refused";
    for (int i = 0; i < 1000; ++i) audit.record(alice(), refused);
    EXPECT_LE(lines().size(), 6U) << "a minute may end in between";
    Peer bob = alice();
    bob.uid = 3000;
    audit.record(bob, refused);
    audit.record(alice(), event("up"));
    EXPECT_EQ(verbs().back(), "up");
    EXPECT_TRUE(verdict().whole);
}

TEST_F(AuditTest, CountsWhatAFullDiskHasKeptOut) {
    Audit audit(dir.path());
    audit.record(alice(), event("up"));
    const std::size_t now = slurp().size();
    // RLIMIT_FSIZE: the file takes 100 more bytes, then none.
    rlimit before{}, full{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    full = before;
    full.rlim_cur = now + 100;
    ::signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
    audit.record(alice(), event("exec"));
    audit.record(alice(), event("exec"));
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    ::signal(SIGXFSZ, SIG_DFL);
    audit.record(alice(), event("down"));
    EXPECT_THAT(verbs(), ElementsAre("up", "down"));
    EXPECT_THAT(slurp(), HasSubstr("\"lost\":2"));
    const AuditVerdict found = verdict(audit.last());
    EXPECT_TRUE(found.whole) << found.why;
    EXPECT_EQ(found.torn, 1U);
}

TEST(AuditKernel, SaysItInAuditsOwnWords) {
    AuditEvent exec = event("exec");
    exec.node = "h1";
    exec.container = "00112233445566778899aabbccddeeff";
    exec.argv = {"sh", "-c", "echo\nres=success"};
    exec.outcome = "refused";
    Peer who = alice();
    who.command = "a b\"";
    const std::string text = kernel_audit_text(who, exec, {7, std::string(64, 'f')});
    EXPECT_EQ(text,
              "virt=labd op=exec lab=\"t\" vm=\"h1\" uuid=00112233445566778899aabbccddeeff "
              "cuid=2001 cpid=77 cauid=2003 ccomm=61206222 "
              "cmd=7368202D63206563686F0A7265733D73756363657373 seq=7 hash=" +
                  std::string(64, 'f') + " res=failed");
    who.login.reset();
    who.command = "lab";
    EXPECT_THAT(kernel_audit_text(who, event("up"), {}),
                HasSubstr("cauid=unset ccomm=\"lab\" seq=0"));
}

}  // namespace
}  // namespace labd
