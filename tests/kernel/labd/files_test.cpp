// Files: what labd writes into a node, what a node sees of the host's, and that nothing it writes
// ever reaches a file of the host.
#include "labd/init/digest.hpp"
#include "tests/support/sealed_lab.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

#include <gtest/gtest.h>

namespace {

using namespace test;
using protocol::Door;
using protocol::Packer;

class Files : public testing::Test {
  protected:
    SealedLab lab;
    std::unique_ptr<SealedNode> node = lab.node("r1");

    Answer write(const std::string& path, const std::string& data, std::uint32_t mode = 0644,
                 const std::string& owner = "", const std::string& group = "",
                 std::uint32_t offset = 0, bool last = true) {
        return node->ask(Door::write_file, [&](Packer& p) {
            p.text(path).u32(mode).text(owner).text(group).u32(offset).u32(last ? 1 : 0).text(data);
        });
    }
    Answer remove(const std::string& path) {
        return node->ask(Door::remove_file, [&](Packer& p) { p.text(path); });
    }
    std::string out(const std::string& script) { return node->shell(script).out; }
};

TEST_F(Files, AreWrittenWithModeOwnerAndParents) {
    ASSERT_EQ(write("/etc/some/deep/file.conf", "text\n", 0640, "nobody", "nogroup").error, 0);
    EXPECT_EQ(out("stat -c '%a %U %G %n' /etc/some/deep/file.conf; cat /etc/some/deep/file.conf"),
              "640 nobody nogroup /etc/some/deep/file.conf\ntext\n");
    ASSERT_EQ(write("/srv/o", "", 0644, "nobody").error, 0);
    EXPECT_EQ(out("stat -c '%U %G' /srv/o"), "nobody nogroup\n") << "the owner's primary group";
    ASSERT_EQ(write("/srv/x", "", 04755).error, 0);
    EXPECT_EQ(out("stat -c '%a %u %g' /srv/x"), "4755 0 0\n");
    ASSERT_EQ(write("/srv/y", "", 0600, "1234", "77").error, 0);
    EXPECT_EQ(out("stat -c '%u %g' /srv/y"), "1234 77\n");
}

TEST_F(Files, AreComparedWithWhatTheyShouldBe) {
    const auto state = [&](const std::string& path, const std::string& content) {
        const Answer answer = node->ask(Door::compare_files, [&](Packer& p) {
            p.list({path}).list({std::to_string(content.size())});
            p.list({labd::content_digest(content)});
        });
        protocol::Unpacker in(answer.payload);
        const std::vector<std::string> words = in.list();
        return words.size() == 1 ? words[0] : std::to_string(words.size()) + " answers";
    };
    ASSERT_EQ(write("/etc/x", "text\n").error, 0);
    EXPECT_EQ(state("/etc/x", "text\n"), "same");
    EXPECT_EQ(state("/etc/x", "test\n"), "changed");
    EXPECT_EQ(state("/etc/x", "text"), "changed");
    EXPECT_EQ(state("/etc/none", "text\n"), "gone");
    EXPECT_EQ(state("/etc/x/below", "text\n"), "gone");
    EXPECT_EQ(state("/etc", ""), "changed");
    out("rm /etc/x; mkfifo /etc/x");
    EXPECT_EQ(state("/etc/x", "text\n"), "changed");
    out("rm /etc/x; echo text > /etc/y; ln -s /etc/y /etc/x");
    EXPECT_EQ(state("/etc/x", "text\n"), "changed");
    EXPECT_EQ(state("/etc/y", "text\n"), "same");
    const Answer uneven = node->ask(Door::compare_files, [](Packer& p) {
        p.list({"/etc/x", "/etc/y"}).list({"1"}).list({"2"});
    });
    EXPECT_EQ(uneven.error, EPROTO);
}

TEST_F(Files, OfAnotherModeOrOwnerAreTold) {
    const auto rights = [&](const std::string& path, const std::string& mode,
                            const std::string& owner, const std::string& group) {
        const Answer answer = node->ask(Door::compare_rights, [&](Packer& p) {
            p.list({path}).list({mode}).list({owner}).list({group});
        });
        protocol::Unpacker in(answer.payload);
        const std::vector<std::string> words = in.list();
        return words.size() == 1 ? words[0] : std::to_string(words.size()) + " answers";
    };
    ASSERT_EQ(write("/etc/x", "text\n", 0640, "nobody", "nogroup").error, 0);
    EXPECT_EQ(rights("/etc/x", "640", "nobody", "nogroup"), "same");
    EXPECT_EQ(rights("/etc/x", "640", "nobody", ""), "same") << "the owner's primary group";
    EXPECT_EQ(rights("/etc/x", "644", "nobody", "nogroup"), "other");
    EXPECT_EQ(rights("/etc/x", "640", "root", "nogroup"), "other");
    EXPECT_EQ(rights("/etc/x", "640", "nobody", "root"), "other");
    out("chmod u+s /etc/x");
    EXPECT_EQ(rights("/etc/x", "640", "nobody", "nogroup"), "other");
    EXPECT_EQ(rights("/etc/none", "640", "", ""), "same");
    EXPECT_EQ(rights("/etc", "640", "", ""), "same");
    const Answer uneven = node->ask(Door::compare_rights, [](Packer& p) {
        p.list({"/etc/x"}).list({"644"}).list({"root"}).list({});
    });
    EXPECT_EQ(uneven.error, EPROTO);
}

TEST_F(Files, KeepWhatSomebodyHasMadeOfThem) {
    ASSERT_EQ(write("/etc/x", "text\n").error, 0);
    const auto again = [&](const std::string& data) {
        return node->ask(Door::write_file, [&](Packer& p) {
            p.text("/etc/x").u32(0644).text("").text("").u32(0).u32(2).text(data);
        });
    };
    out("echo mine > /etc/x");
    ASSERT_EQ(again("text\n").error, 0);
    EXPECT_EQ(out("cat /etc/x /etc/x~"), "text\nmine\n");
    out("echo again > /etc/x");
    ASSERT_EQ(again("new\n").error, 0);
    EXPECT_EQ(out("cat /etc/x /etc/x~"), "new\nagain\n");
    out("rm /etc/x /etc/x~");
    ASSERT_EQ(again("new\n").error, 0);
    EXPECT_EQ(out("cat /etc/x; ls /etc/x~ 2>&1 | grep -c cannot"), "new\n1\n");
}

TEST_F(Files, ComeInPartsAndAppearWhole) {
    const std::string part(60000, 'x');
    ASSERT_EQ(write("/tmp/big", part, 0644, "", "", 0, false).error, 0);
    EXPECT_EQ(out("ls /tmp"), "") << "not there yet";
    ASSERT_EQ(write("/tmp/big", part, 0644, "", "", 60000, false).error, 0);
    ASSERT_EQ(write("/tmp/big", "end", 0644, "", "", 120000, true).error, 0);
    EXPECT_EQ(out("stat -c %s /tmp/big; tail -c 3 /tmp/big; ls -A /tmp | wc -l"), "120003\nend1\n");
}

TEST_F(Files, ReplaceWhatIsThere) {
    ASSERT_EQ(write("/etc/hosts", "10.9.9.9 mine\n").error, 0);
    EXPECT_EQ(out("cat /etc/hosts"), "10.9.9.9 mine\n");
    ASSERT_EQ(write("/etc/hosts", "10.9.9.8 mine\n").error, 0);
    EXPECT_EQ(out("cat /etc/hosts"), "10.9.9.8 mine\n");
}

TEST_F(Files, FailuresNameTheFileAndTheReason) {
    Answer answer = write("/usr/lib/x", "");
    EXPECT_EQ(answer.error, EROFS);
    EXPECT_EQ(answer.text, "cannot create /usr/lib/x: Read-only file system");
    EXPECT_EQ(write("/new/x", "").text, "cannot create the directory /new: Read-only file system");
    EXPECT_EQ(write("relative", "").error, EINVAL);
    EXPECT_EQ(write("/etc/x", "", 0644, "no-such-user").text,
              "cannot find user no-such-user: Invalid argument");
    EXPECT_EQ(write("/etc/ssl", "").error, EISDIR);
    EXPECT_EQ(out("ls -A /etc | grep lab-new"), "");
}

TEST_F(Files, WhatTheyReplacedComesBackWhenTheyAreRemoved) {
    const std::string script =
        "cd /etc; stat -c '%n %a %U %G %F' login.defs shadow hosts; readlink hosts; cat login.defs "
        "hosts";
    const std::string before = out(script);
    for (const char* path : {"/etc/login.defs", "/etc/shadow", "/etc/hosts"}) {
        ASSERT_EQ(write(path, "mine\n").error, 0);
        EXPECT_EQ(out(std::string("cat ") + path), "mine\n");
        ASSERT_EQ(remove(path).error, 0);
    }
    EXPECT_EQ(out(script), before);
    EXPECT_EQ(out("ls -A /etc | grep lab-new"), "");
}

TEST_F(Files, AreRemovedAndAbsentOnesAreFine) {
    ASSERT_EQ(write("/srv/x", "").error, 0);
    EXPECT_EQ(remove("/srv/x").error, 0);
    EXPECT_EQ(remove("/srv/x").error, 0);
    EXPECT_EQ(out("ls /srv"), "");
    EXPECT_EQ(remove("/usr/bin/env").error, EROFS);
    EXPECT_EQ(out("mkdir -p /srv/d/e"), "");
    EXPECT_EQ(remove("/srv/d").error, 0);
    EXPECT_EQ(out("ls /srv/d"), "e\n") << "somebody's, and no file";
    EXPECT_EQ(remove("/srv/d/e").error, 0);
    EXPECT_EQ(remove("/usr/nothing/there").error, 0);
}

TEST_F(Files, EtcIsTheHostsWithoutItsSecrets) {
    std::ifstream host("/etc/services");
    const std::string services{std::istreambuf_iterator<char>(host), {}};
    EXPECT_EQ(out("cat /etc/services"), services);
    // Passwords are locked, and only those of shadow may read that they are.
    EXPECT_EQ(out("stat -c '%a %U %G' /etc/shadow /etc/gshadow"),
              "640 root shadow\n640 root shadow\n");
    EXPECT_EQ(out("cut -d: -f2 /etc/shadow | sort -u"), "*\n");
    EXPECT_EQ(out("wc -l < /etc/shadow"), out("wc -l < /etc/passwd"));
    EXPECT_EQ(out("cat /etc/hostname; cat /etc/resolv.conf /etc/machine-id; readlink /etc/mtab"),
              "r1\n../proc/self/mounts\n");
    // Whatever the host's world may not read is not here, not even by name.
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             "/etc", std::filesystem::directory_options::skip_permission_denied)) {
        struct stat s {};
        if (lstat(entry.path().c_str(), &s) != 0 || !S_ISREG(s.st_mode)) continue;
        const std::string path = entry.path();
        const bool replaced = path == "/etc/shadow" || path == "/etc/gshadow" ||
                              path == "/etc/frr/vtysh.conf" || path == "/etc/hostname" ||
                              path == "/etc/frr/daemons" || path == "/etc/bird/bird.conf";
        if ((s.st_mode & S_IROTH) != 0 || replaced) continue;
        EXPECT_NE(node->shell("test -e '" + path + "'").status(), 0) << path;
    }
}

