//! Whether what stands is what is wanted.

use super::model::{Component, Composite, Layout, StripeUnit, Stripes};

impl Layout {
    /// Whether a directory's default is this one.
    ///
    /// Ids, generations, objects and the flags that come with data are not looked at, nor the stripe size on
    /// an MDT. What this layout does not say (a count of 0, [`StripeUnit::Unset`]) holds with anything.
    /// The reverse does not: a default that leaves its size to the file system is not the same as one
    /// that names it, which only the attribute tells apart, since `lfs getstripe` fills the size in.
    pub fn is_met_by(&self, found: &Self) -> bool {
        match (self, found) {
            (Self::Inherited { .. }, Self::Inherited { .. }) => true,
            (Self::Plain(wanted), Self::Plain(found)) => wanted.is_met_by(found),
            (Self::Composite(wanted), Self::Composite(found)) => wanted.is_met_by(found),
            (Self::Foreign(wanted), Self::Foreign(found)) => wanted.value == found.value,
            _ => false,
        }
    }
}

impl Composite {
    fn is_met_by(&self, found: &Self) -> bool {
        let (wanted, found) = (self.by_mirror(), found.by_mirror());
        let same = |(wanted, found): (&&[Component], &&[Component])| {
            wanted.len() == found.len()
                && wanted.iter().zip(found.iter()).all(|(wanted, found)| wanted.is_met_by(found))
        };
        wanted.len() == found.len() && wanted.iter().zip(&found).all(same)
    }
}

impl Component {
    fn is_met_by(&self, found: &Self) -> bool {
        (self.start, self.end) == (found.start, found.end)
            && self.is_extension() == found.is_extension()
            && self.stripes.is_met_by(&found.stripes)
    }
}

impl Stripes {
    fn is_met_by(&self, found: &Self) -> bool {
        if self.pattern.kind() != found.pattern.kind() {
            return false;
        }
        if self.pattern.is_mdt() {
            return true;
        }
        if let StripeUnit::Extension(_) = self.size {
            return self.size == found.size;
        }
        (self.count == 0 || self.count == found.count)
            && (self.size == StripeUnit::Unset || self.size == found.size)
            && self.pool == found.pool
            && self.has_osts_of(found)
    }

    /// `lfs getstripe -d` shows of a list of OSTs only the first.
    fn has_osts_of(&self, found: &Self) -> bool {
        let first = self.osts.first().map(|object| object.ost).or(self.first_ost);
        let found_first = found.osts.first().map(|object| object.ost).or(found.first_ost);
        first == found_first
            && (self.osts.is_empty()
                || found.osts.is_empty()
                || self.ost_indices().eq(found.ost_indices()))
    }
}
