//! File layouts: what `lfs setstripe` asks for, a directory hands on and a file has.

pub mod getstripe;
pub mod print;
pub mod setstripe;
pub mod store;

use serde::{Deserialize, Serialize};

/// What a Lustre file system uses where nothing was asked for.
pub const DEFAULT_STRIPE_BYTES: u64 = 4_194_304;
/// Stripe sizes and ends of components are multiples of this.
pub const STRIPE_UNIT: u64 = 65_536;

/// How a component's data is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pattern {
    /// Striped over OSTs.
    Raid0,
    /// In the file's inode on the MDT (data on MDT).
    Mdt,
}

/// One part of a layout: a range of the file and how it is striped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// Where the component ends; `None` is the end of the file, wherever that is.
    pub end: Option<u64>,
    /// Stripes; -1 means one on every OST.
    pub count: i32,
    pub stripe_bytes: u64,
    pub pattern: Pattern,
    /// More than one stripe on an OST is allowed.
    pub overstriped: bool,
    /// The OST to start on; -1 leaves it to the servers.
    pub first_ost: i32,
    pub pool: Option<String>,
}

impl Default for Component {
    fn default() -> Self {
        Self {
            end: None,
            count: 1,
            stripe_bytes: DEFAULT_STRIPE_BYTES,
            pattern: Pattern::Raid0,
            overstriped: false,
            first_ost: -1,
            pool: None,
        }
    }
}

impl Component {
    /// How many stripes the component has once it holds data.
    pub fn stripes(&self, osts: usize) -> usize {
        match (self.pattern, usize::try_from(self.count)) {
            (Pattern::Mdt, _) => 0,
            (Pattern::Raid0, Ok(0)) => 1,
            (Pattern::Raid0, Ok(count)) if self.overstriped => count,
            (Pattern::Raid0, Ok(count)) => count.min(osts),
            (Pattern::Raid0, Err(_)) => osts,
        }
    }
}

/// A layout: one component, or several of a composite (progressive) layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    pub components: Vec<Component>,
    /// Made of components even when there is only one.
    pub composite: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self { components: vec![Component::default()], composite: false }
    }
}

/// A stripe's object on an OST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object {
    pub ost: usize,
    pub id: u64,
}

impl Object {
    /// The sequence that the captured file system's object ids of this OST are in.
    pub fn sequence(self) -> u64 {
        0x2_8000_0401 + 0x4000_0000 * self.ost as u64
    }
}

/// A file's layout: which objects it has follows from its inode number, so nothing more needs to be kept.
#[derive(Debug, Clone)]
pub struct FileLayout {
    pub layout: Layout,
    pub inode: u64,
    pub osts: usize,
}

impl FileLayout {
    /// Where a component starts.
    pub fn start(&self, component: usize) -> u64 {
        component.checked_sub(1).and_then(|before| self.layout.components[before].end).unwrap_or(0)
    }

    /// Whether the component's objects exist: the first one's do from the start, the others' once the file reaches them.
    pub fn is_instantiated(&self, component: usize, file_bytes: u64) -> bool {
        component == 0 || file_bytes > self.start(component)
    }

    /// The objects of a component.
    pub fn objects(&self, component: usize) -> Vec<Object> {
        let asked = &self.layout.components[component];
        let spread =
            self.inode.wrapping_add(component as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let any = usize::try_from(spread).unwrap_or(0) % self.osts;
        let first = usize::try_from(asked.first_ost).unwrap_or(any);
        let serial = |stripe: usize| {
            self.inode * 0x1_0000 + component as u64 * 0x1000 + (stripe / self.osts) as u64
        };
        (0..asked.stripes(self.osts))
            .map(|stripe| Object { ost: (first + stripe) % self.osts, id: serial(stripe) })
            .collect()
    }

    /// How many of `bytes` bytes from `offset` each OST holds; data on the MDT is on none.
    pub fn split(&self, offset: u64, bytes: u64) -> Vec<(usize, u64)> {
        let mut held: Vec<(usize, u64)> = Vec::new();
        let (mut at, end) = (offset, offset + bytes);
        while at < end {
            let (ost, next) = self.stripe_at(at);
            let length = next.min(end) - at;
            match (ost, held.last_mut()) {
                (None, _) => {}
                (Some(ost), Some(last)) if last.0 == ost => last.1 += length,
                (Some(ost), _) => held.push((ost, length)),
            }
            at += length;
        }
        held
    }

    /// The OST that holds the byte at `offset`, and where the next stripe begins.
    fn stripe_at(&self, offset: u64) -> (Option<usize>, u64) {
        let components = &self.layout.components;
        let index =
            components.iter().position(|component| component.end.is_none_or(|end| offset < end));
        let Some(index) = index else { return (None, u64::MAX) };
        let component = &components[index];
        let stripe = offset / component.stripe_bytes;
        let next = ((stripe + 1) * component.stripe_bytes).min(component.end.unwrap_or(u64::MAX));
        let objects = self.objects(index);
        let place = usize::try_from(stripe % objects.len().max(1) as u64).unwrap_or(0);
        (objects.get(place).map(|object| object.ost), next)
    }
}
