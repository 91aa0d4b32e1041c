// Nodes whose root file system is a directory of the host.
#include "labd/host_directory.hpp"
#include "tests/support/node_session.hpp"
#include "tests/support/sealed_lab.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <gtest/gtest.h>

namespace {

using namespace test;
namespace fs = std::filesystem;
using labd::Peer;
using protocol::Level;

void write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
}
std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

class Root : public testing::Test {
  protected:
    TempDir temp;
    std::string dir = temp.path() + "/root";

    // A shell, a few programs and their libraries.
    void SetUp() override {
        ASSERT_EQ(mkdir(dir.c_str(), 0755), 0);
        const std::string script =
            "cd / && for p in sh cat ls id stat touch mkdir umount mount ip chown head; do "
            "f=$(command -v $p) && mkdir -p " +
            dir + "/bin && cp -L $f " + dir +
            "/bin/ && "
            "ldd $f | grep -o '/[^ ]*' | xargs -r cp -L --parents -n -t " +
            dir + "; done; test -x " + dir + "/bin/ip";
        ASSERT_EQ(std::system(("{ " + script + "; } 2>/dev/null").c_str()), 0);
        ASSERT_EQ(mkdir((dir + "/etc").c_str(), 0755), 0);
        write(dir + "/etc/passwd", "root:x:0:0::/root:/bin/sh\nfrr:x:77:77::/:/bin/sh\n");
        write(dir + "/etc/group", "root:x:0:\nfrr:x:77:\ntty:x:5:\n");
        write(dir + "/etc/hosts", "10.9.9.9 image\n");
        write(dir + "/marker", "from the directory\n");
    }

    SealedLab& lab(bool open = false) {
        if (!lab_) lab_ = std::make_unique<SealedLab>(open);
        return *lab_;
    }
    void offer(const Peer& asker = {}, bool open = false) {
        const Fd directory = labd::open_host_directory(dir, asker);
        const labd::Owners owners = labd::owners_for(asker, SealedLab::base);
        const Fd mount = labd::detached_copy(directory, dir, open ? nullptr : &owners);
        protocol::Packer packet(static_cast<std::uint32_t>(protocol::Spawn::root), 3);
        packet.text("x");
        const Said said = lab(open).ask(packet, {mount.get()});
        ASSERT_EQ(said.type, static_cast<std::uint32_t>(protocol::Spawn::done)) << said.payload;
    }
    std::unique_ptr<SealedNode> node(const std::string& name, Level level = Level::lab) {
        protocol::Birth birth;
        birth.node = birth.hostname = name;
        birth.level = level;
        birth.root = "x";
        return lab().node(birth);
    }
    std::string refusal(const std::string& name) {
        try {
            (void)node(name);
        } catch (const std::exception& error) {
            return error.what();
        }
        return "it was born";
    }

  private:
    std::unique_ptr<SealedLab> lab_;
};

TEST_F(Root, TheDirectoryIsTheNodesFileSystem) {
    offer();
    const auto r1 = node("r1");
    EXPECT_EQ(r1->shell("cat /marker").out, "from the directory\n");
    EXPECT_NE(r1->shell("ls /usr/share").status(), 0) << "nothing of the host's /usr";
    EXPECT_EQ(r1->shell("cat /etc/hostname /proc/sys/kernel/hostname").out, "r1\nr1\n");
    EXPECT_EQ(r1->shell("stat -c '%U %a' /marker /tmp /run/frr").out,
              "root 644\nroot 1777\nfrr 755\n");
    EXPECT_NE(r1->shell("cat /etc/hosts").out.find("localhost"), std::string::npos);
    EXPECT_EQ(r1->shell("cat /proc/1/comm; ls /sys/class/net; echo x > /dev/null && "
                        "head -c 1 /dev/urandom > /tmp/x && echo well")
                  .out,
              "lab-init\nlo\nwell\n");
    const Result inner =
        r1->shell("ip netns add in && ip netns exec in ls /sys/class/net && ip netns del in");
    EXPECT_EQ(inner.out, "lo\n") << inner.err;
}

