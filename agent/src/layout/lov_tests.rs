//! The attribute, byte for byte: kinds of layouts that were not captured as one.

use super::model::{
    Component, ComponentFlags, Composite, Fid, Foreign, Layout, Pattern, StripeObject, StripeUnit,
    Stripes,
};
use super::properties::layout;
use proptest::prelude::*;

const NONE: u16 = u16::MAX;

/// As Lustre keeps it: `lov_user_md_v1`, or `lov_user_md_v3` with a pool.
fn stripes(stripes: &Stripes) -> Vec<u8> {
    let magic: u32 = match (&stripes.pool, stripes.osts.first()) {
        (_, Some(StripeObject { fid: None, .. })) => 0x0BD5_0BD0,
        (Some(_), _) => 0x0BD3_0BD0,
        (None, _) => 0x0BD1_0BD0,
    };
    let size = match stripes.size {
        StripeUnit::Unset => 0,
        StripeUnit::Size(size) => size,
        StripeUnit::Extension(by) => by / 1024,
    };
    let count = u16::try_from(stripes.count).unwrap_or(NONE);
    let first = stripes.generation.or(stripes.first_ost);
    let mut bytes = [magic, stripes.pattern.0].map(u32::to_le_bytes).concat();
    bytes.extend([0; 16]);
    bytes.extend(u32::try_from(size).expect("small").to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(first.map_or(NONE, |first| u16::try_from(first).expect("small")).to_le_bytes());
    if magic != 0x0BD1_0BD0 {
        let mut pool = stripes.pool.clone().unwrap_or_default().into_bytes();
        pool.resize(16, 0);
        bytes.extend(pool);
    }
    for object in &stripes.osts {
        let fid = object.fid.unwrap_or(Fid { sequence: 0, object: 0, version: 0 });
        bytes.extend(fid.sequence.to_le_bytes());
        bytes.extend(u32::try_from(fid.object).expect("small").to_le_bytes());
        bytes.extend([fid.version, 0, object.ost].map(u32::to_le_bytes).concat());
    }
    bytes
}

/// `lov_comp_md_v1`: a head, a table of components, their stripes.
fn composite(composite: &Composite) -> Vec<u8> {
    let entries = u16::try_from(composite.components.len()).expect("few");
    let parts: Vec<Vec<u8>> =
        composite.components.iter().map(|component| stripes(&component.stripes)).collect();
    let table = 32 + 48 * parts.len();
    let whole = table + parts.iter().map(Vec::len).sum::<usize>();
    let mut bytes = [0x0BD6_0BD0, u32::try_from(whole).expect("small"), composite.generation]
        .map(u32::to_le_bytes)
        .concat();
    bytes.extend([0, entries, composite.mirrors - 1].map(u16::to_le_bytes).concat());
    bytes.resize(32, 0);
    let mut offset = u32::try_from(table).expect("small");
    for (component, part) in composite.components.iter().zip(&parts) {
        let length = u32::try_from(part.len()).expect("small");
        bytes.extend(
            [component.id.unwrap_or_default(), component.flags.0].map(u32::to_le_bytes).concat(),
        );
        bytes.extend(component.start.to_le_bytes());
        bytes.extend(component.end.unwrap_or(u64::MAX).to_le_bytes());
        bytes.extend([offset, length].map(u32::to_le_bytes).concat());
        bytes.extend([0; 16]);
        offset += length;
    }
    [bytes, parts.concat()].concat()
}

fn attribute(layout: &Layout) -> Vec<u8> {
    match layout {
        Layout::Plain(plain) => stripes(plain),
        Layout::Composite(all) => composite(all),
        Layout::Inherited { .. } | Layout::Foreign(_) => panic!("it has none"),
    }
}

proptest! {
    #[test]
    fn the_attribute_of_a_directory_is_read_as_its_layout(layout in layout()) {
        prop_assert_eq!(Layout::parse_lov(&attribute(&layout)), Ok(layout));
    }

    #[test]
    fn an_attribute_that_was_cut_is_no_layout(layout in layout(), at in any::<prop::sample::Index>()) {
        let bytes = attribute(&layout);
        let cut = &bytes[..at.index(bytes.len())];
        // Without its objects a plain layout is that of a directory that names no OST.
        let read = Layout::parse_lov(cut);
        prop_assert!(read.is_err() || matches!(layout, Layout::Plain(_)), "{read:?}");
    }
}

#[test]
fn a_mirrored_file_is_read_with_its_ids_and_objects() {
    let objects = |ost| StripeObject {
        ost,
        fid: Some(Fid { sequence: 0x2_8000_0401, object: 0x91, version: 0 }),
    };
    let component = |mirror: u16, ost: u32, flags: u32| Component {
        id: Some(u32::from(mirror) << 16 | u32::from(mirror)),
        mirror: Some(mirror),
        flags: ComponentFlags(flags),
        start: 0,
        end: None,
        stripes: Stripes {
            first_ost: Some(ost),
            osts: vec![objects(ost)],
            generation: Some(0),
            pool: Some("p1".into()),
            ..Stripes::new(1, 4 << 20)
        },
    };
    let components = vec![component(1, 0, 0x10), component(2, 3, 0x11)];
    let mirrored = Layout::Composite(Composite { mirrors: 2, generation: 2, components });
    assert_eq!(Layout::parse_lov(&attribute(&mirrored)), Ok(mirrored.clone()));
    assert!(
        mirrored
            .shown()
            .contains("mirror 2\n  0 - end            1 stripe of 4MiB, pool p1 (stale)")
    );
    assert_eq!(Layout::parse_text(&mirrored.getstripe_text()), Ok(mirrored));
}

#[test]
fn a_foreign_and_a_released_file_are_read() {
    let mut foreign = [0x0BD7_0BD0_u32, 10, 0, 0xda08].map(u32::to_le_bytes).concat();
    foreign.extend(b"some_value");
    let wanted = Foreign { value: "some_value".into(), kind: Some(0), flags: Some(0xda08) };
    assert_eq!(Layout::parse_lov(&foreign), Ok(Layout::Foreign(wanted)));
    let pattern = Pattern(Pattern::RELEASED.0 | Pattern::RAID0.0);
    let released = Stripes { pattern, ..Stripes::new(2, 1 << 20) };
    assert_eq!(Layout::parse_lov(&stripes(&released)), Ok(Layout::Plain(released)));
}

#[test]
fn an_object_of_the_first_sequence_has_a_number_only() {
    let mut bytes = stripes(&Stripes::new(1, 1 << 20));
    bytes.extend(7_u64.to_le_bytes());
    bytes.extend([0; 12]);
    bytes.extend(2_u32.to_le_bytes());
    let Ok(Layout::Plain(read)) = Layout::parse_lov(&bytes) else { panic!("{bytes:?}") };
    let fid = Some(Fid { sequence: 0, object: 7, version: 0 });
    assert_eq!(read.osts, [StripeObject { ost: 2, fid }]);
}
