// What the readers of the subjects share: the table of one check, its subject, and its options,
// which may stand beside the subject or inside its table.
#pragma once

#include "topology/check.hpp"
#include "topology/node_list.hpp"
#include "topology/read.hpp"
#include "topology/value.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace topology {

class CheckFields {
  public:
    CheckFields(const Value& check, const Member& subject, const NodeList& nodes,
                Diagnostics& diagnostics)
        : reader(diagnostics), check_(check), subject_(subject), nodes_(nodes) {}

    Reader reader;
    const Value& subject() const { return subject_.value; }
    const std::string& key() const { return subject_.key; }
    Where where() const { return subject_.where; }
    // Inside the subject's table, else beside the subject; nullptr: not said.
    const Value* option(std::string_view key) const;

    // The nodes that a value means: a set or a list of sets. Reports unknown ones.
    std::vector<std::string> set(const Value& value);
    // The `node` of the subject's table; reports when there is none.
    std::vector<std::string> nodes();
    // Sets of nodes, addresses and host names. A word without a dot or colon must be a node.
    std::vector<Text> targets(const Value& value);
    std::string one_node(const Value& value);

    // A list of `least` or more values; reports with `example`.
    const std::vector<Value>* list(std::size_t least, std::size_t most, const char* example);

    std::optional<Text> text(std::string_view key);
    std::string word(std::string_view key);  // "" when not said
    std::optional<std::uint32_t> number(std::string_view key, std::int64_t least,
                                        std::int64_t most);
    bool flag(std::string_view key);
    std::vector<Text> texts(std::string_view key);  // one or a list, numbers as well
    std::optional<double> seconds(std::string_view key);
    FamilyWish family();
    std::optional<TextMatch> match(std::string_view key);
    TextMatch match(const Value& value);
    using Parse = std::optional<double> (*)(std::string_view);
    // `example`: how it would look.
    std::optional<Bound> bound(std::string_view key, Parse parse, const char* example);
    std::optional<Bound> bound(const Value& value, Parse parse, const char* example);
    // A string as the file has it, a number or a truth value as one; reports other types.
    std::optional<Text> scalar(const Value& value);

  private:
    const Value& check_;
    const Member& subject_;
    const NodeList& nodes_;
};

std::optional<double> parse_plain(std::string_view text);  // "2", "0.5"

// The subjects, by families. Each reports what is wrong and reads the rest.
subject::Ping read_ping(CheckFields& fields);
subject::Ping read_all_reachable(CheckFields& fields);
subject::Connect read_connect(CheckFields& fields);
subject::Http read_http(CheckFields& fields);
subject::Dns read_dns(CheckFields& fields);
subject::Path read_path(CheckFields& fields);
subject::Throughput read_throughput(CheckFields& fields);
subject::Route read_route(CheckFields& fields);
subject::Address read_address(CheckFields& fields);
subject::Link read_link(CheckFields& fields);
subject::Neighbor read_neighbor(CheckFields& fields);
subject::Neighbors read_neighbors(CheckFields& fields);
subject::ProtocolRoute read_protocol_route(CheckFields& fields);
subject::Run read_run(CheckFields& fields);
subject::Process read_process(CheckFields& fields);
subject::File read_file(CheckFields& fields);
subject::Sysctl read_sysctl(CheckFields& fields);
subject::NoLoops read_no_loops(CheckFields& fields);
subject::NoDrops read_no_drops(CheckFields& fields);
subject::Converged read_converged(CheckFields& fields);

}  // namespace topology
