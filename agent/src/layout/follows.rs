//! Whether a file has the layout that its directory hands out today. Pure.
//!
//! A file's layout is what the default came to when the file was made: -1 stripes are as many as there
//! were OSTs, a stripe is no longer than its component, and what grows has grown. On which OST a file
//! begins is not compared.

use super::model::{Component, ComponentFlags, Composite, Layout, StripeUnit, Stripes};

/// How many OSTs a pool has, or the file system; `None` where that is not known.
pub(super) type Width<'a> = &'a dyn Fn(Option<&str>) -> Option<u32>;

/// Whether a file's layout is one that `wanted` gives to new files.
pub(super) fn follows(wanted: &Layout, file: &Layout, width: Width<'_>) -> bool {
    match (wanted, file) {
        (Layout::Inherited { .. }, _) => true,
        (Layout::Plain(wanted), Layout::Plain(file)) => {
            stripes_follow(wanted, file, Exists::Yes, None, width)
        }
        (Layout::Composite(wanted), Layout::Composite(file)) => parts_follow(wanted, file, width),
        _ => false,
    }
}

/// Whether a component's objects exist.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exists {
    Yes,
    NotYet,
}

fn parts_follow(wanted: &Composite, file: &Composite, width: Width<'_>) -> bool {
    let (wanted, file) = (wanted.by_mirror(), file.by_mirror());
    let mirror_follows = |(wanted, file): (&&[Component], &&[Component])| {
        let grows = wanted.iter().any(Component::is_extension);
        let solid = |part: &&Component| !part.is_extension();
        let wanted: Vec<_> = wanted.iter().filter(solid).collect();
        let file: Vec<_> = file.iter().filter(solid).collect();
        let follow = |(wanted, file): (&&Component, &&Component)| {
            let same_range = (wanted.start, wanted.end) == (file.start, file.end);
            let exists =
                if file.flags.has(ComponentFlags::INIT) { Exists::Yes } else { Exists::NotYet };
            (grows || same_range)
                && stripes_follow(&wanted.stripes, &file.stripes, exists, wanted.end, width)
        };
        wanted.len() == file.len() && wanted.iter().zip(&file).all(follow)
    };
    wanted.len() == file.len() && wanted.iter().zip(&file).all(mirror_follows)
}

fn stripes_follow(
    wanted: &Stripes,
    file: &Stripes,
    exists: Exists,
    end: Option<u64>,
    width: Width<'_>,
) -> bool {
    if wanted.pattern.kind() != file.pattern.kind() {
        return false;
    }
    if wanted.pattern.is_mdt() {
        return true;
    }
    let size_follows = match (wanted.size, file.size) {
        (StripeUnit::Size(wanted), StripeUnit::Size(file)) => {
            file == wanted || end.is_some_and(|end| file == end.min(wanted))
        }
        (StripeUnit::Unset, _) => true,
        (wanted, file) => wanted == file,
    };
    let count_follows = wanted.count == 0
        || wanted.count == file.count
        || (exists == Exists::Yes && file.count == resolved(wanted, width).unwrap_or(file.count));
    size_follows && count_follows && wanted.pool == file.pool
}

/// How many stripes a count comes to; `None` where nobody can say.
fn resolved(wanted: &Stripes, width: Width<'_>) -> Option<i32> {
    if wanted.pattern.is_overstriped() && wanted.count > 0 {
        return Some(wanted.count);
    }
    let width = i32::try_from(width(wanted.pool.as_deref())?).ok()?;
    Some(if wanted.count < 0 { width } else { wanted.count.min(width) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "as wide as any pool")]
    fn four(_: Option<&str>) -> Option<u32> {
        Some(4)
    }

    fn plain(count: i32, size: u64) -> Layout {
        Layout::Plain(Stripes::new(count, size))
    }

    #[test]
    fn counts_come_to_what_there_is() {
        for (wanted, file, follows_it) in [
            (2, 2, true),
            (2, 1, false),
            (-1, 4, true),
            (-1, 2, false),
            (10, 4, true),
            (10, 10, true),
            (0, 3, true),
        ] {
            let found = follows(&plain(wanted, 1 << 20), &plain(file, 1 << 20), &four);
            assert_eq!(found, follows_it, "{wanted} {file}");
        }
        assert!(!follows(&plain(2, 1 << 20), &plain(2, 4 << 20), &four));
        assert!(follows(&plain(-1, 1 << 20), &plain(3, 1 << 20), &|_| None), "nobody knows");
    }

    #[test]
    fn parts_are_compared_as_they_came_to_be() {
        let part = |start, end, count, flags: u32| Component {
            flags: ComponentFlags(flags),
            ..Component::of_default(start, end, Stripes::new(count, 4 << 20))
        };
        let of =
            |components| Layout::Composite(Composite { mirrors: 1, generation: 0, components });
        let wanted = of(vec![part(0, Some(1 << 20), 1, 0), part(1 << 20, None, -1, 0)]);
        let mut young = vec![part(0, Some(1 << 20), 1, 0x10), part(1 << 20, None, -1, 0)];
        for first in &mut young[..1] {
            first.stripes.size = StripeUnit::Size(1 << 20);
        }
        assert!(follows(&wanted, &of(young.clone()), &four), "no stripe is longer than its part");
        let mut grown = young.clone();
        grown[1] = part(1 << 20, None, 4, 0x10);
        assert!(follows(&wanted, &of(grown.clone()), &four));
        grown[1] = part(1 << 20, None, 2, 0x10);
        assert!(!follows(&wanted, &of(grown), &four));
        assert!(!follows(&wanted, &plain(1, 4 << 20), &four));
        young[1].start = 2 << 20;
        assert!(!follows(&wanted, &of(young), &four));
    }
}
