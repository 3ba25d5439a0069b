//! Holders as a person reads them.

use super::{Holder, HolderKind, Holders};
use crate::failure::one_line;
use std::fmt::Write as _;

/// The most lines of a table; JSON has them all.
const MOST_LINES: usize = 20;

impl HolderKind {
    fn words(self) -> &'static str {
        match self {
            Self::OpenFile => "open file",
            Self::CurrentDirectory => "current directory",
            Self::RootDirectory => "root directory",
            Self::Executable => "program",
            Self::Mapping => "mapped file",
            Self::LoopDevice => "loop device on",
            Self::Swap => "swap area",
            Self::MountBelow => "mount on",
            Self::BindMount => "also mounted on",
            Self::Overlay => "layer of the overlay on",
            Self::Namespace => "mount namespace",
            Self::NamespaceFile => "mount namespace held only by",
            Self::NamespaceDescriptor => "mount namespace held only by a descriptor:",
        }
    }
}

impl Holder {
    /// In which way it uses what: `open file /fsx/a (and 3 more)`.
    pub fn uses(&self) -> String {
        let mut text = self.kind.words().to_owned();
        // Writing to a String does not fail.
        let _ = write!(text, " {}", one_line(self.path.as_deref().unwrap_or("?")));
        if let Some(inside) = &self.inside {
            let _ = write!(text, ", where it is on {}", one_line(inside));
        }
        match (self.kind, self.count) {
            (_, 0 | 1) => {}
            (HolderKind::Namespace, count) => {
                let _ = write!(text, " ({count} processes)");
            }
            (_, count) => {
                let _ = write!(text, " (and {} more)", count - 1);
            }
        }
        if self.blocked {
            text.push_str(" [blocked]");
        }
        text
    }

    fn owner(&self) -> [String; 3] {
        let dash = || "-".to_owned();
        let user = self.user.clone().or_else(|| self.uid.map(|uid| uid.to_string()));
        [
            self.pid.map_or_else(dash, |pid| pid.to_string()),
            user.map_or_else(dash, |user| one_line(&user)),
            self.command.as_deref().map_or_else(dash, one_line),
        ]
    }

    /// In one phrase: `python (pid 12, alice): open file /fsx/a`.
    pub fn phrase(&self) -> String {
        let [pid, user, command] = self.owner();
        match self.pid {
            Some(_) => format!("{command} (pid {pid}, {user}): {}", self.uses()),
            None => self.uses(),
        }
    }
}

impl Holders {
    /// The table, a line for each holder, then what is not known; ends with a newline.
    pub fn table(&self) -> String {
        let mut text = String::new();
        if !self.found.is_empty() {
            let head = ["PID", "USER", "COMMAND"].map(str::to_owned);
            let shown = self.found.iter().take(MOST_LINES);
            let rows: Vec<_> = std::iter::once((head, "USES".to_owned()))
                .chain(shown.map(|holder| (holder.owner(), holder.uses())))
                .collect();
            let width = |column: usize| {
                let length = |row: &([String; 3], String)| {
                    row.0.get(column).map_or(0, |cell| cell.chars().count())
                };
                rows.iter().map(length).max().unwrap_or_default()
            };
            let (pid_width, user_width, command_width) = (width(0), width(1), width(2));
            for ([pid, user, command], uses) in &rows {
                // Writing to a String does not fail.
                let _ = writeln!(
                    text,
                    "  {pid:>pid_width$}  {user:user_width$}  {command:command_width$}  {uses}"
                );
            }
        }
        if self.found.len() > MOST_LINES {
            let _ =
                writeln!(text, "  … and {} more (--json has all)", self.found.len() - MOST_LINES);
        }
        for unread in self.unread.iter().take(MOST_LINES) {
            let _ = writeln!(text, "  not known: {}", one_line(unread));
        }
        text
    }

    /// The first few in one line, or that none is visible.
    pub fn summary(&self, is_wanted: impl Fn(&Holder) -> bool) -> String {
        let wanted: Vec<_> = self.found.iter().filter(|holder| is_wanted(holder)).collect();
        if wanted.is_empty()
            && let Some(first) = self.unread.first()
        {
            return format!("not all who may use it could be looked at: {first}");
        }
        if wanted.is_empty() {
            return "an unknown holder: none is visible in /proc and /sys (it may be an NFS \
                    export, io_uring, or a descriptor in flight between processes)"
                .into();
        }
        let first: Vec<_> = wanted.iter().take(2).map(|holder| holder.phrase()).collect();
        let more = wanted.len() - first.len();
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        format!("{}{more}", first.join("; "))
    }
}
