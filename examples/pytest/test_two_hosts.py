TOPOLOGY = "../two-hosts.lab.toml"


def test_the_hosts_reach_each_other(lab):
    lab.wait("ping h1 h2")


def test_the_router_forwards(lab):
    assert lab.exec("r1", "sysctl", "-n", "net.ipv4.ip_forward").strip() == "1"
