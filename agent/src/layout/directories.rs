//! Directories on Lustre: what stands there, and setting what is wanted, by hands that may get stuck.

use super::batch;
use super::decide::{Decision, Present, decide};
use super::error::LayoutError;
use super::hand::{
    Arrangement, Kind, LayoutHand, Lost, Lov, Made, Opened, Order, Ran, Reply, ShapeOrder, Spot,
};
use super::model::Layout;
use super::shape::FileSystemShape;
use super::site::Site;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Deadline, Host, MountTable};
use fsxlustre_mount::source::Device;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Exit status of `lfs` that does not know an option.
const USAGE: i32 = 4;

/// How a layout was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBy {
    /// From the extended attribute `lustre.lov`, without a process.
    Attribute,
    /// By `lfs getstripe`.
    Lfs,
}

impl ReadBy {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Attribute => "lustre.lov",
            Self::Lfs => "lfs getstripe",
        }
    }
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stands {
    /// The path.
    pub path: PathBuf,
    /// A directory's default, or a file's layout.
    pub layout: Layout,
    /// A file's size, bytes; `None` of a directory.
    pub file_bytes: Option<u64>,
    /// How it was read.
    pub read_by: ReadBy,
    /// It is the root of its file system.
    pub is_root: bool,
    /// The default of the file system's root, where it can be seen.
    pub of_root: Option<Layout>,
}

impl Stands {
    /// What is to be done to have the layout that is wanted.
    pub fn decide(&self, wanted: &Layout, replace: bool) -> Decision {
        let present =
            Present { found: &self.layout, is_root: self.is_root, of_root: self.of_root.as_ref() };
        decide(wanted, &present, replace)
    }
}

/// Directories of this node's Lustre mounts.
#[derive(Debug)]
pub struct Directories<'a> {
    pub(super) host: &'a Host,
    pub(super) table: &'a MountTable,
    pub(super) deadline: Deadline,
    /// The longest wait for one answer: a dead mount must leave time for the others.
    patience: Duration,
    hand: Option<(i32, LayoutHand)>,
    /// Mounts that do not answer.
    dead: BTreeSet<i32>,
    /// Defaults of the roots, by mount.
    roots: BTreeMap<i32, Option<Layout>>,
    /// `lfs` here prints no YAML.
    text_only: bool,
}

impl<'a> Directories<'a> {
    /// Of so many mounts at most, all within the deadline.
    pub fn new(host: &'a Host, table: &'a MountTable, deadline: Deadline) -> Self {
        let (dead, roots) = (BTreeSet::new(), BTreeMap::new());
        let patience = deadline.left();
        Self { host, table, deadline, patience, hand: None, dead, roots, text_only: false }
    }

