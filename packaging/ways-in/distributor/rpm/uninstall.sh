#!/bin/sh
# Mounts and configuration stay. What is enabled, and what was kept of jobs and answers, goes: to update is better done in place.
set -eu
if rpm -q fsxlustre >/dev/null; then rpm -e fsxlustre; fi
# rpm has put a changed one aside; the next installation takes it as it is.
settings=/etc/fsxlustre/fsxlustre.toml
if [ -f "$settings.rpmsave" ] && [ ! -e "$settings" ]; then mv "$settings.rpmsave" "$settings"; fi
