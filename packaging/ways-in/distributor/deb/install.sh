#!/bin/sh
# Run by the SSM agent in the unpacked folder. The checksum of the manifest has proved the package.
set -eu
cd "$(dirname "$0")"
DEBIAN_FRONTEND=noninteractive apt-get -qy -o DPkg::Lock::Timeout=300 install ./fsxlustre_*.deb
