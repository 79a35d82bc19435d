#!/bin/bash
# Not systemctl in a comment.
case "$1" in
master)
    ip route replace default via 192.0.2.1
    ip addr show
    sysctl -w net.ipv4.ip_forward=1
    systemctl start nginx
    iptables -t nat -F
    ;;
backup)
    cat <<EOF
systemctl stop nginx
EOF
    echo 0 > /proc/sys/net/ipv4/ip_forward
    ;;
esac
