//! What a layout is: the model that texts, bytes, profiles and arguments all meet in.
//!
//! A directory's default and a file's own layout have the same shape. What only a file has (objects,
//! generations, ids of components) is optional here, and no comparison looks at it.

/// The layout of a file, or the default that a directory hands to its new files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A directory has no default of its own: files get what the file system gives.
    Inherited {
        /// What that is just now, where `lfs getstripe` shows it; the attribute does not.
        shown: Option<Stripes>,
    },
    /// Stripes of one kind from the first byte to the last.
    Plain(Stripes),
    /// Several components (progressive, Data-on-MDT, self-extending, mirrored).
    Composite(Composite),
    /// Not a layout of Lustre's own.
    Foreign(Foreign),
}

/// Components, one after the other in each mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composite {
    /// How many copies: 1 where nothing is mirrored.
    pub mirrors: u16,
    /// Counts the changes; 0 in a directory's default.
    pub generation: u32,
    /// In the order in which Lustre keeps them. A mirror begins at each that starts at 0.
    pub components: Vec<Component>,
}

/// The stripes of one range of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Lustre's id; none in a directory's default.
    pub id: Option<u32>,
    /// The mirror that it belongs to; none in a directory's default, where the order tells it.
    pub mirror: Option<u16>,
    /// Its flags.
    pub flags: ComponentFlags,
    /// The first byte.
    pub start: u64,
    /// The byte behind the last; `None` is the end of the file, wherever that is (EOF).
    pub end: Option<u64>,
    /// How it is striped.
    pub stripes: Stripes,
}

/// How a range is spread over OSTs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stripes {
    /// How many; -1 for one on every OST; 0 where nothing was said, on the MDT, and where a component
    /// only says by how much it extends.
    pub count: i32,
    /// How much lies on one OST before the next one's turn.
    pub size: StripeUnit,
    /// The kind of stripes.
    pub pattern: Pattern,
    /// The OST of the first stripe; `None` leaves it to the servers.
    pub first_ost: Option<u32>,
    /// The objects of a file, or the OSTs that a layout names one by one.
    pub osts: Vec<StripeObject>,
    /// The pool of OSTs to choose from.
    pub pool: Option<String>,
    /// Counts the changes of a file's layout; none in a directory's default.
    pub generation: Option<u32>,
}

/// A stripe size, or by how much a component extends, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StripeUnit {
    /// Nothing was said: the file system's own default. `lfs getstripe` fills it in unless it is called
    /// with `--raw`.
    Unset,
    /// The stripe size.
    Size(u64),
    /// By how much the component before this one is extended at a time.
    Extension(u64),
}

/// One stripe of a file, or one OST of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StripeObject {
    /// The index of the OST.
    pub ost: u32,
    /// The object; none in a list of OSTs.
    pub fid: Option<Fid>,
}

/// An object's name in the file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fid {
    /// Sequence.
    pub sequence: u64,
    /// Object in the sequence; 48 bits of it are used by objects of the first sequence.
    pub object: u64,
    /// Version.
    pub version: u32,
}

/// Not Lustre's data: a text that another program understands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// What is kept, as text.
    pub value: String,
    /// Whose it is; only `lfs getstripe -v` and the attribute tell it.
    pub kind: Option<u32>,
    /// Its flags, likewise.
    pub flags: Option<u32>,
}

/// Bits of a component.
///
/// *Source*: `lcme_flags` in `lustre_user.h`; the words are those of
/// `lfs getstripe` 2.15 (`comp_flags_table`) and later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ComponentFlags(pub u32);

impl ComponentFlags {
    /// Objects exist.
    pub const INIT: Self = Self(0x10);
    /// The mirror has not got what was written to another one.
    pub const STALE: Self = Self(0x1);
    /// Space by which the component before it is extended.
    pub const EXTENSION: Self = Self(0x40);

