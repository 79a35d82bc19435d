#!/bin/bash
if ! pidof nginx; then
    /etc/init.d/nginx restart
    sleep 1
    pidof nginx || kill -9 $(pidof keepalived)
fi
