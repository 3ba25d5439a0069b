#!/bin/sh
# Run by the SSM agent in the unpacked folder. The checksum of the manifest has proved the package.
set -eu
cd "$(dirname "$0")"
if command -v dnf >/dev/null; then
    dnf -qy install ./fsxlustre-*.rpm
elif command -v yum >/dev/null; then
    yum -qy install ./fsxlustre-*.rpm
else
    rpm -U --replacepkgs ./fsxlustre-*.rpm
fi
