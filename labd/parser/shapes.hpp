// Every member of everything that a resolved lab is made of, once, for both directions. A member
// that is new in topology/model.hpp does not compile until it stands here.
#pragma once

#include "labd/parser/check_shapes.hpp"
#include "topology/model.hpp"
#include "topology/resolve.hpp"

namespace labd::parser {

template <class A>
void fields(A& a, topology::Where& v) {
    auto& [file, line, column, length] = v;
    a(file, line, column, length);
}

template <class A>
void fields(A& a, topology::Ip& v) {
    auto& [family, bytes] = v;
    a(family, bytes);
}

template <class A>
void fields(A& a, topology::Prefix& v) {
    auto& [ip, length] = v;
    a(ip, length);
}

template <class A>
void fields(A& a, topology::Mac& v) {
    auto& [bytes] = v;
    a(bytes);
}

template <class A>
void fields(A& a, topology::Text& v) {
    auto& [text, where] = v;
    a(text, where);
}

template <class A>
void fields(A& a, topology::Timers& v) {
    auto& [hello, dead, standard] = v;
    a(hello, dead, standard);
}

template <class A>
void fields(A& a, topology::Chance& v) {
    auto& [steps] = v;
    a(steps);
}

template <class A>
void fields(A& a, topology::Loss& v) {
    auto& [model, share, p, r, h, k, p13, p31, p32, p23, p14] = v;
    a(model, share, p, r, h, k, p13, p31, p32, p23, p14);
}

template <class A>
void fields(A& a, topology::Queue& v) {
    auto& [kind, options] = v;
    a(kind, options);
}

template <class A>
void fields(A& a, topology::Impairment& v) {
    auto& [delay_ns, jitter_ns, distribution, keep_order, loss, corrupt, duplicate, reorder,
           rate_bits, burst_bytes, limit_packets, queue, seed, netem_only] = v;
    a(delay_ns, jitter_ns, distribution, keep_order, loss, corrupt, duplicate, reorder, rate_bits,
      burst_bytes, limit_packets, queue, seed, netem_only);
}

template <class A>
void fields(A& a, topology::Vlans& v) {
    auto& [access, tagged, native, where] = v;
    a(access, tagged, native, where);
}

template <class A>
void fields(A& a, topology::PortOptions& v) {
    auto& [isolated, learning, hairpin, guard, cost, priority] = v;
    a(isolated, learning, hairpin, guard, cost, priority);
}

template <class A>
void fields(A& a, topology::DeviceSettings& v) {
    auto& [lower, id, local, remote, udp_port, mode, learning, outside] = v;
    a(lower, id, local, remote, udp_port, mode, learning, outside);
}

template <class A>
void fields(A& a, topology::Vrf& v) {
    auto& [name, table, where] = v;
    a(name, table, where);
}

template <class A>
void fields(A& a, topology::Vlan& v) {
    auto& [name, id, prefixes, pool, gateway, private_, dhcp, ra, where] = v;
    a(name, id, prefixes, pool, gateway, private_, dhcp, ra, where);
}

template <class A>
void fields(A& a, topology::Interface& v) {
    auto& [name, kind, device, index, mac, mtu, up, link, end, segment, explicit_addresses, ipv4,
           ipv6, cost, area, priority, timers, passive, gateway, mac_explicit, impairment, relayed,
           port, vlans, vrf, master, stp, vlan_filtering, addresses, where] = v;
    a(name, kind, device, index, mac, mtu, up, link, end, segment, explicit_addresses, ipv4, ipv6,
      cost, area, priority, timers, passive, gateway, mac_explicit, impairment, relayed, port,
      vlans, vrf, master, stp, vlan_filtering, addresses, where);
}

template <class A>
void fields(A& a, topology::Route::Hop& v) {
    auto& [via, dev] = v;
    a(via, dev);
}

template <class A>
void fields(A& a, topology::Route& v) {
    auto& [destination, hops, metric, table, onlink, origin, where] = v;
    a(destination, hops, metric, table, onlink, origin, where);
}

template <class A>
void fields(A& a, topology::Ready& v) {
    auto& [kind, argument] = v;
    a(kind, argument);
}

template <class A>
void fields(A& a, topology::Service& v) {
    auto& [name, argv, ready, after, restart, env, user, dir, stop_signal, grace_ms, generated,
           where] = v;
    a(name, argv, ready, after, restart, env, user, dir, stop_signal, grace_ms, generated, where);
}

template <class A>
void fields(A& a, topology::Command& v) {
    auto& [argv, where] = v;
    a(argv, where);
}

template <class A>
void fields(A& a, topology::File& v) {
    auto& [content, expand, mode, owner, group, origin, where] = v;
    a(content, expand, mode, owner, group, origin, where);
}

template <class A>
void fields(A& a, topology::Clock& v) {
    auto& [boottime_ns, monotonic_ns] = v;
    a(boottime_ns, monotonic_ns);
}

template <class A>
void fields(A& a, topology::Limits& v) {
    auto& [pids, memory_bytes, cpu_cores] = v;
    a(pids, memory_bytes, cpu_cores);
}

template <class A>
void fields(A& a, topology::Masquerade& v) {
    auto& [interface, ipv4, ipv6, where] = v;
    a(interface, ipv4, ipv6, where);
}

template <class A>
void fields(A& a, topology::Forward& v) {
    auto& [protocol, address, port, node, node_port, where] = v;
    a(protocol, address, port, node, node_port, where);
}

template <class A>
void fields(A& a, topology::Dhcp& v) {
    auto& [own, server, range, lease_s, dns, where] = v;
    a(own, server, range, lease_s, dns, where);
}

template <class A>
void fields(A& a, topology::Advertise& v) {
    auto& [slaac, onlink, other, lifetime_s, where] = v;
    a(slaac, onlink, other, lifetime_s, where);
}

template <class A>
void fields(A& a, topology::Node& v) {
    auto& [name, kind, kind_name, kind_chain, range_items, id, loopback, explicit_loopbacks,
           loopbacks, interfaces, gateway, routing, routing_explicit, asn, area, route_reflector,
           announce, ecmp, timers, frr, route_lines, routes, stp, stp_priority, vlan_filtering, svi,
           vrfs, mpls, nft, masquerade, forward, dns, files, exec, services, env, sysctl, wait_for,
           level, level_where, root, device, clock, limits, user, hostname, label, icon, labels,
           position, prefixes, pool, private_, dhcp, ra, where] = v;
    a(name, kind, kind_name, kind_chain, range_items, id, loopback, explicit_loopbacks, loopbacks,
      interfaces, gateway, routing, routing_explicit, asn, area, route_reflector, announce, ecmp,
      timers, frr, route_lines, routes, stp, stp_priority, vlan_filtering, svi, vrfs, mpls, nft,
      masquerade, forward, dns, files, exec, services, env, sysctl, wait_for, level, level_where,
      root, device, clock, limits, user, hostname, label, icon, labels, position, prefixes, pool,
      private_, dhcp, ra, where);
}

template <class A>
void fields(A& a, topology::End& v) {
    auto& [node, interface] = v;
    a(node, interface);
}

template <class A>
void fields(A& a, topology::Link& v) {
    auto& [name, kind, ends, lan, name_explicit, labels, prefixes, pool, gateway, private_, dhcp,
           ra, where] = v;
    a(name, kind, ends, lan, name_explicit, labels, prefixes, pool, gateway, private_, dhcp, ra,
      where);
}

template <class A>
void fields(A& a, topology::Segment& v) {
    auto& [ends, links, switches, ipv4, ipv6, link_local_only, private_, gateway, dhcp, ra] = v;
    a(ends, links, switches, ipv4, ipv6, link_local_only, private_, gateway, dhcp, ra);
}

template <class A>
void fields(A& a, topology::Pool& v) {
    auto& [ipv4, ipv6, unnumbered, link_local, prefix4, prefix6, start, where] = v;
    a(ipv4, ipv6, unnumbered, link_local, prefix4, prefix6, start, where);
}

template <class A>
void fields(A& a, topology::Addressing& v) {
    auto& [automatic, ipv4, ipv6, prefer, pools, pool_order] = v;
    a(automatic, ipv4, ipv6, prefer, pools, pool_order);
}

template <class A>
void fields(A& a, topology::Share& v) {
    auto& [name, group, right, where] = v;
    a(name, group, right, where);
}

template <class A>
void fields(A& a, topology::MatrixRow& v) {
    auto& [variable, values] = v;
    a(variable, values);
}

template <class A>
void fields(A& a, topology::Lab& v) {
    auto& [name, description, level, level_where, shares, names, seed, needs, addressing, vlans,
           nodes, links, segments, checks, steps, matrix] = v;
    a(name, description, level, level_where, shares, names, seed, needs, addressing, vlans, nodes,
      links, segments, checks, steps, matrix);
}

template <class A>
void fields(A& a, topology::SourceFile& v) {
    auto& [name, text] = v;
    a(name, text);
}

template <class A>
void fields(A& a, topology::Diagnostic& v) {
    auto& [severity, where, code, message, hint] = v;
    a(severity, where, code, message, hint);
}

template <class A>
void fields(A& a, topology::Files::Entry& v) {
    auto& [content, mode] = v;
    a(content, mode);
}

}  // namespace labd::parser
