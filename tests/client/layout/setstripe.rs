//! `lfs setstripe`: reading the command line. What it says about mistakes is in `21_setstripe_errors`.

use std::iter::Peekable;
use std::slice::Iter;

use super::{Component, Layout, Pattern, STRIPE_UNIT};

/// The largest stripe count `lfs` takes.
const MOST_STRIPES: i32 = 2000;
/// The largest component that may be kept on the MDT.
const MOST_ON_MDT: u64 = 1 << 30;
const LONGEST_POOL: usize = 15;
const MOST_MIRRORS: u16 = 16;

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// Give the paths this layout; `first_ost` is checked against the file system.
    Set { layout: Layout, paths: Vec<String> },
    /// Take the default away from the paths.
    Delete { paths: Vec<String> },
}

/// Why a command line is refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Exit 4, with the usage after the message `lfs setstripe setstripe: …`.
    Usage(String),
    /// An option that does not exist: as [`Self::Usage`], in other words.
    UnknownOption(String),
    /// Exit 22 with this text.
    Invalid(String),
    /// An option this stand-in does not know.
    NotStoodIn(String),
}

/// The options of one component while they are read.
#[derive(Debug, Clone, Default)]
struct Draft {
    count: Option<i32>,
    overstriped: bool,
    stripe_bytes: Option<u64>,
    first_ost: Option<u32>,
    osts: Vec<u32>,
    pool: Option<String>,
    on_mdt: bool,
    /// `-z`: the component grows by so many bytes at a time.
    extension: Option<u64>,
    touched: bool,
}

#[derive(Debug, Default)]
struct Reader {
    draft: Draft,
    /// The end of the component being described; `None` before the first `-E`.
    end: Option<Option<u64>>,
    /// The components of the mirror being described.
    components: Vec<Component>,
    /// How many copies of that mirror there are to be; `None` before the first `-N`.
    copies: Option<u16>,
    /// The components of the mirrors before it.
    mirrors: Vec<Component>,
    delete: bool,
    paths: Vec<String>,
}

/// Reads the words after `lfs setstripe`.
pub fn read(args: &[String]) -> Result<Request, Refusal> {
    let mut reader = Reader::default();
    let mut words = args.iter().peekable();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--" => reader.paths.extend(words.by_ref().cloned()),
            option if option.starts_with('-') && option.len() > 1 => {
                reader.option(option, &mut words, args)?
            }
            path => reader.paths.push(path.to_owned()),
        }
    }
    reader.finish()
}

impl Reader {
    fn option(
        &mut self,
        word: &str,
        words: &mut Peekable<Iter<'_, String>>,
        args: &[String],
    ) -> Result<(), Refusal> {
        let (option, attached) = split_option(word);
        // The only option whose value is optional, and so never the next word.
        if matches!(option, "-N" | "--mirror-count") {
            return self.begin_mirror(attached.unwrap_or("1"));
        }
        let mut value =
            || attached.map(str::to_owned).or_else(|| words.next().cloned()).unwrap_or_default();
        match option {
            "-d" | "--delete" => {
                self.delete = true;
                return Ok(());
            }
            "-E" | "--component-end" => return self.begin_component(&value()),
            "-c" | "--stripe-count" => self.draft.count = Some(stripe_count(&value())?),
            "-C" | "--overstripe-count" => {
                self.draft.count = Some(stripe_count(&value())?);
                self.draft.overstriped = true;
            }
            "-S" | "--stripe-size" => self.draft.stripe_bytes = Some(stripe_size(&value())?),
            "-i" | "--stripe-index" => self.draft.first_ost = stripe_index(&value())?,
            "-o" | "--ost" | "--ost-list" => self.draft.osts = ost_list(&value())?,
            "-z" | "--extension-size" | "--ext-size" => {
                self.draft.extension = Some(extension_size(&value())?);
            }
            "-p" | "--pool" => self.draft.pool = pool(&value())?,
            "-L" | "--layout" => self.draft.on_mdt = on_mdt(&value(), args)?,
            "--copy" | "--foreign" | "--flags" | "--yaml" | "--component-add" => {
                return Err(Refusal::NotStoodIn(word.to_owned()));
            }
            option if option.starts_with("--") => {
                return Err(Refusal::UnknownOption(option.to_owned()));
            }
            _ => return Err(Refusal::NotStoodIn(word.to_owned())),
        }
        self.draft.touched = true;
        Ok(())
    }