TEST_F(Files, DaemonsHaveDirectoriesOfTheirOwn) {
    if (node->shell("id frr").status() == 0) {
        EXPECT_EQ(out("stat -c '%a %U %G' /etc/frr /run/frr"), "750 frr frr\n755 frr frr\n");
        EXPECT_EQ(out("ls /etc/frr"), "daemons\nvtysh.conf\n") << "nothing of the host's";
    }
    if (node->shell("id bird").status() == 0) {
        EXPECT_EQ(out("stat -c '%a %U %G' /etc/bird; ls /etc/bird"),
                  "750 bird bird\nbird.conf\nenvvars\n");
    }
    EXPECT_EQ(out("stat -c %a /tmp /var/tmp /run/lock /root /home"),
              "1777\n1777\n1777\n700\n755\n");
    EXPECT_EQ(out("readlink /var/run /var/lock"), "/run\n/run/lock\n");
}

TEST_F(Files, VarIsTheSkeletonOfTheHosts) {
    EXPECT_EQ(out("find /var -type f"), "") << "directories only";
    std::size_t compared = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/var/log")) {
        if (!entry.is_directory() || entry.is_symlink()) continue;
        struct stat s {};
        ASSERT_EQ(stat(entry.path().c_str(), &s), 0);
        char wanted[64];
        snprintf(wanted, sizeof wanted, "%o %u %u\n", s.st_mode & 07777, s.st_uid, s.st_gid);
        EXPECT_EQ(out("stat -c '%a %u %g' '" + entry.path().string() + "'"), wanted) << entry;
        ++compared;
    }
    EXPECT_GT(compared, 0u);
}