    /// In the order in which `lfs getstripe` prints them.
    const WORDS: &'static [(u32, &'static str)] = &[
        (0x10, "init"),
        (0x1, "stale"),
        (0x6, "prefer"),
        (0x2, "prefrd"),
        (0x4, "prefwr"),
        (0x8, "offline"),
        (0x20, "nosync"),
        (0x40, "extension"),
        (0x80, "parity"),
        (0x100, "compress"),
        (0x200, "partial"),
        (0x400, "nocompr"),
    ];

    /// Whether all bits of another are set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets of bits.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Reads `init,extension`, `0` or `init,0x8000`.
    ///
    /// # Errors
    /// The word that is not known.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut bits = 0;
        for word in text.split(',').filter(|word| *word != "0") {
            let known = Self::WORDS.iter().find(|(_, known)| *known == word).map(|(bit, _)| *bit);
            bits |= known.or_else(|| hexadecimal(word)).ok_or_else(|| word.to_owned())?;
        }
        Ok(Self(bits))
    }
}

impl std::fmt::Display for ComponentFlags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut rest = self.0;
        let mut words = Vec::new();
        for (bits, word) in Self::WORDS {
            if rest & bits == *bits {
                words.push((*word).to_owned());
                rest &= !bits;
            }
        }
        if rest != 0 {
            words.push(format!("{rest:#x}"));
        }
        if words.is_empty() {
            words.push("0".into());
        }
        f.write_str(&words.join(","))
    }
}

/// How stripes are kept.
///
/// *Source*: `lmm_pattern` in `lustre_user.h`. A released file's data is in the archive only: clients print
/// `released` (2.12 to 2.15, `layout2name`) or `raid0,released`; no released file was at hand when texts
/// were captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern(pub u32);

impl Pattern {
    /// Nobody set one.
    pub const NONE: Self = Self(0);
    /// Stripes on OSTs.
    pub const RAID0: Self = Self(0x1);
    /// On the MDT.
    pub const MDT: Self = Self(0x100);
    /// Several stripes may lie on one OST.
    pub const OVERSTRIPED: Self = Self(0x201);
    /// The data was released to the archive.
    pub const RELEASED: Self = Self(0x8000_0000);

    const WORDS: &'static [(u32, &'static str)] = &[
        (0x1, "raid0"),
        (0x2, "raid1"),
        (0x4, "parity"),
        (0x100, "mdt"),
        (0x200, "overstriped"),
        (0x400, "foreign"),
        (0x800, "compress"),
        (0x4000_0000, "hole"),
        (0x8000_0000, "released"),
    ];

    /// Whether the data lies on the MDT.
    pub fn is_mdt(self) -> bool {
        self.0 & Self::MDT.0 != 0
    }

    /// Whether several stripes may lie on one OST.
    pub fn is_overstriped(self) -> bool {
        self.0 & 0x200 != 0
    }

    /// Whether the data is in the archive only.
    pub fn is_released(self) -> bool {
        self.0 & Self::RELEASED.0 != 0
    }

    /// The same without what comes and goes with a file's data (released, holes).
    #[must_use]
    pub fn kind(self) -> Self {
        let kind = self.0 & 0x3fff_ffff;
        // Old clients print `released` and nothing else.
        Self(if kind == 0 && self.is_released() { Self::RAID0.0 } else { kind })
    }

    /// Reads `raid0`, `raid0,overstriped`, `released`, `0` or, as clients before 2.12 print it, hexadecimal
    /// digits.
    ///
    /// # Errors
    /// The word that is not known.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut bits = 0;
        for word in text.split(',') {
            let known = Self::WORDS.iter().find(|(_, known)| *known == word).map(|(bit, _)| *bit);
            let digits = || u32::from_str_radix(word.strip_prefix("0x").unwrap_or(word), 16).ok();
            bits |= known.or_else(digits).ok_or_else(|| word.to_owned())?;
        }
        Ok(Self(bits))
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = Self::WORDS.iter().fold(0, |bits, (bit, _)| bits | bit);
        if self.0 == 0 || self.0 & !known != 0 {
            return write!(f, "{:x}", self.0);
        }
        let words = Self::WORDS.iter().filter(|(bit, _)| self.0 & bit != 0).map(|(_, word)| *word);
        f.write_str(&words.collect::<Vec<_>>().join(","))
    }
}

