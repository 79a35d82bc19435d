#!/bin/sh
pidof nginx
