//! What a layout means, in sentences; and what it is, in lines that a person reads.

use super::model::{Component, Composite, Layout, StripeUnit, Stripes, bytes};
use super::osts::ranges;
use super::shape::FileSystemShape;
use std::fmt::Write as _;

impl Layout {
    /// What it means for a file of that many bytes, and for one that grows.
    pub fn explained(&self, size: Option<u64>, shape: &FileSystemShape) -> String {
        let file = size
            .map_or_else(|| "A new file".to_owned(), |size| format!("A file of {}", rounded(size)));
        match self {
            Self::Inherited { shown: None } => {
                format!("{file} is laid out as the file system's own default says.")
            }
            Self::Inherited { shown: Some(stripes) } => {
                let now = stripes.place(size, shape);
                format!(
                    "{file} is laid out as the file system's own default says, which is just now: {now}."
                )
            }
            Self::Plain(stripes) if stripes.pattern.is_released() => {
                format!("{file} has its data in the archive only; reading it brings it back first.")
            }
            Self::Plain(stripes) => {
                let growth = stripes.growth();
                format!("{file} lies {}. {growth}", stripes.place(size, shape))
            }
            Self::Composite(composite) => composite.explained(&file, size, shape),
            Self::Foreign(_) => {
                format!("{file} holds no data of Lustre's: another program knows where they are.")
            }
        }
    }

    /// What it is: components, extents, stripes and OSTs, a line each.
    pub fn shown(&self) -> String {
        match self {
            Self::Inherited { shown: None } => "no default of its own: the file system's\n".into(),
            Self::Inherited { shown: Some(stripes) } => {
                format!("no default of its own; the file system's is {}\n", stripes.words())
            }
            Self::Plain(stripes) => format!("{}\n{}", stripes.words(), stripes.shown_osts("  ")),
            Self::Foreign(foreign) => {
                format!(
                    "foreign, not Lustre's own: {}\n",
                    fsxlustre_mount::failure::one_line(&foreign.value)
                )
            }
            Self::Composite(composite) => composite.shown(),
        }
    }
}

impl Composite {
    fn explained(&self, file: &str, size: Option<u64>, shape: &FileSystemShape) -> String {
        let mirrors = self.by_mirror();
        let first = mirrors.first().copied().unwrap_or_default();
        let reached = size.unwrap_or(u64::MAX);
        let (now, later): (Vec<_>, Vec<_>) =
            first.iter().partition(|component| component.start == 0 || component.start < reached);
        let parts = |components: Vec<&Component>, size: Option<u64>| {
            let parts = components
                .into_iter()
                .filter(|one| !one.is_empty())
                .map(|one| one.explained(size, shape));
            parts.collect::<Vec<_>>().join("; ")
        };
        let mut text = format!("{file} lies {}.", parts(now, size));
        let later = parts(later, None);
        if !later.is_empty() {
            let _ = write!(text, " As it grows: {later}.");
        }
        if let Some(end) = first.last().and_then(|last| last.end) {
            let _ = write!(text, " A write beyond {} fails (No data available).", bytes(end));
        }
        if mirrors.len() > 1 {
            let _ = write!(
                text,
                " It has {} mirrors, of which Lustre writes to one; `lfs mirror resync` brings the others up to date.",
                mirrors.len()
            );
        }
        text
    }

    fn shown(&self) -> String {
        let mut text = format!("{} components", self.components.len());
        let mirrors = self.by_mirror();
        if mirrors.len() > 1 {
            let _ = write!(text, " in {} mirrors", mirrors.len());
        }
        text.push('\n');
        for (index, mirror) in mirrors.iter().enumerate() {
            if mirrors.len() > 1 {
                let _ = writeln!(text, "mirror {}", index + 1);
            }
            for component in *mirror {
                text.push_str(&component.shown());
            }
        }
        text
    }
}

impl Component {
    /// Whether it waits to be extended.
    fn is_empty(&self) -> bool {
        self.end.is_some_and(|end| end <= self.start)
    }

    fn explained(&self, size: Option<u64>, shape: &FileSystemShape) -> String {
        let range = match (self.start, self.end) {
            (0, None) => "whole".to_owned(),
            (0, Some(end)) if size.is_some_and(|size| size <= end) => "whole".to_owned(),
            (0, Some(end)) => format!("up to {}", bytes(end)),
            (start, None) => format!("beyond {}", bytes(start)),
            (start, Some(end)) => format!("from {} to {}", bytes(start), bytes(end)),
        };
        let end = self.end.unwrap_or(u64::MAX);
        let length = size.map(|size| size.min(end).saturating_sub(self.start));
        format!("{range} {}", self.stripes.place(length, shape))
    }

    fn shown(&self) -> String {
        let end = self.end.map_or_else(|| "end".into(), bytes);
        let flags = self.flags.0 & !0x50;
        let flags = match flags {
            0 => String::new(),
            _ => format!(" ({})", super::model::ComponentFlags(flags)),
        };
        let extent = format!("{} - {end}", bytes(self.start));
        format!(
            "  {extent:<18} {}{flags}\n{}",
            self.stripes.words(),
            self.stripes.shown_osts("    ")
        )
    }
}

