//! What is wrong with a layout on a file system: also what Lustre would take without a word.
//!
//! *Source*: captures of 2.15.8 (`-c 10` on 4 OSTs gives 4, a pool that does not exist is taken, a list
//! without an end gives ENODATA to who writes behind it); the rules of `llapi_layout_sanity` for
//! components.

use super::model::{Component, Composite, Layout, StripeUnit, Stripes, bytes};
use super::osts;
use super::problem::LayoutProblem;
use super::shape::FileSystemShape;
use super::stripe_size::{LARGEST_STRIPE_SIZE, UNIT};

/// The most stripes of one component (`LOV_MAX_STRIPE_COUNT`).
pub(super) const MOST_STRIPES: i32 = 2000;
/// The most mirrors of a file (`LUSTRE_MIRROR_COUNT_MAX`).
const MOST_MIRRORS: u16 = 16;

impl Layout {
    /// Everything that is wrong with it on this file system, the plainest first.
    pub fn problems(&self, shape: &FileSystemShape) -> Vec<LayoutProblem> {
        let mut problems = match self {
            Self::Inherited { .. } | Self::Foreign(_) => Vec::new(),
            Self::Plain(stripes) if stripes.pattern.is_mdt() => vec![LayoutProblem::new(
                "a file cannot lie on the MDT whole",
                "say how much of it does: on_mdt = \"64KiB\" (-E 64K -L mdt -E -1 -c 1)",
            )],
            Self::Plain(stripes) => stripes.problems(shape),
            Self::Composite(composite) => composite.problems(shape),
        };
        problems.extend(self.lacking(shape));
        problems
    }

    /// What a user should know before it is applied.
    pub fn notes(&self, shape: &FileSystemShape) -> Vec<String> {
        let mut notes: Vec<String> = self.unchecked_features(shape).into_iter().collect();
        let Self::Composite(composite) = self else { return notes };
        if composite.mirrors > 1 {
            notes.push(
                "Lustre writes to one mirror and marks the others as stale: `lfs mirror resync FILE` \
                 brings them up to date"
                    .into(),
            );
        }
        let on_mdt = composite.components.iter().any(|one| one.stripes.pattern.is_mdt());
        if on_mdt && shape.most_on_mdt.is_none() {
            notes.push(
                "how much of a file an MDT takes (dom_stripesize, 1 MiB unless somebody changed it) \
                 cannot be read here"
                    .into(),
            );
        }
        notes
    }
}

impl Composite {
    fn problems(&self, shape: &FileSystemShape) -> Vec<LayoutProblem> {
        let mut problems = Vec::new();
        let mirrors = self.by_mirror();
        if self.mirrors > MOST_MIRRORS {
            problems.push(LayoutProblem::new(
                format!("{} mirrors are more than Lustre has", self.mirrors),
                "say 2 to 16",
            ));
        }
        if mirrors.len() != usize::from(self.mirrors) {
            problems.push(LayoutProblem::new(
                "a component begins at 0 in the middle of the list",
                "let each part begin where the one before it ends",
            ));
        }
        for mirror in mirrors {
            problems.extend(chain(mirror));
            for (index, component) in mirror.iter().enumerate() {
                let is_base = mirror.get(index + 1).is_some_and(Component::is_extension);
                problems.extend(component.problems(is_base, shape));
            }
        }
        problems
    }
}

/// What is wrong with how the components of one mirror follow each other.
fn chain(mirror: &[Component]) -> Vec<LayoutProblem> {
    let mut problems = Vec::new();
    let mut before: Option<&Component> = None;
    for (index, component) in mirror.iter().enumerate() {
        let is_extended = mirror.get(index + 1).is_some_and(Component::is_extension);
        match before.map_or(Some(0), |before| before.end) {
            None => problems.push(LayoutProblem::new(
                "a part stands behind the one that reaches to the end of the file",
                "let only the last part have until = \"end\" (-E -1)",
            )),
            Some(begins) => problems.extend(order_problem(component, begins, is_extended)),
        }
        problems.extend(before.and_then(|before| component.step_problem(before)));
        let is_first = before.is_none();
        if component.stripes.pattern.is_mdt() && !is_first {
            problems.push(LayoutProblem::new(
                "only the first part of a file can lie on the MDT",
                "put on_mdt (-E SIZE -L mdt) before all other parts",
            ));
        }
        let after_mdt = before.is_some_and(|before| before.stripes.pattern.is_mdt());
        if component.is_extension() && (is_first || after_mdt) {
            problems.push(LayoutProblem::new(
                "what lies on the MDT cannot extend itself",
                "say extend_by (-z) for a part on OSTs",
            ));
        }
        before = Some(component);
    }
    if let Some(end) = before.and_then(|last| last.end) {
        problems.push(LayoutProblem::new(
            format!(
                "the last part ends at {0}: a write beyond {0} would fail (No data available)",
                bytes(end)
            ),
            "give the last part until = \"end\" (-E -1)",
        ));
    }
    problems
}

/// A component that waits to be extended has no length yet, unless it is the first.
fn order_problem(component: &Component, begins: u64, is_extended: bool) -> Option<LayoutProblem> {
    let end = component.end?;
    let may_be_empty = is_extended && begins > 0;
    let is_behind = end > begins || (end == begins && may_be_empty) || component.is_extension();
    (!is_behind).then(|| {
        LayoutProblem::new(
            format!("a part ends at {}, and the one before it at {}", bytes(end), bytes(begins)),
            "write the parts in the order of their ends, each larger than the one before",
        )
    })
}

