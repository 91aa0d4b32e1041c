// Every verb: takes what was written, returns an exit code, throws Failure.
#pragma once

#include "cli/options.hpp"

#include <string>
#include <vector>

namespace cli {

int up(const Globals& globals, const UpOptions& options);
int plan(const Globals& globals, const UpOptions& options);
int down(const Globals& globals, const DownOptions& options);
int init(const Globals& globals, const InitOptions& options);
int validate(const Globals& globals, const std::vector<std::string>& files,
             const FileOptions& options);
int show(const Globals& globals, const ShowOptions& options);
int graph(const Globals& globals, const GraphOptions& options);

int ls(const Globals& globals);
int status(const Globals& globals, const StatusOptions& options);
int links(const Globals& globals, const std::string& node);
int inspect(const Globals& globals, const InspectOptions& options);
int ns(const Globals& globals, const NsOptions& options);
int ns_enter(const Globals& globals, const std::vector<std::string>& command);
int audit(const Globals& globals, const AuditOptions& options);
int logs(const Globals& globals, const LogsOptions& options);

int events(const Globals& globals, const EventsOptions& options);

// `what`: stop, start, restart, pause, resume.
int life(const Globals& globals, const std::string& what, const std::vector<std::string>& nodes);
int link(const Globals& globals, const LinkOptions& options);
int exec(const Globals& globals, const ExecOptions& options);
int shell(const Globals& globals, const std::string& node);
int vtysh(const Globals& globals, const VtyshOptions& options);
int ping(const Globals& globals, const PingOptions& options);

int check(const Globals& globals, const CheckOptions& options);
int grade(const Globals& globals, const GradeOptions& options);
int wait(const Globals& globals, const WaitOptions& options);
int test(const Globals& globals, const TestOptions& options);

int doctor(const Globals& globals);
int gc(const Globals& globals, bool dry_run);
int version(const Globals& globals);
int completion(const std::string& shell);
// The words typed so far, the one under the cursor last.
int complete(const Globals& globals, const std::vector<std::string>& words);
// "" = the front page; a verb; or a page such as "topology".
int help(const Globals& globals, const std::string& topic);

}  // namespace cli
