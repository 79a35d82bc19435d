#!/bin/sh
# function [[ ]]
n=$(pidof nginx | wc -w)
if [[ $n -eq 0 ]]; then
    exit 1
fi
