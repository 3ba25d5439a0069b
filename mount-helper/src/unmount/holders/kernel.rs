//! What holds a mount without any process: loop devices, swap areas, overlays, other mounts.

use super::namespaces::Namespaces;
use super::processes::{busy_at, shown};
use super::{Holder, HolderKind, Holders};
use crate::host::{Host, MountTable, read_text, unescape};
use crate::unmount::Target;
use std::path::Path;

/// The options of an overlay that name its layers.
const LAYERS: &[&str] = &["lowerdir", "lowerdir+", "datadir+", "upperdir", "workdir"];

/// Adds what the kernel itself holds.
pub(super) fn find(host: &Host, target: &Target, namespaces: &Namespaces, holders: &mut Holders) {
    if let Some(table) = namespaces.own_table() {
        holders.found.extend(loop_devices(host, target, table));
        holders.found.extend(swap_areas(host, target, table));
        holders.found.extend(mounts(target, table));
    }
    for table in namespaces.tables() {
        for overlay in overlays(target, table) {
            if !holders.found.contains(&overlay) {
                holders.found.push(overlay);
            }
        }
    }
}

/// *Source*: `/sys/block/loopN/loop/backing_file`, one path.
fn loop_devices(host: &Host, target: &Target, table: &MountTable) -> Vec<Holder> {
    let Ok(entries) = std::fs::read_dir(&host.paths.block_devices) else { return Vec::new() };
    let backed = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_str().filter(|name| name.starts_with("loop"))?.to_owned();
        let text = read_text(&entry.path().join("loop/backing_file")).ok()?;
        let path = text.trim_end_matches('\n').to_owned();
        let busy = busy_at(Path::new(&path), target, table)?;
        Some(Holder::of_kernel(HolderKind::LoopDevice, Some(name), path, busy))
    };
    entries.flatten().filter_map(backed).collect()
}

/// *Source*: `/proc/swaps`, the path of each area with `\040`-like escapes first in its line.
fn swap_areas(host: &Host, target: &Target, table: &MountTable) -> Vec<Holder> {
    let Ok(text) = read_text(&host.paths.processes.join("swaps")) else { return Vec::new() };
    let area = |line: &str| {
        let path = unescape(line.split_whitespace().next()?.as_bytes());
        let busy = busy_at(Path::new(&path), target, table)?;
        Some(Holder::of_kernel(HolderKind::Swap, None, shown(path.as_ref()), busy))
    };
    text.lines().skip(1).filter_map(area).collect()
}

/// Mounts in our namespace: on a directory of the target, or of the same client elsewhere.
fn mounts(target: &Target, table: &MountTable) -> Vec<Holder> {
    let mut found = Vec::new();
    for mount in table.mounts.iter().filter(|mount| mount.id != target.mount_id) {
        let kind = if mount.parent == target.mount_id {
            HolderKind::MountBelow
        } else if target.is_of_client(mount) {
            HolderKind::BindMount
        } else {
            continue;
        };
        let (name, busy) = (Some(mount.fs_type.clone()), kind == HolderKind::MountBelow);
        found.push(Holder::of_kernel(kind, name, shown(&mount.directory), busy));
    }
    found
}

/// Overlays hold a private copy of the mount of each layer: not the mount, but its client.
fn overlays(target: &Target, table: &MountTable) -> Vec<Holder> {
    let has_layer = |option: &String| {
        let Some((name, paths)) = option.split_once('=') else { return false };
        LAYERS.contains(&name)
            && paths.split(':').any(|path| {
                busy_at(
                    &unescape(path.as_bytes())
                        .into_string()
                        .map_or_else(Into::into, std::path::PathBuf::from),
                    target,
                    table,
                )
                .is_some()
            })
    };
    table
        .mounts
        .iter()
        .filter(|mount| mount.fs_type == "overlay" && mount.super_options.iter().any(has_layer))
        .map(|mount| {
            let path = shown(&mount.directory);
            Holder::of_kernel(HolderKind::Overlay, Some("overlay".into()), path, false)
        })
        .collect()
}
