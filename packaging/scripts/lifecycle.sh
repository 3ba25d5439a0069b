# What the scripts of both packages do. Nothing here fails a transaction, starts or enables a unit, or touches a mount.
# Without systemd, as in a container or while an image is made, what is systemd's is left out.

say() { echo "fsxlustre: $*" >&2; }

# sd_booted(3)
is_booted() { [ -d /run/systemd/system ]; }

ask_systemd() {
    if is_booted; then timeout -k 5 60 systemctl "$@" >/dev/null 2>&1 || true; fi
}

# Of the metrics service. It owns no file, so that a number that is used again later gives nothing away.
about_user="fsxlustre's metrics service"

# A directory service may hang.
known_user() { timeout -k 5 20 getent passwd fsxlustre 2>/dev/null; }

make_user() {
    if known_user >/dev/null; then return 0; fi
    systemd-sysusers /usr/lib/sysusers.d/fsxlustre.conf >/dev/null 2>&1 || true
    if known_user >/dev/null; then return 0; fi
    useradd --system --user-group --no-create-home --home-dir / --shell /usr/sbin/nologin \
        --comment "$about_user" fsxlustre >/dev/null 2>&1 ||
        say "the user fsxlustre could not be made; fsxlustre-exporter.service needs it"
}

# One that somebody else has made stays.
remove_user() {
    case $(known_user) in
        fsxlustre:*:"$about_user":*) userdel fsxlustre >/dev/null 2>&1 || true ;;
    esac
}

make_folders() {
    if is_booted; then systemd-tmpfiles --create fsxlustre.conf >/dev/null 2>&1 || true; fi
}

# After an installation, an upgrade or a downgrade.
new_files_are_there() {
    make_user
    make_folders
    remove_dangling_links
    ask_systemd daemon-reload
}

# The metrics service is the one that may be restarted. To stop fsxlustre-evacuate.service is to unmount all that the node
# has; the watcher of Spot notices may be evacuating, and housekeeping be unmounting for a job that has ended.
restart_metrics() { ask_systemd try-restart fsxlustre-exporter.service; }

# Lines that nobody can mount without us, and how they read for the Lustre client alone.
list_fstab() {
    grep -qsE '^[[:space:]]*[^#[:space:]][^[:space:]]*[[:space:]]+[^[:space:]]+[[:space:]]+fsxlustre([[:space:]]|$)' /etc/fstab ||
        return 0
    say "lines of /etc/fstab need this package. This makes plain lines of type lustre of them (patch /etc/fstab):"
    timeout -k 5 60 /usr/bin/fsxlustre fstab migrate --to lustre --resolve /etc/fstab </dev/null 2>&1 | head -n 200 >&2 || true
}

# Before the files go. What only looks is stopped, and timers, whose program goes; no service that works on a mount.
files_are_about_to_go() {
    list_fstab
    ask_systemd stop fsxlustre-exporter.socket fsxlustre-exporter.service 'fsxlustre-*.timer'
}

# Also of a unit that a later version has under another name. A link that leads somewhere is none of ours.
remove_dangling_links() {
    for link in /etc/systemd/system/*.wants/fsxlustre-* /etc/systemd/system/*.requires/fsxlustre-*; do
        if [ -L "$link" ] && [ ! -e "$link" ]; then
            rm -f "$link"
            rmdir "${link%/*}" 2>/dev/null || true
        fi
    done
}

files_are_gone() {
    remove_dangling_links
    ask_systemd daemon-reload
    ask_systemd reset-failed fsxlustre-exporter.service
}

# Whether something is mounted in a folder or on it.
has_mounts() { grep -qsE "^[^ ]+ [^ ]+ [^ ]+ [^ ]+ $1(/[^ ]*)? " /proc/self/mountinfo; }

# Directories that records say we have mounted, and that are mounts now.
our_mounts() {
    for record in /run/fsxlustre/mounts/*; do
        [ -f "$record" ] || continue
        directory=$(sed -n 's/.*"directory": *"\([^"]*\)".*/\1/p' "$record" | head -n 1)
        if [ -n "$directory" ] && grep -qsF " $directory " /proc/self/mountinfo; then printf ' %s' "$directory"; fi
    done
}

leases() {
    for lease in /run/fsxlustre/leases/*; do
        if [ -f "$lease" ]; then printf ' %s' "${lease##*/}"; fi
    done
}

remove_folder() {
    # What is mounted below it is somebody's data.
    if has_mounts "$1"; then
        say "$1 stays: something is mounted there"
    else
        rm -rf --one-file-system "$1"
    fi
}

# With the configuration goes all that we have kept. Where a mount or a job of ours is still there, /run/fsxlustre stays
# until the next boot: installed again, we end what we have begun.
forget() {
    mounts=$(our_mounts)
    leases=$(leases)
    if [ -n "$mounts$leases" ]; then
        say "these stay mounted, and nobody unmounts them at a job's end:${mounts:- none known}"
        say "jobs that use them:${leases:- none}"
        say "/run/fsxlustre stays until the next boot"
    else
        remove_folder /run/fsxlustre
    fi
    remove_folder /var/cache/fsxlustre
    remove_folder /var/lib/fsxlustre
    # Written by `fsxlustre tune apply --persist`; another of that name is not ours.
    if grep -qs '^# Written by `fsxlustre tune ' /etc/modprobe.d/fsxlustre.conf; then
        rm -f /etc/modprobe.d/fsxlustre.conf
    fi
    remove_user
}
