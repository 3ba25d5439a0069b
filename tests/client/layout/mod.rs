//! File layouts: what `lfs setstripe` asks for, a directory hands on and a file has.

pub mod attribute;
pub mod getstripe;
pub mod print;
pub mod setstripe;
pub mod store;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a Lustre file system uses where nothing was asked for.
pub const DEFAULT_STRIPE_BYTES: u64 = 4_194_304;
/// Stripe sizes and ends of components are multiples of this.
pub const STRIPE_UNIT: u64 = 65_536;

/// How a component's data is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Pattern {
    /// Striped over OSTs.
    #[default]
    Raid0,
    /// In the file's inode on the MDT (data on MDT).
    Mdt,
}

/// One part of a layout: a range of the file and how it is striped.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Component {
    /// Where the component ends; `None` is the end of the file, wherever that is.
    pub end: Option<u64>,
    /// Stripes; -1 means one on every OST, 0 that nobody said.
    pub count: i32,
    /// 0 when nobody said; of an extension the bytes by which the component before it grows.
    pub stripe_bytes: u64,
    pub pattern: Pattern,
    /// More than one stripe on an OST is allowed.
    pub overstriped: bool,
    /// The OST to start on; `None` leaves it to the servers.
    pub first_ost: Option<u32>,
    /// The OSTs, one by one; empty leaves them to the servers.
    pub osts: Vec<u32>,
    pub pool: Option<String>,
    /// Room into which the component before it grows (self-extending layouts).
    pub is_extension: bool,
    /// The mirror it belongs to, from 1; 0 in a layout without mirrors.
    pub mirror: u16,
}

impl Component {
    /// The stripe size that holds where nobody said one.
    pub fn size(&self) -> u64 {
        if self.stripe_bytes == 0 { DEFAULT_STRIPE_BYTES } else { self.stripe_bytes }
    }

    /// The stripe count in the words of a layout: at least 1, or -1.
    pub fn asked_count(&self) -> i32 {
        match (self.pattern, self.count) {
            (Pattern::Mdt, _) => 0,
            (Pattern::Raid0, _) if self.is_extension => 0,
            (Pattern::Raid0, 0) => 1,
            (Pattern::Raid0, count) => count,
        }
    }

    /// Whether it says nothing that a file system would not do by itself.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// How many stripes the component has once it holds data, when so many OSTs may be used.
    pub fn stripes(&self, osts: usize) -> usize {
        match usize::try_from(self.asked_count()) {
            _ if !self.osts.is_empty() => self.osts.len(),
            Ok(count) if self.overstriped => count,
            Ok(count) => count.min(osts),
            Err(_) => osts,
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

impl Layout {
    /// Whether giving it to a directory takes the directory's default away (`21_setstripe_errors/pool_none`).
    pub fn is_default(&self) -> bool {
        !self.composite && self.components.iter().all(Component::is_default)
    }

    /// What a file made with it has: nothing is left open, and no stripe is longer than its component
    /// (`20_layout/getstripe_pfl_big`).
    pub fn of_a_file(mut self) -> Self {
        for component in &mut self.components {
            if !component.is_extension {
                let size = component.size();
                component.stripe_bytes = component.end.map_or(size, |end| size.min(end));
            }
            component.count = component.asked_count();
        }
        self
    }

    pub fn mirrors(&self) -> usize {
        self.components
            .iter()
            .map(|component| component.mirror)
            .max()
            .map_or(1, |n| n.max(1))
            .into()
    }

    /// Whether a component is the first one of its mirror, whose objects exist from the start.
    pub fn is_first(&self, index: usize) -> bool {
        index == 0 || self.components[index - 1].mirror != self.components[index].mirror
    }

    /// Where a component starts.
    pub fn start(&self, index: usize) -> u64 {
        if self.is_first(index) { 0 } else { self.components[index - 1].end.unwrap_or(u64::MAX) }
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
    pub targets: Targets,
}

/// The OSTs of a file system, and which of them each pool has.
#[derive(Debug, Clone, Default)]
pub struct Targets {
    pub osts: usize,
    pub pools: BTreeMap<String, Vec<u32>>,
}

impl Targets {
    /// The OSTs that a component may use: its pool's, or all of them where no such pool exists
    /// (`21_setstripe_errors/pool_nosuch`).
    fn usable(&self, component: &Component) -> Vec<usize> {
        let pool = component.pool.as_ref().and_then(|pool| self.pools.get(pool));
        let all = || (0..self.osts).collect();
        pool.map_or_else(all, |osts| osts.iter().map(|ost| *ost as usize).collect())
    }

    /// Whether the servers take a component: every OST that it names exists and is in its pool.
    pub fn take(&self, component: &Component) -> bool {
        let usable = self.usable(component);
        component
            .first_ost
            .iter()
            .chain(&component.osts)
            .all(|ost| usable.contains(&(*ost as usize)))
    }
}

impl FileLayout {
    /// Whether the component's objects exist: those of a mirror's first one do from the start, the others' once the
    /// file reaches them, and an extension has none.
    pub fn is_instantiated(&self, index: usize, file_bytes: u64) -> bool {
        let (component, start) = (&self.layout.components[index], self.layout.start(index));
        let is_empty = component.end == Some(start);
        !component.is_extension
            && (self.layout.is_first(index) || (!is_empty && file_bytes > start))
    }

    /// How many stripes a component has once it holds data.
    pub fn stripes(&self, index: usize) -> usize {
        let component = &self.layout.components[index];
        component.stripes(self.targets.usable(component).len())
    }

    /// The objects of a component.
    pub fn objects(&self, index: usize) -> Vec<Object> {
        let asked = &self.layout.components[index];
        let listed = || asked.osts.iter().map(|ost| *ost as usize).collect();
        let usable = if asked.osts.is_empty() { self.targets.usable(asked) } else { listed() };
        let spread =
            self.inode.wrapping_add(index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let any = usize::try_from(spread).unwrap_or(0) % usable.len();
        let first = match asked.first_ost {
            _ if !asked.osts.is_empty() => 0,
            Some(ost) => usable.iter().position(|usable| *usable == ost as usize).unwrap_or(any),
            None => any,
        };
        let serial = |stripe: usize| {
            self.inode * 0x1_0000 + index as u64 * 0x1000 + (stripe / usable.len()) as u64
        };
        (0..self.stripes(index))
            .map(|stripe| Object {
                ost: usable[(first + stripe) % usable.len()],
                id: serial(stripe),
            })
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
        let index = components.iter().position(|component| {
            !component.is_extension && component.end.is_none_or(|end| offset < end)
        });
        let Some(index) = index else { return (None, u64::MAX) };
        let component = &components[index];
        let size = component.size();
        let stripe = offset / size;
        let next = ((stripe + 1) * size).min(component.end.unwrap_or(u64::MAX));
        let objects = self.objects(index);
        let place = usize::try_from(stripe % objects.len().max(1) as u64).unwrap_or(0);
        (objects.get(place).map(|object| object.ost), next)
    }
}