fn hexadecimal(word: &str) -> Option<u32> {
    u32::from_str_radix(word.strip_prefix("0x")?, 16).ok()
}

impl Stripes {
    /// So many stripes of such a size, everything else as Lustre likes.
    pub fn new(count: i32, size: u64) -> Self {
        Self { count, size: StripeUnit::Size(size), ..Self::unset() }
    }

    /// Nothing is said but that it is striped.
    pub fn unset() -> Self {
        Self {
            count: 0,
            size: StripeUnit::Unset,
            pattern: Pattern::RAID0,
            first_ost: None,
            osts: Vec::new(),
            pool: None,
            generation: None,
        }
    }

    /// The OSTs of the objects, or of the list.
    pub fn ost_indices(&self) -> impl Iterator<Item = u32> {
        self.osts.iter().map(|object| object.ost)
    }
}

impl Component {
    /// A component of a default: without ids.
    pub fn of_default(start: u64, end: Option<u64>, stripes: Stripes) -> Self {
        Self { id: None, mirror: None, flags: ComponentFlags::default(), start, end, stripes }
    }

    /// Whether it only says by how much the one before it is extended.
    pub fn is_extension(&self) -> bool {
        self.flags.has(ComponentFlags::EXTENSION)
    }
}

impl Composite {
    /// The components of each mirror: one begins wherever a component starts at 0.
    pub fn by_mirror(&self) -> Vec<&[Component]> {
        let mut starts: Vec<usize> = (self.components.iter().enumerate())
            .filter(|(index, component)| *index > 0 && component.start == 0)
            .map(|(index, _)| index)
            .collect();
        starts.push(self.components.len());
        let mut from = 0;
        let mut mirrors = Vec::new();
        for to in starts {
            mirrors.extend(self.components.get(from..to).filter(|mirror| !mirror.is_empty()));
            from = to;
        }
        mirrors
    }
}

/// A size as people write it: the largest unit that loses nothing.
pub(crate) fn bytes(size: u64) -> String {
    let units = [(1_u64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(unit, _)| size >= *unit && size.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{}{name}", size / unit),
        None => size.to_string(),
    }
}

impl std::fmt::Display for Stripes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.pattern.is_mdt() {
            return f.write_str("on the MDT");
        }
        if let StripeUnit::Extension(by) = self.size {
            return write!(f, "extended by {}", bytes(by));
        }
        let kind = if self.pattern.is_overstriped() { "overstripe" } else { "stripe" };
        write!(f, "{kind} count {}", self.count)?;
        if let StripeUnit::Size(size) = self.size {
            write!(f, ", stripe size {size}")?;
        }
        if self.generation.is_none() && !self.osts.is_empty() {
            let list: Vec<String> = self.ost_indices().map(|ost| ost.to_string()).collect();
            write!(f, ", OSTs {}", list.join(","))?;
        } else if let Some(first) = self.first_ost.filter(|_| self.generation.is_none()) {
            write!(f, ", first OST {first}")?;
        }
        if let Some(pool) = &self.pool {
            write!(f, ", pool {pool}")?;
        }
        if self.pattern.is_released() {
            f.write_str(", released to the archive")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Layout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Inherited { .. } => f.write_str("no default of its own"),
            Self::Plain(stripes) => stripes.fmt(f),
            Self::Foreign(_) => f.write_str("foreign: not a layout of Lustre's own"),
            Self::Composite(composite) => {
                write!(f, "{} components", composite.components.len())?;
                if composite.mirrors > 1 {
                    write!(f, " in {} mirrors", composite.mirrors)?;
                }
                let mut separator = ": ";
                for component in &composite.components {
                    let end = component.end.map_or_else(|| "EOF".into(), bytes);
                    let start = bytes(component.start);
                    write!(f, "{separator}{start} to {end} {}", component.stripes)?;
                    separator = "; ";
                }
                Ok(())
            }
        }
    }
}