TEST_F(Files, EveryPlaceOfANodeIsItsOwn) {
    const auto other = lab.node("r2");
    const std::string places =
        "/etc /run /tmp /var/tmp /var/log /var/lib /root /home /srv /mnt /opt /dev/shm";
    EXPECT_EQ(
        node->shell("for d in " + places + "; do echo mine > $d/made-by-r1 || exit; done").status(),
        0);
    EXPECT_EQ(other->shell("for d in " + places + "; do ls $d/made-by-r1; done 2>/dev/null").out,
              "");
    for (const char* d : {"/etc", "/run", "/tmp", "/var/tmp", "/var/log", "/root", "/home"})
        EXPECT_FALSE(std::filesystem::exists(std::string(d) + "/made-by-r1")) << d;
    EXPECT_EQ(node->shell("useradd -m student && su student -c 'touch ~/x' && ls ~student").out,
              "x\n");
}

// The host's directories for the time of one test: what would reach them lands in a tmpfs above
// them, where it is seen and does no harm.
class Cushion {
  public:
    Cushion() : home_(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)) {
        if (unshare(CLONE_NEWNS) != 0 || mount("", "/", nullptr, MS_REC | MS_PRIVATE, "") != 0 ||
            mount("cushion", "/mnt", "tmpfs", 0, "") != 0)
            throw std::runtime_error("cannot make private mounts");
        for (const std::string place : {"etc", "usr"}) {
            const std::string at = "/mnt/" + place, up = at + "/up", work = at + "/work";
            for (const std::string& d : {at, up, work}) (void)mkdir(d.c_str(), 0755);
            const std::string options =
                "lowerdir=/" + place + ",upperdir=" + up + ",workdir=" + work;
            if (mount("cushion", ("/" + place).c_str(), "overlay", 0, options.c_str()) != 0)
                throw std::runtime_error("cannot put an overlay over /" + place);
        }
    }
    ~Cushion() { (void)setns(home_.get(), CLONE_NEWNS); }
    Cushion(const Cushion&) = delete;
    Cushion& operator=(const Cushion&) = delete;

  private:
    Fd home_;
};

