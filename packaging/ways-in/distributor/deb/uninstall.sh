#!/bin/sh
# Mounts and configuration stay, as after any removal of the package.
set -eu
DEBIAN_FRONTEND=noninteractive apt-get -qy -o DPkg::Lock::Timeout=300 remove fsxlustre