    fn begin_component(&mut self, word: &str) -> Result<(), Refusal> {
        let end = component_end(word)?;
        if let Some(previous) = self.end {
            self.end_component()?;
            let start = previous.unwrap_or(u64::MAX);
            if end.is_some_and(|end| end <= start) {
                let end = end.unwrap_or(0);
                return Err(Refusal::Invalid(format!(
                    "Set extent [{start}, {end}) failed. Invalid argument\nerror: lfs setstripe: invalid layout\n"
                )));
            }
        } else if self.draft.touched {
            return Err(Refusal::NotStoodIn("options before the first -E".to_owned()));
        }
        self.end = Some(end);
        Ok(())
    }

    fn begin_mirror(&mut self, count: &str) -> Result<(), Refusal> {
        let before_first = self.copies.is_none() && (self.draft.touched || self.end.is_some());
        let copies = count.parse().ok().filter(|count| (1..=MOST_MIRRORS).contains(count));
        let (Some(copies), false) = (copies, before_first) else {
            return Err(Refusal::NotStoodIn(format!("-N{count} there")));
        };
        self.end_mirror()?;
        self.copies = Some(copies);
        self.end = None;
        self.draft = Draft::default();
        Ok(())
    }

    /// Puts the mirror that was described behind the others, as often as it was asked for.
    fn end_mirror(&mut self) -> Result<(), Refusal> {
        let Some(copies) = self.copies else { return Ok(()) };
        self.end_component()?;
        let described = std::mem::take(&mut self.components);
        let number = self.mirrors.last().map_or(0, |last| last.mirror);
        if number + copies > MOST_MIRRORS {
            return Err(Refusal::NotStoodIn(format!("more than {MOST_MIRRORS} mirrors")));
        }
        for mirror in number + 1..=number + copies {
            let copy = |component: &Component| Component { mirror, ..component.clone() };
            self.mirrors.extend(described.iter().map(copy));
        }
        Ok(())
    }

    /// Turns the options read since `-E` into a component. Count and size carry over to the next one.
    fn end_component(&mut self) -> Result<(), Refusal> {
        let end = self.end.flatten();
        if self.draft.on_mdt {
            self.check_mdt(end)?;
            self.draft.stripe_bytes = end;
        }
        let mut component = Component { end, ..self.draft.component() };
        if let Some(extension) = self.draft.extension.take() {
            let start = self.components.last().map_or(0, |last| last.end.unwrap_or(u64::MAX));
            // The first one holds data at once, the others begin empty (`20_layout/getstripe_sel`).
            let grown = if start == 0 { extension } else { start };
            self.components.push(Component { end: Some(grown), ..component.clone() });
            component.stripe_bytes = extension;
            component.is_extension = true;
        }
        self.components.push(component);
        self.draft.on_mdt = false;
        Ok(())
    }