// What the host's directories look like: every file's time, size, mode and owner.
std::map<std::string, std::string> picture_of(const char* root) {
    std::map<std::string, std::string> picture;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             root, std::filesystem::directory_options::skip_permission_denied)) {
        struct stat s {};
        if (lstat(entry.path().c_str(), &s) != 0) continue;
        picture[entry.path()] = std::to_string(s.st_ctim.tv_sec) + "." +
                                std::to_string(s.st_ctim.tv_nsec) + " " +
                                std::to_string(s.st_size) + " " + std::to_string(s.st_mode);
    }
    return picture;
}

TEST(HostFiles, NoWriteOfANodeReachesThem) {
    const Cushion cushion;
    SealedLab lab;
    const auto node = lab.node("r1");
    const auto etc = picture_of("/etc"), sbin = picture_of("/usr/sbin");
    // As hard as root of a node can try, and through what labd writes on behalf of a file.
    (void)node->shell(
        "for f in $(find /etc /usr/sbin/ /usr/lib/os-release -xdev -type f 2>/dev/null); do "
        "{ echo junk >> $f; chmod 777 $f; rm -f $f; } 2>/dev/null; done; "
        "mount -o remount,rw / ; mount -o remount,rw /usr; umount /usr; umount -l /; "
        "echo x > /usr/sbin/evil");
    for (const char* path : {"/usr/sbin/evil", "/etc/passwd", "/etc/shadow"})
        (void)node->ask(Door::write_file, [&](Packer& p) {
            p.text(path).u32(0777).text("").text("").u32(0).u32(1).text("x");
        });
    EXPECT_EQ(picture_of("/etc"), etc);
    EXPECT_EQ(picture_of("/usr/sbin"), sbin);
    // And the template stays whole for the next node.
    const auto next = lab.node("r2");
    EXPECT_EQ(next->shell("id -un; test -s /etc/services && echo whole").out, "root\nwhole\n");
    // The cushion would show a write: it is one.
    std::ofstream("/etc/made-by-the-test") << "x";
    EXPECT_NE(picture_of("/etc"), etc);
}

}  // namespace
