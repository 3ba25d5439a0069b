//! What is to be done about a directory: what stands and what is wanted in, a decision out. Pure.

use super::model::Layout;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// New files get the layout that is wanted: nothing.
    Holds,
    /// It is to be set.
    Set,
    /// Somebody else decided otherwise; why it is left alone.
    Leave(String),
}

/// What is known of a directory's layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present<'a> {
    /// Its default, or the file system's where it has none and the client shows that.
    pub found: &'a Layout,
    /// It is the root of its file system.
    pub is_root: bool,
    /// The default of the file system's root, where it can be seen.
    pub of_root: Option<&'a Layout>,
}

/// Decides. `replace` says that what somebody set may go.
///
/// A client shows the root's default for a directory that has none of its own, so what equals the
/// root's is nobody's decision about this directory.
pub fn decide(wanted: &Layout, present: &Present<'_>, replace: bool) -> Decision {
    let Present { found, is_root, of_root } = present;
    if wanted.is_met_by(found) {
        return Decision::Holds;
    }
    if replace {
        return Decision::Set;
    }
    if *is_root {
        return Decision::Leave(format!(
            "it is the root of its file system, whose default counts for every directory without one; \
             it has {found}"
        ));
    }
    let is_inherited =
        matches!(found, Layout::Inherited { .. }) || of_root.is_some_and(|root| root == *found);
    if is_inherited { Decision::Set } else { Decision::Leave(format!("somebody set {found}")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Stripes;

    fn plain(count: i32) -> Layout {
        Layout::Plain(Stripes::new(count, 1 << 20))
    }

    #[test]
    fn what_somebody_set_stays_unless_it_is_to_be_replaced() {
        let none = Layout::Inherited { shown: None };
        let of = |found, is_root, of_root| Present { found, is_root, of_root };
        let (two, four) = (plain(2), plain(4));
        assert_eq!(decide(&two, &of(&two, true, None), false), Decision::Holds);
        assert_eq!(decide(&two, &of(&none, false, None), false), Decision::Set);
        assert_eq!(
            decide(&two, &of(&four, false, Some(&four)), false),
            Decision::Set,
            "the root's"
        );
        for (found, is_root, of_root) in [
            (&four, false, None),
            (&four, false, Some(&none)),
            (&none, true, Some(&none)),
            (&four, true, Some(&four)),
        ] {
            let present = of(found, is_root, of_root);
            assert!(matches!(decide(&two, &present, false), Decision::Leave(_)), "{present:?}");
            assert_eq!(decide(&two, &present, true), Decision::Set);
        }
    }
}