impl Component {
    /// A step by which a part is extended ends at the end of a stripe.
    fn step_problem(&self, base: &Self) -> Option<LayoutProblem> {
        let (StripeUnit::Extension(by), StripeUnit::Size(size)) =
            (self.stripes.size, base.stripes.size)
        else {
            return None;
        };
        let fits = size == 0 || !by.is_multiple_of(UNIT) || by.is_multiple_of(size);
        (!fits).then(|| {
            LayoutProblem::new(
                format!("a part is extended by {} and has stripes of {}", bytes(by), bytes(size)),
                format!(
                    "extend it by a multiple of its stripe size, such as {}",
                    bytes(by.next_multiple_of(size))
                ),
            )
        })
    }

    /// `is_base`: the next one says by how much this one is extended.
    fn problems(&self, is_base: bool, shape: &FileSystemShape) -> Vec<LayoutProblem> {
        let mut problems = Vec::new();
        if let Some(end) = self.end.filter(|end| !end.is_multiple_of(UNIT)) {
            problems.push(LayoutProblem::new(
                format!("a part ends at {end} bytes, which is no multiple of 64KiB"),
                format!("write {}", bytes(end.next_multiple_of(UNIT))),
            ));
        }
        if self.stripes.pattern.is_mdt() {
            problems.extend(self.mdt_problem(shape));
            return problems;
        }
        if let StripeUnit::Extension(by) = self.stripes.size {
            problems.extend(self.extension_problem(by));
            return problems;
        }
        if let (Some(end), StripeUnit::Size(size)) = (self.end, self.stripes.size)
            && size > 0
            && end.is_multiple_of(UNIT)
            && end > self.start
            && !is_base
            && !end.is_multiple_of(size)
        {
            problems.push(LayoutProblem::new(
                format!(
                    "a part ends at {}, in the middle of a stripe of {}",
                    bytes(end),
                    bytes(size)
                ),
                "end it at a multiple of its stripe size, or make the stripe size smaller",
            ));
        }
        problems.extend(self.stripes.problems(shape));
        problems
    }

    fn mdt_problem(&self, shape: &FileSystemShape) -> Option<LayoutProblem> {
        let most = shape.most_on_mdt();
        let Some(end) = self.end else {
            return Some(LayoutProblem::new(
                "a file cannot lie on the MDT to its end",
                format!("let the part on the MDT end at {} or before", bytes(most)),
            ));
        };
        if most == 0 {
            return Some(LayoutProblem::new(
                "this file system's MDT takes no data of files",
                "leave out on_mdt (-L mdt)",
            ));
        }
        (end > most).then(|| {
            let because = format!(
                "{} of each file are too much for the MDT, which takes {}",
                bytes(end),
                bytes(most)
            );
            LayoutProblem::new(because, format!("say {} or less", bytes(most)))
        })
    }

    fn extension_problem(&self, by: u64) -> Option<LayoutProblem> {
        if by < UNIT || !by.is_multiple_of(UNIT) {
            return Some(LayoutProblem::new(
                format!("a part cannot be extended by {by} bytes at a time"),
                format!("write {}, a multiple of 64KiB", bytes(by.max(1).next_multiple_of(UNIT))),
            ));
        }
        let has_room = self.end.is_none_or(|end| end > self.start);
        (!has_room).then(|| {
            LayoutProblem::new(
                format!("there is no room to extend a part by {}", bytes(by)),
                "let the part be longer than extend_by (-z)",
            )
        })
    }
}

impl Stripes {
    fn problems(&self, shape: &FileSystemShape) -> Vec<LayoutProblem> {
        let mut problems = Vec::new();
        problems.extend(self.count_problem());
        problems.extend(self.size_problem());
        let found = osts::problems(self, shape);
        // What does not fit any file system is said once.
        if problems.is_empty() {
            problems.extend(found);
        }
        problems
    }

    fn count_problem(&self) -> Option<LayoutProblem> {
        let count = self.count;
        if (1..=MOST_STRIPES).contains(&count) || (count == -1 && !self.pattern.is_overstriped()) {
            return None;
        }
        if self.pattern.is_overstriped() {
            return Some(LayoutProblem::new(
                format!("{count} stripes cannot be spread over OSTs more than once"),
                "say how many stripes a file has, 1 to 2000, with overstripe (-C)",
            ));
        }
        // Raw arguments may leave it to the file system.
        (count != 0 || self.generation.is_some()).then(|| {
            LayoutProblem::new(
                format!("a stripe count of {count} is not one"),
                "stripe_count is 1 to 2000, or -1 for all OSTs",
            )
        })
    }

    fn size_problem(&self) -> Option<LayoutProblem> {
        let StripeUnit::Size(size) = self.size else { return None };
        if !size.is_multiple_of(UNIT) {
            return Some(LayoutProblem::new(
                format!("a stripe size is a multiple of 64KiB, not {size} bytes"),
                format!("write {}", bytes(size.next_multiple_of(UNIT))),
            ));
        }
        (!(UNIT..=LARGEST_STRIPE_SIZE).contains(&size)).then(|| {
            LayoutProblem::new(
                format!("a stripe size of {} is not one", bytes(size)),
                "a stripe size is 64KiB to just below 4GiB, such as 4MiB",
            )
        })
    }
}