    fn check_mdt(&self, end: Option<u64>) -> Result<(), Refusal> {
        if !self.components.is_empty() {
            return Err(Refusal::Invalid(
                "error: 'mdt' layout can be only the first one\n".to_owned(),
            ));
        }
        if end.is_none_or(|end| end > MOST_ON_MDT) {
            return Err(Refusal::Invalid("error: 'mdt' layout size is too big\n".to_owned()));
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Request, Refusal> {
        let asked = self.draft.touched || self.end.is_some() || self.copies.is_some();
        if self.delete && asked {
            let message =
                "option -d is mutually exclusive with -s, -c, -o, -p, -I, -F and -E options";
            return Err(Refusal::Usage(message.to_owned()));
        }
        if self.paths.is_empty() {
            return Err(Refusal::Usage("FILE must be specified".to_owned()));
        }
        if self.delete {
            return Ok(Request::Delete { paths: self.paths });
        }
        let composite = self.end.is_some() || self.copies.is_some();
        if self.draft.on_mdt && self.end.is_none() {
            return Err(Refusal::Invalid(
                "lfs setstripe: Invalid pattern: '-L mdt', must be specified with -E: Invalid argument (22)\n".to_owned(),
            ));
        }
        if self.draft.extension.is_some() && self.end.is_none() {
            return Err(Refusal::NotStoodIn("-z without -E".to_owned()));
        }
        let components = if self.copies.is_some() {
            self.end_mirror()?;
            self.mirrors
        } else {
            self.end_component()?;
            self.components
        };
        Ok(Request::Set { layout: Layout { components, composite }, paths: self.paths })
    }
}

impl Draft {
    fn component(&self) -> Component {
        Component {
            count: if self.on_mdt { 0 } else { self.count.unwrap_or(0) },
            stripe_bytes: self.stripe_bytes.unwrap_or(0),
            pattern: if self.on_mdt { Pattern::Mdt } else { Pattern::Raid0 },
            overstriped: self.overstriped,
            first_ost: self.first_ost,
            osts: self.osts.clone(),
            pool: self.pool.clone(),
            ..Component::default()
        }
    }
}

/// `--name=value` and `-nVALUE` taken apart.
fn split_option(word: &str) -> (&str, Option<&str>) {
    if word.starts_with("--") {
        return word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    }
    match word.split_at_checked(2) {
        Some((name, value)) if !value.is_empty() => (name, Some(value)),
        _ => (word, None),
    }
}

fn stripe_count(word: &str) -> Result<i32, Refusal> {
    let count = word.parse().ok().filter(|count| (-1..=MOST_STRIPES).contains(count));
    count.ok_or_else(|| Refusal::Usage(format!("invalid stripe count '{word}'")))
}

fn stripe_size(word: &str) -> Result<u64, Refusal> {
    let size = size(word).filter(|size| size % STRIPE_UNIT == 0);
    match size {
        Some(size) if size > u64::from(u32::MAX) => Err(Refusal::Invalid(format!(
            "lfs setstripe: error: stripe size '{size}' over 4GB limit: Invalid argument (22)\n"
        ))),
        Some(size) => Ok(size),
        None => Err(Refusal::Usage(format!("invalid stripe size '{word}'"))),
    }
}

/// -1 leaves it to the servers.
fn stripe_index(word: &str) -> Result<Option<u32>, Refusal> {
    let index: Option<i32> = word.parse().ok().filter(|index| *index >= -1);
    let refusal = || Refusal::Usage(format!("invalid stripe offset '{word}'"));
    index.map(|index| u32::try_from(index).ok()).ok_or_else(refusal)
}

/// `3,1` or `0-3`.
fn ost_list(word: &str) -> Result<Vec<u32>, Refusal> {
    let mut osts = Vec::new();
    for part in word.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        match (first.parse::<u32>(), last.parse::<u32>()) {
            (Ok(first), Ok(last)) if first <= last => osts.extend(first..=last),
            _ => return Err(Refusal::NotStoodIn(format!("-o {word}"))),
        }
    }
    Ok(osts)
}

fn extension_size(word: &str) -> Result<u64, Refusal> {
    let size = size(word).filter(|size| *size > 0 && size % STRIPE_UNIT == 0);
    size.ok_or_else(|| Refusal::NotStoodIn(format!("-z {word}")))
}

/// A pool's name, without the file system's in front; `none` takes a pool away.
fn pool(word: &str) -> Result<Option<String>, Refusal> {
    let name = word.rsplit_once('.').map_or(word, |(_, name)| name);
    if name.len() > LONGEST_POOL {
        return Err(Refusal::Invalid(format!(
            "lfs setstripe: Invalid Poolname '{name}': Invalid argument (22)\n"
        )));
    }
    Ok((name != "none").then(|| name.to_owned()))
}

/// The message names the last word, whatever that is (`21_setstripe_errors/L_bad.err`).
fn on_mdt(word: &str, args: &[String]) -> Result<bool, Refusal> {
    match word {
        "mdt" => Ok(true),
        "raid0" => Ok(false),
        _ => {
            let last = args.last().map_or("", String::as_str);
            Err(Refusal::Invalid(format!(
                "error: layout '{last}' is unknown, supported layouts are: 'mdt', 'raid0'\n"
            )))
        }
    }
}

fn component_end(word: &str) -> Result<Option<u64>, Refusal> {
    if matches!(word, "-1" | "eof" | "EOF") {
        return Ok(None);
    }
    let end = size(word).filter(|end| *end > 0 && end % STRIPE_UNIT == 0);
    end.map(Some).ok_or_else(|| Refusal::Usage(format!("invalid component end '{word}'")))
}

/// A number of bytes with an optional unit, `64k` or `1G`.
fn size(word: &str) -> Option<u64> {
    let digits = word.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let shift = match word[digits.len()..].to_ascii_lowercase().as_str() {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}
