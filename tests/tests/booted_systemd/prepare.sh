# Run by bash with a container's root as the current folder, before it boots.

mkdir -p etc/fsxlustre usr/local/lib/client etc/systemd/system.conf.d
cat >etc/fsxlustre/fsxlustre.toml <<'END'
[host]
procfs = "/run/standin/proc"
sysfs = "/run/standin/sys"
program_folders = ["/usr/local/lib/client", "/run/standin/usr/sbin", "/run/standin/usr/bin"]
filesystem_types = ["lustre", "fuse.lustre"]
END

# The threads of a real client are the kernel's, in no unit's control group. So that systemd does not
# end the stand-in's process with a mount unit, or before the file systems at shutdown, it gets a
# scope of its own. A file system named `hung` has a server that never answers a mount.
cat >usr/local/lib/client/mount.lustre <<'END'
#!/bin/sh
case $1 in *:/hung) trap '' TERM; while :; do sleep 60; done ;; esac
exec systemd-run --quiet --scope --property DefaultDependencies=no -- /run/standin/usr/sbin/mount.lustre "$@"
END
chmod 0755 usr/local/lib/client/mount.lustre

# /run is systemd's, so the client is installed when it is there, as its modules would be loaded.
cat >etc/systemd/system/standin.service <<'END'
[Unit]
DefaultDependencies=no
Wants=remote-fs-pre.target
Before=local-fs-pre.target remote-fs-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=standin-client install /run/standin
ExecStart=sh -c 'for name in abcdefgh one two three four; do standin-client filesystem /run/standin add $name --nid 10.0.0.5@tcp; done'
END
mkdir -p etc/systemd/system/sysinit.target.wants
ln -s ../standin.service etc/systemd/system/sysinit.target.wants/
