#include "labd/records.hpp"

#include <boost/json.hpp>

namespace labd {

namespace json = boost::json;

namespace {

json::object to_object(const std::map<std::string, std::string>& map) {
    json::object object;
    for (const auto& [key, value] : map) object[key] = value;
    return object;
}

std::map<std::string, std::string> to_map(const json::object& object) {
    std::map<std::string, std::string> map;
    for (const auto& [name, entry] : object)
        if (entry.is_string()) map[std::string(name)] = std::string(entry.as_string());
    return map;
}

std::map<std::string, std::string> to_map(const json::object& object, const char* key) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_object()) return {};
    return to_map(value->as_object());
}

std::string text(const json::object& object, const char* key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

std::int64_t number(const json::object& object, const char* key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_int64() ? value->as_int64() : 0;
}

json::object contents_object(const topology::Contents& contents) {
    json::object object;
    object["files"] = to_object(contents.files);
    json::array exec;
    for (const std::string& line : contents.exec) exec.emplace_back(line);
    object["exec"] = std::move(exec);
    object["services"] = to_object(contents.services);
    object["sysctl"] = to_object(contents.sysctl);
    object["nft"] = contents.nft;
    object["limits"] = contents.limits;
    object["hostname"] = contents.hostname;
    object["birth"] = contents.birth;
    return object;
}

topology::Contents read_contents(const json::object& object) {
    topology::Contents contents;
    contents.files = to_map(object, "files");
    contents.services = to_map(object, "services");
    contents.sysctl = to_map(object, "sysctl");
    contents.nft = text(object, "nft");
    contents.limits = text(object, "limits");
    contents.hostname = text(object, "hostname");
    contents.birth = text(object, "birth");
    if (const json::value* exec = object.if_contains("exec"); exec != nullptr && exec->is_array())
        for (const json::value& line : exec->as_array())
            if (line.is_string()) contents.exec.emplace_back(line.as_string());
    return contents;
}

Access read_access(const json::object& object) {
    Access access;
    access.owner = static_cast<uid_t>(number(object, "owner"));
    access.owner_group = static_cast<gid_t>(number(object, "owner_group"));
    access.open = number(object, "open") != 0;
    if (const json::value* grants = object.if_contains("grants");
        grants != nullptr && grants->is_array())
        for (const json::value& text : grants->as_array())
            if (text.is_string())
                if (auto grant = parse_grant(std::string(text.as_string())))
                    access.grants.push_back(std::move(*grant));
    return access;
}

void read_space(Kept& kept, const json::object& object) {
    const auto netns = parse_namespace_identity(text(object, "netns"));
    const std::int64_t kind = number(object, "kind");
    if (!netns || kind < 0 || kind > 2) return;
    kept.spaces[text(object, "space")] = {*netns, static_cast<topology::Space::Kind>(kind),
                                          text(object, "container")};
}

void read_node(Kept& kept, const json::object& object) {
    const auto init = parse_process_identity(text(object, "init"));
    if (!init) return;
    KeptNode node;
    node.init = *init;
    node.container = text(object, "container");
    node.started = number(object, "started") != 0;
    node.paused = number(object, "paused") != 0;
    node.born = static_cast<std::time_t>(number(object, "born"));
    node.sysctl_before = to_map(object, "sysctl_before");
    if (const json::value* rules = object.if_contains("ruleset"); rules && rules->is_object())
        for (const auto& [table, count] : rules->get_object())
            if (count.is_int64() && count.get_int64() >= 0)
                node.ruleset[std::string(table)] = static_cast<std::size_t>(count.get_int64());
    if (const json::value* held = object.if_contains("contents");
        held != nullptr && held->is_object())
        node.contents = read_contents(held->as_object());
    kept.nodes[text(object, "node")] = std::move(node);
}

}  // namespace

std::string to_json(const std::string& space, const LiveSpace& live) {
    json::object object;
    object["space"] = space;
    object["netns"] = to_text(live.netns);
    object["kind"] = static_cast<std::int64_t>(live.kind);
    object["container"] = live.container;
    return json::serialize(object);
}

std::string to_json(const std::string& node, const LiveNode& live) {
    json::object object;
    object["node"] = node;
    object["init"] = to_text(live.init);
    object["container"] = live.container;
    object["started"] = live.started ? 1 : 0;
    object["paused"] = live.paused ? 1 : 0;
    object["born"] = static_cast<std::int64_t>(live.born);
    object["contents"] = contents_object(live.contents);
    object["sysctl_before"] = to_object(live.sysctl_before);
    json::object rules;
    for (const auto& [table, count] : live.ruleset) rules[table] = count;
    object["ruleset"] = std::move(rules);
    return json::serialize(object);
}

