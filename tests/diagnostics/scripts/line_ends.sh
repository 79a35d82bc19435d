#!/bin/sh
pidof nginx
