#!/bin/sh
if ! pidof nginx; then
    logger "nginx is gone"
fi
exit 0
