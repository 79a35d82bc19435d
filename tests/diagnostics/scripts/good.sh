#!/bin/sh
# ip addr flush, systemctl restart and [[ ]] in a comment mean nothing
pidof nginx > /dev/null && echo "service nginx restart"
