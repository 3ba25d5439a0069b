//! The extended attribute `lustre.lov`: a layout's bytes as the kernel hands them out (`60_more/xattr_lov`,
//! `20_layout/getfattr_lov`). Little-endian; the structures are `lov_user_md` and `lov_comp_md_v1` of lustre_user.h.

use super::print::{FID_SEQUENCE, component_id};
use super::{Component, FileLayout, Layout, Object, Pattern};

const MAGIC_PLAIN: u32 = 0x0BD1_0BD0;
const MAGIC_POOL: u32 = 0x0BD3_0BD0;
const MAGIC_COMPOSITE: u32 = 0x0BD6_0BD0;
/// `LCME_FL_INIT` and `LCME_FL_EXTENSION`.
const INSTANTIATED: u32 = 0x10;
const EXTENSION: u32 = 0x40;
/// `LCM_FL_RDONLY`: a mirrored file whose mirrors agree.
const MIRRORS_AGREE: u16 = 1;
/// `SEL_UNIT_SIZE`: what the size of an extension is counted in.
const EXTENSION_UNIT: u64 = 1024;

/// The attribute of a directory with a default.
pub fn of_directory(layout: &Layout) -> Vec<u8> {
    let part = |component: &Component| {
        // What nobody said is zero here; `lfs` prints the file system's own value instead.
        let offset = component.first_ost.unwrap_or(0xffff);
        striping(component, component.count, offset, None, &[])
    };
    if !layout.composite {
        return part(&layout.components[0]);
    }
    let parts: Vec<Vec<u8>> = layout.components.iter().map(part).collect();
    let flags = |component: &Component| if component.is_extension { EXTENSION } else { 0 };
    composite(layout, [0, 0], &parts, |index| (0, flags(&layout.components[index])))
}

/// The attribute of a file of `bytes` bytes.
pub fn of_file(file: &FileLayout, bytes: u64) -> Vec<u8> {
    let layout = &file.layout;
    if !layout.composite {
        let (count, objects) = (file.stripes(0), file.objects(0));
        let count = i32::try_from(count).unwrap_or(0);
        return striping(&layout.components[0], count, 0, Some(file.inode), &objects);
    }
    let exists = |index: usize| file.is_instantiated(index, bytes);
    let part = |(index, component): (usize, &Component)| {
        let (count, objects, offset) = match exists(index) {
            true => (i32::try_from(file.stripes(index)).unwrap_or(0), file.objects(index), 0),
            false => (component.asked_count(), Vec::new(), 0xffff),
        };
        striping(component, count, offset, None, &objects)
    };
    let parts: Vec<Vec<u8>> = layout.components.iter().enumerate().map(part).collect();
    let grown = (0..parts.len()).filter(|index| exists(*index) && !layout.is_first(*index)).count();
    let generation = u32::try_from(parts.len() + grown).unwrap_or(0);
    let flags = if layout.mirrors() > 1 { MIRRORS_AGREE } else { 0 };
    composite(layout, [generation, flags.into()], &parts, |index| {
        let flags = match exists(index) {
            true => INSTANTIATED,
            false if layout.components[index].is_extension => EXTENSION,
            false => 0,
        };
        (u32::try_from(component_id(layout, index)).unwrap_or(0), flags)
    })
}

/// `lov_user_md_v1`, or `_v3` where there is a pool.
fn striping(
    component: &Component,
    count: i32,
    offset: u32,
    inode: Option<u64>,
    objects: &[Object],
) -> Vec<u8> {
    let magic = if component.pool.is_some() { MAGIC_POOL } else { MAGIC_PLAIN };
    let pattern: u32 = match component.pattern {
        Pattern::Mdt => 0x100,
        Pattern::Raid0 if component.overstriped => 0x201,
        Pattern::Raid0 => 1,
    };
    let unit = if component.is_extension { EXTENSION_UNIT } else { 1 };
    let size = u32::try_from(component.stripe_bytes / unit).unwrap_or(0);
    let mut bytes = Vec::new();
    bytes.extend(magic.to_le_bytes());
    bytes.extend(pattern.to_le_bytes());
    bytes.extend(inode.unwrap_or(0).to_le_bytes());
    bytes.extend(inode.map_or(0, |_| FID_SEQUENCE).to_le_bytes());
    bytes.extend(size.to_le_bytes());
    // -1, all OSTs, is 0xffff; data on the MDT has no stripes and begins nowhere.
    let count = if component.pattern == Pattern::Mdt { 0 } else { count };
    let offset = if component.pattern == Pattern::Mdt && inode.is_none() { 0 } else { offset };
    bytes.extend(count.to_le_bytes()[..2].iter());
    bytes.extend(offset.to_le_bytes()[..2].iter());
    if let Some(pool) = &component.pool {
        let mut name = [0; 16];
        name[..pool.len()].copy_from_slice(pool.as_bytes());
        bytes.extend(name);
    }
    for object in objects {
        bytes.extend(object.sequence().to_le_bytes());
        bytes.extend(u32::try_from(object.id).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend([0; 8]);
        bytes.extend(u32::try_from(object.ost).unwrap_or(0).to_le_bytes());
    }
    bytes
}

/// `lov_comp_md_v1`: a header, an entry for each component, then the components.
fn composite(
    layout: &Layout,
    [generation, flags]: [u32; 2],
    parts: &[Vec<u8>],
    entry: impl Fn(usize) -> (u32, u32),
) -> Vec<u8> {
    let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let mut offset = 32 + 48 * parts.len();
    let size = offset + parts.iter().map(Vec::len).sum::<usize>();
    let mut bytes = Vec::new();
    bytes.extend(MAGIC_COMPOSITE.to_le_bytes());
    bytes.extend(number(size).to_le_bytes());
    bytes.extend(generation.to_le_bytes());
    bytes.extend(&flags.to_le_bytes()[..2]);
    bytes.extend(&number(parts.len()).to_le_bytes()[..2]);
    // One less than there are.
    bytes.extend(&number(layout.mirrors() - 1).to_le_bytes()[..2]);
    bytes.resize(32, 0);
    for (index, (component, part)) in layout.components.iter().zip(parts).enumerate() {
        let (id, flags) = entry(index);
        bytes.extend(id.to_le_bytes());
        bytes.extend(flags.to_le_bytes());
        bytes.extend(layout.start(index).to_le_bytes());
        bytes.extend(component.end.unwrap_or(u64::MAX).to_le_bytes());
        bytes.extend(number(offset).to_le_bytes());
        bytes.extend(number(part.len()).to_le_bytes());
        bytes.extend([0; 16]);
        offset += part.len();
    }
    bytes.extend(parts.concat());
    bytes
}