impl Stripes {
    /// `on 4 OSTs, 1MiB on each in turn`: where a range of that length lies.
    fn place(&self, length: Option<u64>, shape: &FileSystemShape) -> String {
        if self.pattern.is_mdt() {
            return "on the MDT".into();
        }
        let size = match self.size {
            StripeUnit::Extension(by) => {
                return format!(
                    "on the OSTs before it, {} at a time, and on others when those are full",
                    bytes(by)
                );
            }
            StripeUnit::Size(size) => Some(size),
            StripeUnit::Unset => None,
        };
        let of = self.pool.as_ref().map_or_else(String::new, |pool| format!(" of the pool {pool}"));
        // A file that ends in its first stripes lies on fewer OSTs.
        let filled = size.zip(length).map(|(size, length)| length.div_ceil(size.max(1)).max(1));
        let at_most = |count: u64| filled.map_or(count, |filled| filled.min(count));
        let (count, objects) = match (u64::try_from(self.count), self.most_osts(shape)) {
            (Ok(0), _) => (String::from("the number of OSTs that the file system gives"), 2),
            (Ok(count), Some(osts)) if self.pattern.is_overstriped() => {
                (format!("{}, {count} stripes in all", osts_of(at_most(osts.min(count)))), count)
            }
            (Ok(count), most) => {
                let count = at_most(most.map_or(count, |most| most.min(count)));
                (osts_of(count), count)
            }
            (Err(_), Some(osts)) => (osts_of(at_most(osts)), at_most(osts)),
            (Err(_), None) => (
                filled.filter(|filled| *filled == 1).map_or_else(|| "all OSTs".into(), osts_of),
                filled.unwrap_or(2),
            ),
        };
        let turn =
            size.filter(|_| objects > 1).map(|size| format!(", {} on each in turn", bytes(size)));
        format!("on {count}{of}{}", turn.unwrap_or_default())
    }

    /// How many OSTs there are to choose from.
    fn most_osts(&self, shape: &FileSystemShape) -> Option<u64> {
        let pools = shape.pools.as_ref();
        let pool = self.pool.as_ref().and_then(|pool| pools?.get(pool));
        match (&self.pool, pool) {
            (Some(_), None) => None,
            (_, Some(members)) => u64::try_from(members.len()).ok(),
            (None, None) => shape.ost_count().map(u64::from),
        }
    }

    fn growth(&self) -> &'static str {
        match self.count {
            1 => "It stays there however large it grows.",
            -1 => "As it grows, all OSTs fill alike.",
            _ => "As it grows, these OSTs fill alike.",
        }
    }

    /// `4 stripes of 1MiB, pool p1`.
    fn words(&self) -> String {
        if self.pattern.is_mdt() {
            return "on the MDT".into();
        }
        if let StripeUnit::Extension(by) = self.size {
            return format!("extended by {} at a time", bytes(by));
        }
        let mut text = match self.count {
            -1 => "a stripe on each OST".to_owned(),
            0 => "as many stripes as the file system gives".to_owned(),
            1 => "1 stripe".to_owned(),
            count => format!("{count} stripes"),
        };
        if let StripeUnit::Size(size) = self.size {
            let word = if self.count == -1 { ", stripes of" } else { " of" };
            let _ = write!(text, "{word} {}", bytes(size));
        }
        if self.pattern.is_overstriped() {
            text.push_str(", overstriped");
        }
        if self.pattern.is_released() {
            text.push_str(", released to the archive");
        }
        if let Some(pool) = &self.pool {
            let _ = write!(text, ", pool {pool}");
        }
        if let Some(first) =
            self.first_ost.filter(|_| self.osts.is_empty() && self.generation.is_none())
        {
            let _ = write!(text, ", first on OST {first}");
        }
        text
    }

    fn shown_osts(&self, indent: &str) -> String {
        if self.osts.is_empty() {
            return String::new();
        }
        let osts: Vec<u32> = self.ost_indices().collect();
        let name = if osts.len() == 1 { "OST" } else { "OSTs" };
        format!("{indent}{name} {}\n", ranges(&osts))
    }
}

fn osts_of(count: u64) -> String {
    if count == 1 { "1 OST".into() } else { format!("{count} OSTs") }
}

/// A size to at most one digit behind the point.
fn rounded(size: u64) -> String {
    let units = [(1_u64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(unit, _)| size >= *unit) {
        Some((unit, name)) => {
            let tenths = u128::from(size) * 10 / u128::from(unit);
            match (tenths / 10, tenths % 10) {
                (whole, 0) => format!("{whole}{name}"),
                (whole, tenth) => format!("{whole}.{tenth}{name}"),
            }
        }
        None if size == 1 => "1 byte".into(),
        None => format!("{size} bytes"),
    }
}
