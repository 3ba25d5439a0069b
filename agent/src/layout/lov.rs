//! Reads the attribute `lustre.lov`, which holds a layout whole: no process is needed.
//!
//! *Source*: `lov_user_md_v1`, `lov_user_md_v3`, `lov_comp_md_v1`, `lov_foreign_md` in
//! `lustre_user.h`, little-endian; captures of 2.15.8. A directory without a default of its own has no
//! such attribute. What `lfs getstripe` fills in for a directory is 0 here: [`StripeUnit::Unset`].

use super::model::{
    Component, ComponentFlags, Composite, Fid, Foreign, Layout, Pattern, StripeObject, StripeUnit,
    Stripes,
};
use super::text_error::LayoutTextError;

const PLAIN: u32 = 0x0BD1_0BD0;
const WITH_POOL: u32 = 0x0BD3_0BD0;
/// A directory's default that names its OSTs one by one.
const WITH_LIST: u32 = 0x0BD5_0BD0;
const COMPOSITE: u32 = 0x0BD6_0BD0;
const FOREIGN: u32 = 0x0BD7_0BD0;

/// The largest attribute of Linux.
const LONGEST: usize = 64 << 10;
const PLAIN_HEADER: usize = 32;
const POOL_NAME: usize = 16;
const OBJECT: usize = 24;
const COMPOSITE_HEADER: usize = 32;
const ENTRY: usize = 48;
/// An extension's size is kept in this unit, bytes.
const EXTENSION_UNIT: u64 = 1024;

type Read<T> = Result<T, LayoutTextError>;

