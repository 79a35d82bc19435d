#!/bin/sh
set -e
if ! sudo -n systemctl stop keepalived; then exit 1; fi
curl -s http://x | grep -q y && wget z
[[ a == b ]] || { echo "$(ps ax | grep nginx)"; }
cat <<-EOF <<B
	x
	EOF
y
B
kill -0 `pidof a` >/dev/null 2>&1
exit 0
