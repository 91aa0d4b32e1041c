// The two scripts of a node that asks for its address.
#pragma once

namespace topology {

// Runs the first client there is for the interface named by its argument, and takes back what it
// had put in place when it is stopped.
inline constexpr const char* dhcp_client = R"sh(#!/bin/sh
# From labd: asks for the address of interface $1 with the first DHCP client that is here.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
interface=$1
event=/etc/lab/dhcp-event
export interface
"$event" deconfig
udhcpc_options="-f -R -i $interface -s $event -t 8 -T 1 -A 2 -x hostname:$(hostname)"
if command -v udhcpc >/dev/null; then
    udhcpc $udhcpc_options &
elif command -v dhclient >/dev/null; then
    dhclient -4 -d -sf "$event" -lf "/run/dhclient-$interface.leases" \
        -pf "/run/dhclient-$interface.pid" "$interface" &
elif command -v dhcpcd >/dev/null; then
    dhcpcd -4 -B -c "$event" "$interface" &
elif command -v busybox >/dev/null; then
    busybox udhcpc $udhcpc_options &
else
    echo "no DHCP client here: apt install udhcpc" >&2
    exit 127
fi
client=$!
trap 'kill $client 2>/dev/null; wait $client; "$event" deconfig; exit 0' TERM INT
wait $client
status=$?
"$event" deconfig
exit $status
)sh";

// What a client calls: udhcpc with a word, dhclient and dhcpcd with $reason.
inline constexpr const char* dhcp_event = R"sh(#!/bin/sh
# From labd: puts in place what a DHCP client has learned. /run/dhcp-IF says what that is.
state=/run/dhcp-$interface
forget() {
    [ -e "$state" ] || return 0
    read -r address router <"$state"
    # Else the kernel takes the other addresses of that network along.
    echo 1 >"/proc/sys/net/ipv4/conf/$interface/promote_secondaries"
    [ -z "$router" ] || ip -4 route del default via "$router" dev "$interface" proto 16 2>/dev/null
    ip -4 address del "$address" dev "$interface" 2>/dev/null
    rm -f "$state"
}
case ${1:-$reason} in
    bound | renew)
        [ -n "$mask" ] || mask=$subnet ;;
    BOUND | RENEW | REBIND | REBOOT)
        ip=$new_ip_address mask=$new_subnet_mask router=$new_routers
        dns=$new_domain_name_servers domain=$new_domain_name lease=$new_dhcp_lease_time ;;
    deconfig | leasefail | EXPIRE | FAIL | RELEASE | STOP | STOPPED)
        [ "${1:-}" = leasefail ] || forget
        exit 0 ;;
    *) exit 0 ;;
esac
router=${router%% *}
if [ -e "$state" ]; then
    read -r address via <"$state"
    [ "$address $via" = "$ip/$mask $router" ] || forget
fi
case $lease in
    "" | 4294967295) lease=forever ;;
esac
ip -4 address replace "$ip/$mask" dev "$interface" valid_lft "$lease" preferred_lft "$lease"
[ -z "$router" ] || ip -4 route replace default via "$router" dev "$interface" proto 16 metric 100
# The topology's own word on name servers wins.
if [ -n "$dns" ] && ! grep -q '^# From labd: dns' /etc/resolv.conf 2>/dev/null; then
    {
        echo "# By DHCP on $interface."
        [ -z "$domain" ] || echo "search $domain"
        for server in $dns; do echo "nameserver $server"; done
    } >/etc/resolv.conf
fi
echo "$ip/$mask $router" >"$state.new" && mv "$state.new" "$state"
)sh";

}  // namespace topology
