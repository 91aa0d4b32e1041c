# Sourced by examples/quickstart and tests/run: which Debian 12 packages are needed for what, how
# they get installed without starting anything on this machine, and how the project is built.
# shellcheck shell=bash

# Compilers and libraries: without these nothing builds.
build_packages=(g++ cmake ninja-build pkg-config
    libboost1.81-dev libboost-json1.81-dev  # Asio, Beast, JSON; Debian's default, 1.74, is too old
    libmnl-dev libnl-3-dev libnl-route-3-dev # netlink: written with libmnl, read with libnl
    libtomlplusplus-dev libcli11-dev)        # topology files, command line

# What the examples run inside their nodes, as Debian packages it.
node_packages=(iproute2 iputils-ping traceroute tcpdump iperf3 nftables
    frr frr-pythontools bird2 dnsmasq-base busybox-static netcat-openbsd curl python3)

say() { printf '%s\n' "$*"; }
fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# Every noisy command writes here; its end is shown when the command fails.
quietly() { # WHAT COMMAND…
    local what=$1
    shift
    printf '\n--- %s: %s\n' "$what" "$*" >>"$log"
    "$@" >>"$log" 2>&1 </dev/null && return
    local status=$?
    printf '\n%s failed (status %d). The last lines of %s:\n\n' "$what" $status "$log" >&2
    tail -n 25 "$log" >&2
    return $status
}

installed_packages() { dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^ii *//p' | sort -u; }

missing_packages() { comm -23 <(printf '%s\n' "$@" | sort -u) <(installed_packages "$@"); }

# What listens and where packets go, from /proc: it needs no tool, and a fresh Debian has none.
# UDP sockets on ephemeral ports come and go with every name look-up: left out.
host_openings() {
    local table
    for table in tcp tcp6; do
        awk -v t=$table '$4 == "0A" { print "listens: " t, $2 }' /proc/net/$table 2>/dev/null
    done
    for table in udp udp6; do
        awk -v t=$table '$4 == "07" { split($2, a, ":"); if (a[2] < "8000") print "listens: " t, $2 }' \
            /proc/net/$table 2>/dev/null
    done
    awk 'NR > 1 { print "route:", $1, $2, $3, $8 }' /proc/net/route 2>/dev/null
    awk '{ print "route:", $10, $1 "/" $2, $5 }' /proc/net/ipv6_route 2>/dev/null
}

update_package_lists() { apt-get -q -o DPkg::Lock::Timeout=600 update >>"$log" 2>&1 </dev/null || true; }

disable_unit() { # UNIT PACKAGE
    if command -v systemctl >/dev/null; then
        systemctl disable "$1" >>"$log" 2>&1 || true
    else # it wants to be called by a package's own script
        DPKG_MAINTSCRIPT_PACKAGE=$2 deb-systemd-helper disable "$1" >>"$log" 2>&1 || true
    fi
}

# Installs PACKAGE… by name from the distribution. Nothing of it starts: services are refused while
# it installs (policy-rc.d) and the units that came along are left disabled.
install_packages() ( # in a subshell, so that the traps are its own
    set -eu
    command -v apt-get >/dev/null ||
        fail "These packages are missing: $*" "Only Debian's apt is known here: install what corresponds to them and run this again."
    [ "$(id -u)" = 0 ] || fail "These packages are missing: $*" "Installing them needs root: run this again as root (sudo $0)."

    local policy=/usr/sbin/policy-rc.d mark='# put here by labd while packages install'
    if [ ! -e $policy ] || grep -qsF "$mark" $policy; then
        trap 'rm -f $policy' EXIT
        trap 'exit 130' INT TERM HUP
        printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >$policy
        chmod 755 $policy
    fi

    local openings before unit script
    openings=$(host_openings | sort)
    before=$(installed_packages)
    export DEBIAN_FRONTEND=noninteractive
    local options=(-y -q --no-install-recommends -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0)
    # The package lists of a new machine are empty or old; of most others they are good enough.
    # An update that fails (a third party's source, say) does no harm if the install works.
    apt-get "${options[@]}" --simulate install "$@" >/dev/null 2>&1 || update_package_lists
    if ! apt-get "${options[@]}" install "$@" >>"$log" 2>&1 </dev/null; then
        update_package_lists
        quietly "apt-get install" apt-get "${options[@]}" install "$@"
    fi

    for package in $(comm -13 <(say "$before") <(installed_packages)); do
        for unit in $(dpkg -L "$package" | sed -nE 's,^(/usr)?/lib/systemd/system/([^/@]+\.(service|socket|timer|path))$,\2,p'); do
            compgen -G "/etc/systemd/system/*.wants/$unit" >/dev/null && disable_unit "$unit" "$package"
        done
        for script in $(dpkg -L "$package" | sed -n 's,^/etc/init.d/,,p'); do
            compgen -G "/etc/rc?.d/S??$script" >/dev/null && update-rc.d "$script" disable >>"$log" 2>&1
        done
    done || true
    openings=$(comm -13 <(say "$openings") <(host_openings | sort))
    [ -z "$openings" ] || say "Note: while packages were installed, this appeared on this machine:" "$openings" >&2
)

# Configures TREE once (ninja runs cmake again by itself when it has to) and builds TARGET….
build_tree() { # TREE OPTION… -- TARGET…
    local tree=$1 options=() generator=()
    shift
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    command -v ninja >/dev/null && generator=(-G Ninja)
    if [ ! -e "$tree/build.ninja" ] && [ ! -e "$tree/Makefile" ]; then
        quietly "cmake" cmake -S "$top" -B "$tree" "${generator[@]}" "${options[@]}" || return
    fi
    quietly "build" cmake --build "$tree" --parallel "$(nproc)" ${1:+--target "$@"}
}