impl Layout {
    /// Reads the attribute `lustre.lov` of a directory or a file.
    ///
    /// # Errors
    /// [`LayoutTextError::Bytes`], with the place.
    pub fn parse_lov(bytes: &[u8]) -> Result<Self, LayoutTextError> {
        if bytes.len() > LONGEST {
            return Err(wrong(0, "an attribute has at most 64 KiB"));
        }
        let bytes = Bytes { bytes, base: 0 };
        match bytes.u32(0)? {
            COMPOSITE => composite(bytes).map(Self::Composite),
            FOREIGN => foreign(bytes).map(Self::Foreign),
            _ => stripes(bytes, ComponentFlags::default(), None).map(Self::Plain),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Bytes<'a> {
    bytes: &'a [u8],
    /// Where they stand in the whole.
    base: usize,
}

impl<'a> Bytes<'a> {
    fn part(self, offset: usize, length: usize) -> Read<Self> {
        let end = offset.saturating_add(length);
        let bytes = self.bytes.get(offset..end);
        let bytes = bytes.ok_or_else(|| wrong(self.base + offset, "it ends too soon"))?;
        Ok(Self { bytes, base: self.base + offset })
    }
    fn array<const N: usize>(self, offset: usize) -> Read<[u8; N]> {
        let part: Bytes<'a> = self.part(offset, N)?;
        part.bytes.try_into().map_err(|_| wrong(part.base, "it ends too soon"))
    }
    fn u16(self, offset: usize) -> Read<u16> {
        self.array(offset).map(u16::from_le_bytes)
    }
    fn u32(self, offset: usize) -> Read<u32> {
        self.array(offset).map(u32::from_le_bytes)
    }
    fn u64(self, offset: usize) -> Read<u64> {
        self.array(offset).map(u64::from_le_bytes)
    }
    fn size(self, offset: usize) -> Read<usize> {
        let size = self.u32(offset)?;
        usize::try_from(size).map_err(|_| wrong(self.base + offset, "it is too large"))
    }
}

fn wrong(offset: usize, because: &str) -> LayoutTextError {
    LayoutTextError::Bytes { offset, because: because.to_owned() }
}

fn composite(bytes: Bytes<'_>) -> Read<Composite> {
    let (generation, entries) = (bytes.u32(8)?, bytes.u16(14)?);
    // One less than there are, so that 0 is a layout without mirrors.
    let mirrors = bytes.u16(16)?.saturating_add(1);
    if entries == 0 {
        return Err(wrong(14, "it has no component"));
    }
    let component = |index: u16| {
        entry(bytes, bytes.part(COMPOSITE_HEADER + ENTRY * usize::from(index), ENTRY)?)
    };
    let components = (0..entries).map(component).collect::<Read<Vec<_>>>()?;
    Ok(Composite { mirrors, generation, components })
}

/// One component: its entry in the table, and what that points to.
fn entry(whole: Bytes<'_>, entry: Bytes<'_>) -> Read<Component> {
    let id = Some(entry.u32(0)?).filter(|id| *id != 0);
    let flags = ComponentFlags(entry.u32(4)?);
    let (start, end) = (entry.u64(8)?, entry.u64(16)?);
    let part = whole.part(entry.size(24)?, entry.size(28)?)?;
    let stripes = stripes(part, flags, id)?;
    Ok(Component {
        id,
        // The upper half of an id, which a default has not.
        mirror: id.and_then(|id| u16::try_from((id & 0x7fff_0000) >> 16).ok()),
        flags,
        start,
        end: Some(end).filter(|end| *end != u64::MAX),
        stripes,
    })
}

fn stripes(bytes: Bytes<'_>, flags: ComponentFlags, id: Option<u32>) -> Read<Stripes> {
    let magic = bytes.u32(0)?;
    let has_pool = match magic {
        PLAIN => false,
        WITH_POOL | WITH_LIST => true,
        _ => return Err(wrong(bytes.base, "it is no kind of layout that fsxlustre knows")),
    };
    let count = bytes.u16(28)?;
    let objects_at = PLAIN_HEADER + if has_pool { POOL_NAME } else { 0 };
    let osts = objects(bytes, objects_at, count)?;
    let last = bytes.u16(30)?;
    let is_file = id.is_some() || (magic != WITH_LIST && !osts.is_empty());
    let has_objects = is_file && !osts.is_empty();
    let offset = Some(u32::from(last)).filter(|offset| *offset != u32::from(u16::MAX));
    // A size of 0 is one that nobody set.
    let size = match u64::from(bytes.u32(24)?) {
        size if flags.has(ComponentFlags::EXTENSION) => {
            StripeUnit::Extension(size * EXTENSION_UNIT)
        }
        0 => StripeUnit::Unset,
        size => StripeUnit::Size(size),
    };
    Ok(Stripes {
        count: match (flags.has(ComponentFlags::EXTENSION), count) {
            (true, _) => 0,
            (false, u16::MAX) => -1,
            (false, count) => i32::from(count),
        },
        size,
        pattern: Pattern(bytes.u32(4)?),
        first_ost: osts.first().map(|first| first.ost).or(offset),
        osts,
        pool: if has_pool { pool(bytes.part(PLAIN_HEADER, POOL_NAME)?)? } else { None },
        // The same two bytes are the generation of objects and the wish for a first OST.
        generation: match (is_file, has_objects) {
            (false, _) => None,
            (true, true) => Some(u32::from(last)),
            (true, false) => Some(0),
        },
    })
}

fn objects(bytes: Bytes<'_>, from: usize, count: u16) -> Read<Vec<StripeObject>> {
    let room = bytes.bytes.len().saturating_sub(from) / OBJECT;
    let objects = if count == u16::MAX { room } else { room.min(usize::from(count)) };
    let object = |index: usize| {
        let object = bytes.part(from + index * OBJECT, OBJECT)?;
        let (first, second) = (object.u64(0)?, object.u64(8)?);
        // Objects of the first sequence are kept as number and sequence 0, all others as a FID.
        let fid = if second == 0 {
            Fid { sequence: 0, object: first, version: 0 }
        } else {
            Fid { sequence: first, object: second & 0xffff_ffff, version: object.u32(12)? }
        };
        Ok(StripeObject {
            ost: object.u32(20)?,
            fid: Some(fid).filter(|_| first != 0 || second != 0),
        })
    };
    (0..objects).map(object).collect()
}

fn pool(bytes: Bytes<'_>) -> Read<Option<String>> {
    let name = bytes.bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    if !name.iter().all(u8::is_ascii_graphic) {
        return Err(wrong(bytes.base, "the name of the pool is not text"));
    }
    Ok(String::from_utf8(name.to_vec()).ok().filter(|name| !name.is_empty()))
}

fn foreign(bytes: Bytes<'_>) -> Read<Foreign> {
    let value = bytes.part(16, bytes.size(4)?)?;
    Ok(Foreign {
        value: String::from_utf8_lossy(value.bytes).into_owned(),
        kind: Some(bytes.u32(8)?),
        flags: Some(bytes.u32(12)?),
    })
}
