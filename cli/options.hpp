// What the command line says, as plain values. The parser fills them, the commands read them.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace cli {

enum class Format { table, wide, json, jsonl, name, sarif };  // sarif: of `validate` alone

struct Globals {
    std::string lab;     // -L, LAB_NAME
    std::string socket;  // -S, LAB_SOCKET; "" = the system's
    Format format = Format::table;
    bool quiet = false, verbose = false;
    bool no_start = false;  // never start labd on demand
    bool color_out = false, color_err = false;

    bool json() const { return format == Format::json || format == Format::jsonl; }
    bool names() const { return format == Format::name; }
};

struct FileOptions {  // verbs that read a topology file
    std::string file;
    std::string name;
    std::map<std::string, std::string> set;
};

struct UpOptions : FileOptions {
    bool wait = false;
    double wait_seconds = 60;
    bool dry_run = false, keep_on_failure = false, renumber = false;
    bool repair = false, adopt = false;  // no file is read
    bool autostart = false;
    bool exit_code = false;  // of `plan`: 2 when something would change
    std::vector<std::string> recreate;
};

struct DownOptions {
    std::vector<std::string> names;
    bool all = false;
    double timeout = 0;  // seconds, 0 = as long as it takes
};

struct ExecOptions {
    std::vector<std::string> words;  // NODE…, then the command
    bool tty = false, no_tty = false, no_stdin = false;
    std::string user, dir;
    std::vector<std::string> env;  // K=V
    double timeout = 0;
    unsigned parallel = 64;
};

struct VtyshOptions {
    std::string node;
    std::vector<std::string> commands;
};

struct LogsOptions {
    std::string where;  // NODE or NODE/SERVICE, "" = every node
    bool follow = false;
    unsigned lines = 0;  // 0 = all that is kept
};

struct StatusOptions {
    std::vector<std::string> nodes;
    bool watch = false;
};

struct PingOptions {
    std::string from, to;
    unsigned count = 1;
    bool ipv4 = false, ipv6 = false;
    unsigned parallel = 64;
};

struct CheckOptions {
    std::string expression;  // -k
    std::vector<std::string> tags;
    bool fail_fast = false, list = false, score = false, watch = false;
    bool tap = false, github = false;
    std::string junit;  // a file
};

struct TestOptions : FileOptions, CheckOptions {
    std::vector<std::string> files;
    std::string bundle;   // a folder for everything that tells what happened
    std::string samples;  // a file for what the steps of experiments have measured
    bool keep = false, pause_on_fail = false, csv = false;
    unsigned repeat = 1, jobs = 1;
};

struct GradeOptions {
    std::string folder, exercise;  // "" = the topology here
    std::string output;            // "" = standard output
    unsigned jobs = 2;
};

struct WaitOptions {
    std::string condition;
    double timeout = 60;  // seconds; 0: as the condition says
};

struct ShowOptions : FileOptions {
    bool resolved = false, configs = false;
};

struct GraphOptions : FileOptions {
    std::string format;  // "" = ascii on a terminal, else svg
};

struct InspectOptions {
    std::string what;     // "", NODE or LINK
    std::string pointer;  // JSON pointer
};

struct AuditOptions {
    std::string node, who, verb, since;
    unsigned lines = 0;  // the last ones, 0 = all
    bool verify = false;
};

struct NsOptions {
    std::vector<std::string> nodes;
    bool tree = false;
};

struct EventsOptions {
    std::string type, since_seq;  // "" = all; from now on, or with nothing to follow all
    bool follow = false, initial = false;
};

struct LinkOptions {
    std::vector<std::string> words;  // LINK… up|down|flap, or two sets of nodes before that
    bool between = false;
    std::string for_text;  // as written
    double seconds = 0;    // 0 = until told otherwise
};

struct InitOptions {
    std::string what, file;
    bool list = false, force = false;
};

}  // namespace cli