    /// The Lustre mount that a path lies in.
    ///
    /// # Errors
    /// The path is not on Lustre, or not a whole one.
    pub fn mount_of(&self, path: &Path) -> Result<&'a fsxlustre_mount::host::Mount, Failure> {
        self.site(path).map(|site| site.mount).map_err(|error| error.failure())
    }

    pub(super) fn site(&self, path: &Path) -> Result<Site<'a>, LayoutError> {
        Site::find(self.host, self.table, path)
    }

    /// What stands at each path, in their order. Where the client does not give the attribute, `lfs` is
    /// asked for many at once.
    pub fn look_all(&mut self, paths: &[PathBuf]) -> Vec<Result<Stands, LayoutError>> {
        let sites: Vec<_> = paths.iter().map(|path| self.site(path)).collect();
        let mounts: BTreeSet<i32> = sites.iter().flatten().map(|site| site.mount.id).collect();
        let share = u32::try_from(mounts.len().max(1)).unwrap_or(u32::MAX);
        self.patience = self.deadline.left() / share;
        let opened: Vec<_> = sites
            .into_iter()
            .map(|site| {
                let site = site?;
                let opened = self.open(site.spot(), &site.path)?;
                Ok((site, opened))
            })
            .collect();
        let unread = opened.iter().flatten().filter(|(_, opened)| opened.lov == Lov::NotGiven);
        let unread: Vec<&Path> = unread
            .filter(|(_, opened)| opened.kind == Kind::Directory)
            .map(|(site, _)| site.path.as_path())
            .collect();
        let alive = self.deadline.at_most(self.patience);
        let mut read =
            if unread.len() > 1 { batch::read(self.host, &unread, alive) } else { BTreeMap::new() };
        opened
            .into_iter()
            .map(|each: Result<_, LayoutError>| {
                let (site, opened) = each?;
                let known = read.remove(&site.path);
                self.present(&site, &opened, known)
            })
            .collect()
    }

    /// What stands at one path.
    ///
    /// # Errors
    /// [`LayoutError`].
    pub fn look(&mut self, path: &Path) -> Result<Stands, LayoutError> {
        let site = self.site(path)?;
        let opened = self.open(site.spot(), &site.path)?;
        self.present(&site, &opened, None)
    }

    fn present(
        &mut self,
        site: &Site<'a>,
        opened: &Opened,
        known: Option<Result<Layout, LayoutError>>,
    ) -> Result<Stands, LayoutError> {
        let (layout, read_by) = match (&opened.lov, known) {
            (Lov::NotGiven, Some(known)) => (known?, ReadBy::Lfs),
            _ => self.layout_of(site, opened)?,
        };
        let file_bytes = (opened.kind == Kind::File).then_some(opened.size);
        let path = site.path.clone();
        let is_root = site.is_root();
        let is_own =
            file_bytes.is_none() && !is_root && !matches!(layout, Layout::Inherited { .. });
        let of_root = if is_own { self.of_root(site)? } else { None };
        Ok(Stands { path, layout, file_bytes, read_by, is_root, of_root })
    }

    /// The layout of what was opened: by the attribute, or by `lfs` in that very place.
    fn layout_of(
        &mut self,
        site: &Site<'a>,
        opened: &Opened,
    ) -> Result<(Layout, ReadBy), LayoutError> {
        match &opened.lov {
            Lov::Bytes(bytes) => {
                Layout::parse_lov(bytes).map(|layout| (layout, ReadBy::Attribute)).map_err(
                    |error| LayoutError::answer(&site.path, "the attribute lustre.lov of", &error),
                )
            }
            Lov::None => Ok((Layout::Inherited { shown: None }, ReadBy::Attribute)),
            Lov::NotGiven => {
                self.open(site.spot(), &site.path)?;
                self.getstripe(site).map(|layout| (layout, ReadBy::Lfs))
            }
        }
    }

    /// The default of the root of the file system, looked at once; `None` where the mount does not show it.
    fn of_root(&mut self, site: &Site<'a>) -> Result<Option<Layout>, LayoutError> {
        if let Some(known) = self.roots.get(&site.mount.id) {
            return Ok(known.clone());
        }
        let mut found = None;
        if site.shows_root() {
            let top = site.top();
            let opened = self.open(top.spot(), &top.path)?;
            found = Some(self.layout_of(&top, &opened)?.0);
        }
        self.roots.insert(site.mount.id, found.clone());
        Ok(found)
    }

    /// What this client says of the file system that a path is on; nothing where it does not answer.
    ///
    /// # Errors
    /// The path is not on Lustre.
    pub fn shape(&mut self, path: &Path) -> Result<FileSystemShape, LayoutError> {
        let site = self.site(path)?;
        let name = Device::shown_by(site.mount).map(|device| device.fsname);
        let paths = &self.host.paths;
        let order = Order::Shape(ShapeOrder {
            fs_name: name.clone().unwrap_or_default(),
            procfs: paths.procfs.clone(),
            sysfs: paths.sysfs.clone(),
            debugfs: paths.debugfs.clone(),
        });
        let Reply::Shape(said) = self.ask(&site, &order)? else {
            return Err(LayoutError::trouble(path, nonsense()));
        };
        Ok(FileSystemShape {
            name,
            osts: said.osts,
            pools: said.pools,
            mdts: said.mdts,
            client: said.client,
            version: said.servers,
            most_on_mdt: None,
        })
    }

    /// Sets a directory's default and proves it by what `lfs` reads back; the layout that was read.
    ///
    /// # Errors
    /// [`LayoutError`].
    pub fn set(&mut self, path: &Path, wanted: &Layout) -> Result<Layout, LayoutError> {
        let site = self.site(path)?;
        let opened = self.open(site.spot(), &site.path)?;
        if opened.kind == Kind::File {
            return Err(LayoutError::trouble(
                path,
                super::hand::Trouble::Is(path.to_owned(), "a file".into()),
            ));
        }
        let mut arguments = vec!["setstripe".to_owned()];
        arguments.extend(wanted.setstripe_arguments());
        let ran = self.lfs(&site, arguments)?;
        if ran.code != 0 {
            let command = command(wanted, path);
            return Err(LayoutError::command(path, command, ran.code, &ran.stderr));
        }
        let after = self.getstripe(&site)?;
        let (by_attribute, _) = match self.open(site.spot(), &site.path)?.lov {
            Lov::NotGiven => (after.clone(), ReadBy::Lfs),
            lov => self.layout_of(&site, &Opened { lov, ..opened })?,
        };
        for found in [&after, &by_attribute] {
            if !wanted.is_met_by(found) {
                let (wanted, found) = (wanted.to_string(), found.to_string());
                return Err(LayoutError::NotProved { path: path.to_owned(), wanted, found });
            }
        }
        Ok(after)
    }

    /// Makes a directory where it is missing, and gives it owner and mode; says what was done.
    ///
    /// # Errors
    /// [`LayoutError`].
    pub(super) fn arrange(
        &mut self,
        path: &Path,
        make: bool,
        arrangement: &Arrangement,
    ) -> Result<Vec<String>, LayoutError> {
        let site = self.site(path)?;
        let opened = self.open(Spot { make, ..site.spot() }, &site.path)?;
        let mut done: Vec<String> = Vec::new();
        if opened.made == Made::Made {
            done.push("made".into());
        }
        if *arrangement != Arrangement::default() {
            match self.ask(&site, &Order::Arrange(arrangement.clone()))? {
                Reply::Arranged(changed) => done.extend(changed),
                _ => return Err(LayoutError::trouble(path, nonsense())),
            }
        }
        Ok(done)
    }

    /// The layout as `lfs getstripe` reads it in the place that is open.
    pub(super) fn getstripe(&mut self, site: &Site<'a>) -> Result<Layout, LayoutError> {
        loop {
            // Old clients print YAML badly or not at all; `-v` says what is a directory's own.
            let form = if self.text_only { "-v" } else { "-y" };
            let arguments = ["getstripe", "-d", form].map(str::to_owned).to_vec();
            let ran = self.lfs(site, arguments)?;
            if ran.code == USAGE && !self.text_only {
                self.text_only = true;
                continue;
            }
            let command = format!("lfs getstripe -d {form} {}", site.path.display());
            if ran.code != 0 {
                return Err(LayoutError::command(&site.path, command, ran.code, &ran.stderr));
            }
            return Layout::parse_text(&ran.stdout)
                .map_err(|error| LayoutError::answer(&site.path, "lfs getstripe -d", &error));
        }
    }

    fn lfs(&mut self, site: &Site<'a>, arguments: Vec<String>) -> Result<Ran, LayoutError> {
        let program = self.host.program("lfs").map_err(|error| {
            let (path, because) = (site.path.clone(), error.to_string());
            LayoutError::Node { path, because }
        })?;
        let program = program.path().to_owned();
        match self.ask(site, &Order::Lfs { program, arguments })? {
            Reply::Ran(ran) => Ok(ran),
            _ => Err(LayoutError::trouble(&site.path, nonsense())),
        }
    }

    pub(super) fn open(&mut self, spot: Spot, path: &Path) -> Result<Opened, LayoutError> {
        let (id, order) = (spot.mount_id, Order::Open(spot));
        match self.ask_at(id, path, &order)? {
            Reply::Opened(opened) => Ok(opened),
            _ => Err(LayoutError::trouble(path, nonsense())),
        }
    }

    fn ask(&mut self, site: &Site<'a>, order: &Order) -> Result<Reply, LayoutError> {
        self.ask_at(site.mount.id, &site.path, order)
    }

    /// Has the mount's hand do it; a hand that is late is given up, and its mount with it.
    fn ask_at(&mut self, mount: i32, path: &Path, order: &Order) -> Result<Reply, LayoutError> {
        let deadline = self.deadline.at_most(self.patience);
        let lost = |lost| LayoutError::lost(path, lost);
        let hand = self.hand_of(mount, deadline).map_err(lost)?;
        match hand.ask(order, deadline) {
            Ok(Reply::Trouble(trouble)) => Err(LayoutError::trouble(path, trouble)),
            Ok(reply) => Ok(reply),
            Err(error) => {
                self.give_up(mount, &error);
                Err(lost(error))
            }
        }
    }

    pub(super) fn hand_of(
        &mut self,
        mount: i32,
        deadline: Deadline,
    ) -> Result<&mut LayoutHand, Lost> {
        if self.dead.contains(&mount) {
            return Err(Lost::Late(deadline.budget().as_secs()));
        }
        let fits = self.hand.as_ref().is_some_and(|(of, _)| *of == mount);
        if !fits {
            self.hand = None;
        }
        let (_, hand) = match self.hand.take() {
            Some(there) => self.hand.insert(there),
            None => self.hand.insert((mount, LayoutHand::start()?)),
        };
        Ok(hand)
    }

    pub(super) fn give_up(&mut self, mount: i32, error: &Lost) {
        self.hand = None;
        if matches!(error, Lost::Late(_)) {
            self.dead.insert(mount);
        }
    }
}

/// The command that sets a layout, as a person would type it.
pub fn command(wanted: &Layout, path: &Path) -> String {
    format!("lfs setstripe {} {}", wanted.setstripe_arguments().join(" "), path.display())
}

fn nonsense() -> super::hand::Trouble {
    super::hand::Trouble::Order(
        "the child that looks gave another answer than was asked for".into(),
    )
}
