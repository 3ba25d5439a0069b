#!/bin/sh
# Run by the SSM agent in the unpacked folder. The checksum of the manifest has proved the package.
set -eu
cd "$(dirname "$0")"
# dpkg would ask what to do with a changed fsxlustre.toml, and nobody is there.
DEBIAN_FRONTEND=noninteractive apt-get -qy -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef \
    -o Dpkg::Options::=--force-confold install ./fsxlustre_*.deb
