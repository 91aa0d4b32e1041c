// The audit log over the wire: a page at a time, and whether its chain holds.
#include "labd/api.hpp"
#include "labd/audit_log.hpp"
#include "labd/json_text.hpp"
#include "labd/rights.hpp"
#include "labd/wire.hpp"
#include "topology/suggest.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <memory>

namespace labd {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t page_records = 500;

std::string one_of(const std::map<std::string, std::string>& query, const char* key) {
    const auto found = query.find(key);
    return found == query.end() ? "" : found->second;
}

// The log's verbs are not the command line's: "node.start" is one, and what `gc` takes.
std::vector<std::string> audit_verbs() {
    std::vector<std::string> names{"adopt", "connect", "gc", "labd", "node", "steps"};
    for (int verb = 0; verb <= static_cast<int>(Verb::down); ++verb)
        names.emplace_back(rule(static_cast<Verb>(verb)).name);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

}  // namespace

void Api::audit(Exchange exchange) {
    const std::string verb = one_of(exchange->request().query, "verb");
    const std::vector<std::string> verbs = audit_verbs();
    if (!verb.empty() &&
        std::find(verbs.begin(), verbs.end(), verb.substr(0, verb.find('.'))) == verbs.end()) {
        const std::string near = topology::did_you_mean(verb, verbs);
        return exchange->answer(
            400, error_json("bad_request", "the audit log has no verb \"" + verb + "\"",
                            (near.empty() ? "" : near + " ") +
                                "verbs: " + topology::join(verbs, verbs.size())));
    }
    const auto work = [](Engine& engine, Exchange to) -> asio::awaitable<void> {
        const http::Request& request = to->request();
        const AuditFilter filter{one_of(request.query, "lab"), one_of(request.query, "node"),
                                 one_of(request.query, "verb"), one_of(request.query, "who"),
                                 one_of(request.query, "since")};
        std::unique_ptr<AuditReader> reader;
        std::string records;
        std::size_t count = 0;
        bool more = true;
        while (more && count < page_records) {
            Worker::Job read = [&] {
                if (!reader)
                    reader = std::make_unique<AuditReader>(engine.audit().directory(),
                                                           one_of(request.query, "after"));
                const std::vector<AuditReader::Line> lines = reader->next();
                more = !lines.empty();
                for (const AuditReader::Line& line : lines) {
                    if (!shows(line.text, filter, request.peer)) continue;
                    records += (count++ == 0 ? "" : ",") + line.text;
                }
            };
            co_await engine.kernel_thread().run("audit", std::move(read));
        }
        to->answer(200, "{\"api\":1,\"records\":[" + records +
                            "],\"next\":" + (more ? quote_json(reader->cursor()) : "null") + "}");
    };
    spawn(exchange, work(engine_, exchange));
}

void Api::verify_audit(Exchange exchange) {
    // Positions and numbers of others' records are in the verdict: root's to ask for.
    if (!exchange->request().peer.is_master())
        return exchange->answer(403,
                                error_json("forbidden", "only root may verify the audit log",
                                           "lab audit shows what you did and who used your labs"));
    const auto work = [](Engine& engine, Exchange to) -> asio::awaitable<void> {
        const ChainEnd known = engine.audit().last();
        std::unique_ptr<AuditVerifier> verifier;
        bool more = true;
        while (more) {
            Worker::Job step = [&] {
                if (!verifier)
                    verifier = std::make_unique<AuditVerifier>(engine.audit().directory(), known,
                                                               engine.audit().kept_files());
                more = verifier->step();
            };
            co_await engine.kernel_thread().run("audit", std::move(step));
        }
        const AuditVerdict& verdict = verifier->verdict();
        json::object object = wire();
        object["whole"] = verdict.whole;
        object["records"] = verdict.records;
        object["first"] = verdict.first;
        object["last"] = verdict.last;
        object["torn"] = verdict.torn;
        object["lost"] = verdict.lost;
        if (!verdict.whole) {
            object["file"] = engine.audit().directory() + "/" + verdict.file;
            object["line"] = verdict.line;
            object["why"] = verdict.why;
        }
        to->answer(200, json::serialize(object));
    };
    spawn(exchange, work(engine_, exchange));
}

}  // namespace labd
