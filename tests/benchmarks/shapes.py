"""Topologies to measure with, as text."""


def pair():
    return 'links = [["h1", "h2"]]\n[nodes]\nh1 = "host"\nh2 = "host"\n'


def chain(nodes, routing="none", mtu=1400):
    """Routers in a row; a second link in the middle, whose MTU can be changed."""
    middle = nodes // 2
    return (f'links = [{{ chain = "r[1-{nodes}]" }}, '
            f'{{ endpoints = ["r{middle}", "r{middle + 1}"], mtu = {mtu} }}]\n'
            f'[nodes]\n"r[1-{nodes}]" = {{ kind = "router", routing = "{routing}" }}\n')


def linear(nodes):
    """As mininet's linear topology: hosts, each on a switch of its own, switches in a row."""
    return (f'links = [["h[1-{nodes}]", "s[1-{nodes}]"], {{ chain = "s[1-{nodes}]" }}]\n'
            f'[nodes]\n"h[1-{nodes}]" = "host"\n"s[1-{nodes}]" = "switch"\n')


def lan(nodes):
    return (f'links = [["h[1-{nodes}]", "s"]]\n[nodes]\n"h[1-{nodes}]" = "host"\ns = "switch"\n')


def ladder(nodes):
    """Two links a node: rungs and sides, for parsing and checking."""
    half = nodes // 2
    return (f'links = [{{ ring = "a[1-{half}]", count = 2 }}, {{ ring = "b[1-{half}]" }}, '
            f'["a[1-{half}]", "b[1-{half}]"]]\n'
            f'[nodes]\n"a[1-{half}]" = "router"\n"b[1-{half}]" = "router"\n')