namespace {

struct Touch {
    using Nodes = std::map<std::string, topology::Contents>;
    Nodes& nodes;
    void operator()(const topology::WriteFile& s) const { nodes[s.node].files[s.path] = unsure; }
    void operator()(const topology::RemoveFile& s) const { nodes[s.node].files[s.path] = unsure; }
    void operator()(const topology::SetSysctl& s) const { nodes[s.node].sysctl[s.key] = unsure; }
    void operator()(const topology::SetHostname& s) const { nodes[s.node].hostname = unsure; }
    void operator()(const topology::LoadNft& s) const { nodes[s.node].nft = unsure; }
    void operator()(const topology::SetLimits& s) const { nodes[s.node].limits = unsure; }
    void operator()(const topology::PutService& s) const {
        nodes[s.node].services[s.service] = unsure;
    }
    void operator()(const topology::RemoveService& s) const {
        nodes[s.node].services[s.service] = unsure;
    }
    template <class Other>
    void operator()(const Other&) const {}
};

// What a change that nobody has seen the end of was to bring is neither there nor away.
void doubt(topology::Contents& known, const topology::Contents& touched) {
    for (const auto& [path, digest] : touched.files) known.files[path] = digest;
    for (const auto& [name, digest] : touched.services) known.services[name] = digest;
    for (const auto& [key, value] : touched.sysctl) known.sysctl[key] = value;
    if (!touched.nft.empty()) known.nft = touched.nft;
    if (!touched.hostname.empty()) known.hostname = touched.hostname;
    if (!touched.limits.empty()) known.limits = touched.limits;
}

}  // namespace

std::string sysctl_json(const std::string& node, const std::string& key,
                        const std::string& before) {
    json::object object;
    object["node"] = node;
    object["key"] = key;
    object["before"] = before;
    return json::serialize(object);
}

std::string to_json(const std::vector<topology::Step>& steps) {
    Touch::Nodes nodes;
    for (const topology::Step& step : steps) std::visit(Touch{nodes}, step);
    json::object object;
    for (const auto& [node, contents] : nodes) object[node] = contents_object(contents);
    return json::serialize(object);
}

std::vector<Record> snapshot_records(const Lab& lab) {
    std::vector<Record> records;
    json::object head;
    head["owner"] = static_cast<std::int64_t>(lab.access.owner);
    head["owner_group"] = static_cast<std::int64_t>(lab.access.owner_group);
    head["open"] = lab.access.open ? 1 : 0;
    json::array grants;
    for (const Grant& grant : lab.access.grants) grants.emplace_back(to_text(grant));
    head["grants"] = std::move(grants);
    head["since"] = static_cast<std::int64_t>(lab.since);
    head["id_base"] = static_cast<std::int64_t>(lab.id_base);
    head["hosts"] = lab.hosts;
    head["asleep"] = to_object(lab.asleep);
    records.push_back({"lab", json::serialize(head)});
    if (lab.spawner)
        if (const auto identity = identify_process(lab.spawner->pid()))
            records.push_back({"spawner", "\"" + to_text(*identity) + "\""});
    if (lab.open_spawner)
        if (const auto identity = identify_process(lab.open_spawner->pid()))
            records.push_back({"open-spawner", "\"" + to_text(*identity) + "\""});
    if (lab.relay.pidfd) records.push_back({"relay", "\"" + to_text(lab.relay.process) + "\""});
    for (const auto& [space, live] : lab.spaces) records.push_back({"space", to_json(space, live)});
    for (const auto& [node, live] : lab.nodes)
        if (live.door) records.push_back({"node", to_json(node, live)});
    if (!lab.overrides.empty()) records.push_back({"overrides", to_json(lab.overrides)});
    if (!lab.keys.empty()) records.push_back({"keys", json::serialize(to_object(lab.keys))});
    records.push_back({"up", "{}"});
    return records;
}

Kept read_records(const std::vector<Record>& records) {
    Kept kept;
    std::map<std::string, topology::Contents> touched;  // by the change that has no end yet
    for (const Record& record : records) {
        json::error_code error;
        const json::value value = json::parse(record.json, error);
        if (error) continue;
        if (record.type == "spawner" && value.is_string())
            kept.spawner = parse_process_identity(std::string(value.as_string()));
        if (record.type == "open-spawner" && value.is_string())
            kept.open_spawner = parse_process_identity(std::string(value.as_string()));
        if (record.type == "relay" && value.is_string())
            kept.relay = parse_process_identity(std::string(value.as_string()));
        if (!value.is_object()) continue;
        const json::object& object = value.as_object();
        if (record.type == "lab") {
            kept.access = read_access(object);
            kept.since = static_cast<std::time_t>(number(object, "since"));
            kept.id_base = static_cast<std::uint32_t>(number(object, "id_base"));
            kept.hosts = text(object, "hosts");
            kept.asleep = to_map(object, "asleep");
        } else if (record.type == "space") {
            read_space(kept, object);
        } else if (record.type == "node") {
            read_node(kept, object);
        } else if (record.type == "sysctl") {
            if (const auto node = kept.nodes.find(text(object, "node")); node != kept.nodes.end())
                node->second.sysctl_before.emplace(text(object, "key"), text(object, "before"));
        } else if (record.type == "keys") {
            kept.keys = to_map(object);
        } else if (record.type == "up") {
            kept.up = true;
            kept.changing = false;
            touched.clear();
        } else if (record.type == "end") {
            kept.up = false;
        } else if (record.type == "begin") {
            kept.changing = kept.up;
            for (const auto& [node, contents] : object)
                if (contents.is_object())
                    touched[std::string(node)] = read_contents(contents.get_object());
        } else if (record.type == "overrides") {
            kept.overrides = parse_overrides(record.json);
        }
    }
    if (kept.changing) kept.hosts = unsure;
    for (auto& [name, node] : kept.nodes)
        if (const auto of_it = touched.find(name); of_it != touched.end())
            doubt(node.contents, of_it->second);
    return kept;
}

}  // namespace labd
