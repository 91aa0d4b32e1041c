// Control groups of nodes (version 2): what all processes of a node use together is bounded there.
//
// They stand in a tree of labd's own at the top of the hierarchy, BASE/LAB/NODE, and not below
// labd's own group: a service manager could not start labd again in a group with controllers
// enabled below it ("no internal processes", cgroups(7)), and the nodes are to outlive labd.
#pragma once

#include "labd/fd.hpp"
#include "topology/model.hpp"

#include <sys/types.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace labd {

// Where a hierarchy of version 2 is mounted, by the text of /proc/PID/mountinfo; "" = nowhere.
std::string cgroup2_mount(std::string_view mountinfo);

// Which of pids, memory and cpu can be limited on this machine, and why the others cannot.
struct CgroupSupport {
    std::string mount;
    std::set<std::string> controllers;
    std::string trouble;  // a sentence, "" = all three
};
CgroupSupport cgroup_support();

class Cgroups {
  public:
    // `run_dir` tells this labd's tree from another's.
    Cgroups(const std::string& run_dir, CgroupSupport support);

    // Of the limits that the file asks for, those that do not hold here: "memory and cpu".
    std::string unheld(const topology::Limits& limits) const;
    const std::string& trouble() const { return support_.trouble; }

    // All throw std::system_error. Each Fd is a directory for CLONE_INTO_CGROUP; it is empty where
    // this machine has nothing to limit with. `root` is the lab's root as the host sees it, who
    // may then move processes inside the lab's own part.
    Fd add_lab(const std::string& lab, uid_t root);  // for its spawner
    Fd add(const std::string& lab, const std::string& node, const topology::Limits& limits,
           uid_t root);
    void set(const std::string& lab, const std::string& node, const topology::Limits& limits);

    // Their processes are gone already; what cannot be removed is logged and left for sweep().
    void remove(const std::string& lab, const std::string& node);
    void remove_lab(const std::string& lab);
    // Kills and clears away what belongs to no lab that labd knows.
    void sweep(const std::set<std::string>& labs);

  private:
    bool usable() const { return !support_.controllers.empty(); }
    std::string path(const std::string& lab, const std::string& node) const;
    void enable(const std::string& lab, const std::set<std::string>& controllers);

    CgroupSupport support_;
    std::string base_;
    std::map<std::string, std::set<std::string>> enabled_;  // lab → controllers of its nodes
};

}  // namespace labd
