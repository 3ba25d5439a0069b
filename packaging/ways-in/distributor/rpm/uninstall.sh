#!/bin/sh
# Mounts and configuration stay, as after any removal of the package.
set -eu
if rpm -q fsxlustre >/dev/null; then rpm -e fsxlustre; fi
