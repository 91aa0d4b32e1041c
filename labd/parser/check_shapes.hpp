// The checks and steps of a resolved lab: as shapes.hpp.
#pragma once

#include "topology/check.hpp"
#include "topology/scenario.hpp"

namespace labd::parser {

template <class A>
void fields(A& a, topology::Bound& v) {
    auto& [side, value, text] = v;
    a(side, value, text);
}

template <class A>
void fields(A& a, topology::TextMatch& v) {
    auto& [regex, text] = v;
    a(regex, text);
}

template <class A>
void fields(A& a, topology::subject::Ping& v) {
    auto& [from, to, family, count, size, loss, rtt, whole_lab] = v;
    a(from, to, family, count, size, loss, rtt, whole_lab);
}

template <class A>
void fields(A& a, topology::subject::Connect& v) {
    auto& [udp, from, to, port, family] = v;
    a(udp, from, to, port, family);
}

template <class A>
void fields(A& a, topology::subject::Http& v) {
    auto& [from, url, status, body, family] = v;
    a(from, url, status, body, family);
}

template <class A>
void fields(A& a, topology::subject::Dns& v) {
    auto& [nodes, name, type, is, server] = v;
    a(nodes, name, type, is, server);
}

template <class A>
void fields(A& a, topology::subject::Path& v) {
    auto& [from, to, hops, via, not_via, family, ecmp] = v;
    a(from, to, hops, via, not_via, family, ecmp);
}

template <class A>
void fields(A& a, topology::subject::Route& v) {
    auto& [nodes, prefix, via, dev, proto, metric, table, absent] = v;
    a(nodes, prefix, via, dev, proto, metric, table, absent);
}

template <class A>
void fields(A& a, topology::subject::Address& v) {
    auto& [nodes, dev, is] = v;
    a(nodes, dev, is);
}

template <class A>
void fields(A& a, topology::subject::Link& v) {
    auto& [nodes, dev, up, mtu] = v;
    a(nodes, dev, up, mtu);
}

template <class A>
void fields(A& a, topology::subject::Neighbor& v) {
    auto& [nodes, dev, is] = v;
    a(nodes, dev, is);
}

template <class A>
void fields(A& a, topology::subject::Neighbors& v) {
    auto& [protocol, nodes, count, with, family] = v;
    a(protocol, nodes, count, with, family);
}

template <class A>
void fields(A& a, topology::subject::ProtocolRoute& v) {
    auto& [protocol, nodes, prefix, via, aspath, med, local_pref, metric, communities, next_hop,
           origin, absent] = v;
    a(protocol, nodes, prefix, via, aspath, med, local_pref, metric, communities, next_hop, origin,
      absent);
}

template <class A>
void fields(A& a, topology::subject::Throughput& v) {
    auto& [from, to, rate, time_s, udp, family] = v;
    a(from, to, rate, time_s, udp, family);
}

template <class A>
void fields(A& a, topology::subject::Run& v) {
    auto& [nodes, argv, input, exit, stdout_, json, has_json, is] = v;
    a(nodes, argv, input, exit, stdout_, json, has_json, is);
}

template <class A>
void fields(A& a, topology::subject::Process& v) {
    auto& [nodes, name] = v;
    a(nodes, name);
}

template <class A>
void fields(A& a, topology::subject::File& v) {
    auto& [nodes, path, contains, is, absent] = v;
    a(nodes, path, contains, is, absent);
}

template <class A>
void fields(A& a, topology::subject::Sysctl& v) {
    auto& [nodes, key, is] = v;
    a(nodes, key, is);
}

template <class A>
void fields(A&, topology::subject::NoLoops&) {}

template <class A>
void fields(A& a, topology::subject::NoDrops& v) {
    auto& [nodes] = v;
    a(nodes);
}

template <class A>
void fields(A& a, topology::subject::Converged& v) {
    auto& [quiet_s] = v;
    a(quiet_s);
}

template <class A>
void fields(A& a, topology::Fault& v) {
    auto& [kind, links, ends, settings, node, process, text, before, every_s, where] = v;
    a(kind, links, ends, settings, node, process, text, before, every_s, where);
}

template <class A>
void fields(A& a, topology::Check& v) {
    auto& [key, name, subject, within_s, hold_s, every_s, negated, after, during, points, hint,
           warning, tags, toml, with_references, where] = v;
    a(key, name, subject, within_s, hold_s, every_s, negated, after, during, points, hint, warning,
      tags, toml, with_references, where);
}

template <class A>
void fields(A& a, topology::Measure& v) {
    auto& [kind, from, to, links] = v;
    a(kind, from, to, links);
}

template <class A>
void fields(A& a, topology::TimedStep& v) {
    auto& [kind, name, at_s, for_s, every_s, links, ends, settings, nodes, process, argv, check,
           measure, toml, where] = v;
    a(kind, name, at_s, for_s, every_s, links, ends, settings, nodes, process, argv, check, measure,
      toml, where);
}

}  // namespace labd::parser