TEST_F(Root, WhatANodeWritesIsItsOwn) {
    offer();
    const auto r1 = node("r1"), r2 = node("r2");
    const Result wrote = r1->shell(
        "echo mine >> /marker && mkdir /new && touch /etc/new && chown frr /marker && cat /marker");
    EXPECT_EQ(wrote.out, "from the directory\nmine\n") << wrote.err;
    EXPECT_EQ(r2->shell("cat /marker").out, "from the directory\n");
    EXPECT_NE(r2->shell("ls /new").status(), 0);
    EXPECT_EQ(text_of(dir + "/marker"), "from the directory\n");
    EXPECT_FALSE(fs::exists(dir + "/new"));
    EXPECT_FALSE(fs::exists(dir + "/.lab")) << "nothing of ours is left in the directory";
    EXPECT_FALSE(fs::exists(dir + "/proc"));
}

TEST_F(Root, NothingElseOfTheHostIsInReach) {
    offer();
    const auto r1 = node("r1");
    std::istringstream mounts(r1->shell("cat /proc/self/mountinfo").out);
    int count = 0;
    for (std::string line; std::getline(mounts, line); ++count) {
        const std::string kind = line.substr(line.find(" - ") + 3);
        EXPECT_TRUE(kind.starts_with("overlay lab ") || kind.starts_with("tmpfs ") ||
                    kind.starts_with("proc ") || kind.starts_with("sysfs ") ||
                    kind.starts_with("devpts "))
            << line;
    }
    EXPECT_GT(count, 5);
    // Root of the node takes away whatever it can.
    EXPECT_EQ(r1->shell("ls -A /.lab").out, "hosts\n");
    EXPECT_EQ(r1->shell("umount -l /.lab/hosts /tmp /run 2>/dev/null; "
                        "ls -A /.lab/hosts /tmp /run")
                  .out,
              "/.lab/hosts:\n\n/run:\n\n/tmp:\n");
    EXPECT_EQ(r1->shell("umount -l /proc; umount -l /proc; ls -d /proc/[0-9]*").out, "");
}

TEST_F(Root, LinksInTheDirectoryLeadNowhereElse) {
    const std::string victim = temp.path() + "/victim";
    write(victim, "untouched\n");
    fs::create_symlink("/etc/shadow", dir + "/absolute");
    fs::create_symlink("../../../../../../../../etc/shadow", dir + "/relative");
    fs::create_symlink(victim, dir + "/outside");
    fs::remove(dir + "/etc/hosts");
    fs::create_symlink(victim, dir + "/etc/hosts");
    fs::create_symlink(victim, dir + "/etc/hostname");
    fs::remove(dir + "/etc/group");
    fs::create_symlink("/dev/zero", dir + "/etc/group");
    offer();
    const auto r1 = node("r1");
    for (const char* link : {"/absolute", "/relative", "/outside"})
        EXPECT_NE(r1->shell(std::string("cat ") + link).status(), 0) << link;
    EXPECT_EQ(text_of(victim), "untouched\n");
    EXPECT_NE(r1->shell("cat /etc/hosts").out.find("localhost"), std::string::npos);
}

TEST_F(Root, ALinkWhereTheNodeNeedsADirectoryIsRefused) {
    for (const char* place : {"proc", "dev", "etc", "run", "tmp", ".lab"}) {
        const std::string path = dir + "/" + place;
        const bool kept = fs::exists(path);
        if (kept) fs::rename(path, path + ".kept");
        fs::create_directory_symlink("/", path);
        offer();
        const std::string said = refusal(std::string("r-") + place);
        EXPECT_NE(said.find(std::string("find a directory in the node's root: /") + place),
                  std::string::npos)
            << place << ": " << said;
        fs::remove(path);
        if (kept) fs::rename(path + ".kept", path);
    }
    offer();
    EXPECT_EQ(node("r1")->shell("cat /marker").out, "from the directory\n") << "and still works";
}

TEST_F(Root, DevicesAndSetuidInTheDirectoryAreDead) {
    ASSERT_EQ(mknod((dir + "/null").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
    ASSERT_EQ(chmod((dir + "/null").c_str(), 0666), 0);
    offer();
    const auto r1 = node("r1");
    EXPECT_NE(r1->shell("cat /null").status(), 0);
    EXPECT_EQ(r1->shell("cat /dev/null").status(), 0);
}

TEST_F(Root, MountsBelowTheDirectoryStayOutside) {
    ASSERT_EQ(mkdir((dir + "/mnt").c_str(), 0755), 0);
    const std::string command =
        "mount -t tmpfs none " + dir + "/mnt && touch " + dir + "/mnt/secret";
    ASSERT_EQ(std::system(command.c_str()), 0);
    offer();
    EXPECT_EQ(node("r1")->shell("ls -A /mnt").out, "");
    ASSERT_EQ(std::system(("umount " + dir + "/mnt").c_str()), 0);
}

TEST_F(Root, AStrictNodeToo) {
    offer();
    const auto r1 = node("r1", Level::strict);
    EXPECT_EQ(r1->shell("cat /marker; echo x > /y && cat /y").out, "from the directory\nx\n");
}

TEST_F(Root, AnOpenNodeToo) {
    offer({}, true);
    const auto r1 = node("r1", Level::open);
    EXPECT_EQ(r1->shell("cat /marker; echo x >> /marker && stat -c %u /marker").out,
              "from the directory\n0\n");
    EXPECT_EQ(text_of(dir + "/marker"), "from the directory\n");
}

// ---------------------------------------------------------------- whose directory

std::string trouble(const std::string& path, const Peer& asker) {
    try {
        (void)labd::open_host_directory(path, asker);
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

const Peer student = [] {
    Peer peer;
    peer.uid = peer.gid = 1234;
    return peer;
}();

TEST_F(Root, WhatTheHostLivesInIsRefused) {
    for (const char* path :
         {"/", "//", "/etc", "/etc/", "/root", "/usr", "/var/..", "/proc", "/dev"})
        EXPECT_NE(trouble(path, {}).find("a part of this host's own system"), std::string::npos)
            << path << ": " << trouble(path, {});
    fs::create_directory_symlink("/", temp.path() + "/sly");
    EXPECT_NE(trouble(temp.path() + "/sly", {}).find("/, a part of this host's"),
              std::string::npos);
    EXPECT_EQ(trouble(dir, {}), "");
    EXPECT_NE(trouble(temp.path() + "/nothing", {}).find("No such file"), std::string::npos);
    EXPECT_NE(trouble("relative", {}).find("absolute path"), std::string::npos);
}

TEST_F(Root, OthersHaveTheirOwnRightsAndTheirOwnDirectories) {
    ASSERT_EQ(chmod(temp.path().c_str(), 0755), 0);
    EXPECT_NE(trouble(dir, student).find("is not yours"), std::string::npos)
        << trouble(dir, student);
    ASSERT_EQ(chmod(dir.c_str(), 0700), 0);
    EXPECT_NE(trouble(dir, student).find("Permission denied"), std::string::npos);
    ASSERT_EQ(chown(dir.c_str(), student.uid, student.gid), 0);
    EXPECT_EQ(trouble(dir, student), "");
    EXPECT_EQ(getuid() + geteuid(), 0u) << "and we are who we were";
    EXPECT_EQ(trouble(temp.path() + "/root", {}), "");
}

TEST_F(Root, InAnothersDirectoryRootOfTheNodeIsTheAskerAndNobodyElse) {
    ASSERT_EQ(chmod(temp.path().c_str(), 0755), 0);
    write(dir + "/roots", "a secret of root\n");
    ASSERT_EQ(chmod((dir + "/roots").c_str(), 0600), 0);
    write(dir + "/own", "the asker's\n");
    ASSERT_EQ(chmod((dir + "/own").c_str(), 0600), 0);
    for (const std::string& path : {dir, dir + "/own", dir + "/etc", dir + "/etc/hosts"})
        ASSERT_EQ(chown(path.c_str(), student.uid, student.gid), 0);
    offer(student);
    const auto r1 = node("r1");
    EXPECT_EQ(r1->shell("cat /own; stat -c %U /own").out, "the asker's\nroot\n");
    EXPECT_NE(r1->shell("cat /roots").status(), 0);
    EXPECT_EQ(r1->shell("echo more >> /own && cat /own").out, "the asker's\nmore\n");
}

}  // namespace
