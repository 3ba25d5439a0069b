//! A view as rows of text, page by page.

use super::view::{FileSystemRow, JobRow, TargetRow, View};
use crate::window::whole;
use fsxlustre_mount::failure::one_line;
use std::cmp::Ordering;

/// What is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Page {
    /// File systems with their mounts.
    #[default]
    Mounts,
    /// Object storage and metadata targets.
    Targets,
    /// Connections.
    Imports,
    /// Jobs.
    Jobs,
}

/// Every page, in their order on the screen.
pub(super) const PAGES: [Page; 4] = [Page::Mounts, Page::Targets, Page::Imports, Page::Jobs];

impl Page {
    /// Its heading.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Mounts => "mounts",
            Self::Targets => "osts",
            Self::Imports => "imports",
            Self::Jobs => "jobs",
        }
    }
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// Its heading.
    pub(super) title: &'static str,
    /// Whether it is text, which stands at the left.
    pub(super) is_text: bool,
}

/// A value of a cell: what is shown, and what rows are sorted by.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Text.
    Text(String),
    /// A number and how it reads. Unknown numbers sort below all others.
    Number(Option<f64>, String),
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TableRow {
    /// What the history of the row is kept by.
    pub(super) key: String,
    /// Bytes in a second, both ways.
    pub(super) throughput: Option<f64>,
    /// Whether something is wrong with it.
    pub(super) is_bad: bool,
    /// As many as there are columns.
    pub(super) cells: Vec<Value>,
}

/// A page.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// Its columns, the most important first: what does not fit is left out from the end.
    pub(super) columns: &'static [Column],
    /// Its rows.
    pub(super) rows: Vec<TableRow>,
}

const fn text(title: &'static str) -> Column {
    Column { title, is_text: true }
}

const fn number(title: &'static str) -> Column {
    Column { title, is_text: false }
}

const MOUNTS: &[Column] = &[
    text("FS"),
    number("READ/s"),
    number("WRITE/s"),
    number("OPS/s"),
    number("FLIGHT"),
    number("DIRTY"),
    number("META"),
    number("RD LAT"),
    number("WR LAT"),
    text("CONN"),
    text("MOUNTED ON"),
];
const TARGETS: &[Column] = &[
    text("TARGET"),
    number("READ/s"),
    number("WRITE/s"),
    number("RPC/s"),
    number("LAT"),
    number("FLIGHT"),
    number("DIRTY"),
    number("GRANT"),
    text("FS"),
];
const IMPORTS: &[Column] = &[text("TARGET"), text("STATE"), text("FS"), text("SERVER")];
const JOBS: &[Column] = &[
    text("JOB"),
    number("READ/s"),
    number("WRITE/s"),
    number("OPS/s"),
    number("READ"),
    number("WRITTEN"),
    text("SHARED"),
    text("FS"),
];

/// The rows of a page.
pub(super) fn table(view: &View, page: Page) -> Table {
    let (columns, rows) = match page {
        Page::Mounts => (MOUNTS, view.file_systems.iter().map(mount).collect()),
        Page::Targets => (TARGETS, view.targets.iter().map(target).collect()),
        Page::Imports => (IMPORTS, view.targets.iter().map(import).collect()),
        Page::Jobs => (JOBS, view.jobs.iter().map(job).collect()),
    };
    Table { columns, rows }
}

fn word(text: &str) -> Value {
    Value::Text(one_line(text))
}

fn bytes(count: Option<f64>) -> Value {
    Value::Number(count, count.map_or("?".into(), scaled))
}

fn whole_bytes(count: Option<u64>) -> Value {
    bytes(count.map(crate::window::float))
}

fn plain(count: Option<f64>) -> Value {
    let shown = |count: f64| whole(count.round()).map_or("?".into(), |count| count.to_string());
    Value::Number(count, count.map_or("?".into(), shown))
}

/// A mean time; `-` where nothing happened, of which no mean is.
fn time(seconds: Option<f64>) -> Value {
    let shown = |seconds: f64| {
        if seconds >= 1.0 { format!("{seconds:.1}s") } else { format!("{:.1}ms", seconds * 1000.0) }
    };
    Value::Number(seconds, seconds.map_or("-".into(), shown))
}

/// Bytes with a unit of thousands, in five letters or so.
pub(super) fn scaled(mut value: f64) -> String {
    for unit in ["B", "kB", "MB", "GB", "TB"] {
        if value < 999.5 {
            return if unit == "B" { format!("{value:.0}B") } else { format!("{value:.1}{unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1}PB")
}

fn both(read: Option<f64>, write: Option<f64>) -> Option<f64> {
    Some(read? + write?)
}

fn mount(row: &FileSystemRow) -> TableRow {
    let is_down = row.connections_down.is_some_and(|down| down > 0);
    let connections = match (row.connections_up, row.connections_down) {
        (Some(up), Some(0)) => format!("{up} up"),
        (Some(up), Some(down)) => format!("{up} up {down} DOWN"),
        _ => "?".to_owned(),
    };
    let answers = if row.answers == Some(false) { " (does not answer)" } else { "" };
    TableRow {
        key: row.fs.clone(),
        throughput: both(row.read_bytes_per_second, row.write_bytes_per_second),
        is_bad: is_down || row.answers == Some(false),
        cells: vec![
            word(&row.fs),
            bytes(row.read_bytes_per_second),
            bytes(row.write_bytes_per_second),
            plain(row.operations_per_second),
            plain(row.in_flight.map(crate::window::float)),
            whole_bytes(row.dirty_bytes),
            time(row.metadata_seconds),
            time(row.read_seconds),
            time(row.write_seconds),
            word(&connections),
            word(&format!("{}{answers}", row.directories.join(" "))),
        ],
    }
}

fn target(row: &TargetRow) -> TableRow {
    TableRow {
        key: format!("{}/{}", row.fs, row.target),
        throughput: both(row.read_bytes_per_second, row.write_bytes_per_second),
        is_bad: row.is_up == Some(false),
        cells: vec![
            word(&row.target),
            bytes(row.read_bytes_per_second),
            bytes(row.write_bytes_per_second),
            plain(row.requests_per_second),
            time(row.request_seconds),
            plain(row.in_flight.map(crate::window::float)),
            // A metadata target promises no room and has nothing dirty.
            if row.target.starts_with("MDT") { word("-") } else { whole_bytes(row.dirty_bytes) },
            if row.target.starts_with("MDT") { word("-") } else { whole_bytes(row.grant_bytes) },
            word(&row.fs),
        ],
    }
}

fn import(row: &TargetRow) -> TableRow {
    let shown = |text: &Option<String>| word(text.as_deref().unwrap_or("?"));
    TableRow {
        cells: vec![word(&row.target), shown(&row.state), word(&row.fs), shown(&row.nid)],
        ..target(row)
    }
}

fn job(row: &JobRow) -> TableRow {
    let shared = match row.is_shared {
        Some(true) => "yes",
        Some(false) => "no",
        None => "?",
    };
    TableRow {
        key: format!("{}/{}", row.job, row.fs),
        throughput: both(row.read_bytes_per_second, row.write_bytes_per_second),
        is_bad: false,
        cells: vec![
            word(&row.job),
            bytes(row.read_bytes_per_second),
            bytes(row.write_bytes_per_second),
            plain(row.operations_per_second),
            whole_bytes(row.read_bytes),
            whole_bytes(row.write_bytes),
            word(shared),
            word(&row.fs),
        ],
    }
}

impl Value {
    /// As it is shown.
    pub(super) fn shown(&self) -> &str {
        let (Self::Text(shown) | Self::Number(_, shown)) = self;
        shown
    }

    /// Text from A to Z, numbers from the largest.
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a, _), Self::Number(b, _)) => {
                b.unwrap_or(-1.0).total_cmp(&a.unwrap_or(-1.0))
            }
            _ => self.shown().cmp(other.shown()),
        }
    }
}

impl Table {
    /// Sorts by a column; rows that are equal in it stay in their order.
    pub(super) fn sort(&mut self, column: usize, is_reversed: bool) {
        self.rows.sort_by(|a, b| {
            let order = match (a.cells.get(column), b.cells.get(column)) {
                (Some(a), Some(b)) => a.order(b),
                _ => Ordering::Equal,
            };
            if is_reversed { order.reverse() } else { order }
        });
    }

    /// The widths of the columns that fit beside each other, one space between two. The first one
    /// is always there, cut if need be.
    pub(super) fn widths(&self, room: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = Vec::new();
        let mut used = 0;
        for (place, column) in self.columns.iter().enumerate() {
            let cells = self.rows.iter().filter_map(|row| row.cells.get(place));
            let widest = cells.map(|cell| cell.shown().chars().count()).max().unwrap_or(0);
            // Numbers change from look to look, and columns are not to jump.
            let least = if column.is_text { 4 } else { 8 };
            let width = widest.max(column.title.len()).max(least).min(48);
            let gap = usize::from(place > 0);
            if place > 0 && used + gap + width > room {
                break;
            }
            used += gap + width;
            widths.push(width.min(room.max(1)));
        }
        widths
    }
}

impl View {
    /// All pages as text, one below the other.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if self.file_systems.is_empty() {
            text.push_str("no Lustre file system is mounted here\n");
        }
        let pages = [Page::Mounts, Page::Targets, Page::Imports, Page::Jobs];
        for page in pages {
            let table = table(self, page);
            if table.rows.is_empty() {
                continue;
            }
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&table.text());
        }
        text
    }
}

impl Table {
    fn text(&self) -> String {
        let widths = self.widths(usize::MAX);
        let line = |cells: Vec<&str>| {
            let cells =
                cells.iter().zip(&widths).zip(self.columns).map(|((cell, width), column)| {
                    if column.is_text {
                        format!("{cell:<width$}")
                    } else {
                        format!("{cell:>width$}")
                    }
                });
            cells.collect::<Vec<_>>().join(" ").trim_end().to_owned() + "\n"
        };
        let head = line(self.columns.iter().map(|column| column.title).collect());
        let rows = self.rows.iter().map(|row| line(row.cells.iter().map(Value::shown).collect()));
        std::iter::once(head).chain(rows).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> View {
        let fs = |name: &str, read| FileSystemRow {
            fs: name.into(),
            directories: vec!["/mnt/\u{1b}[31mred".into()],
            read_bytes_per_second: read,
            ..FileSystemRow::default()
        };
        View {
            file_systems: vec![fs("a", None), fs("b", Some(5.0)), fs("c", Some(7e9))],
            ..View::default()
        }
    }

    #[test]
    fn pages_have_a_cell_for_each_column() {
        let view =
            View { targets: vec![TargetRow::default()], jobs: vec![JobRow::default()], ..view() };
        for page in PAGES {
            let table = table(&view, page);
            assert!(!table.rows.is_empty(), "{page:?}");
            assert!(
                table.rows.iter().all(|row| row.cells.len() == table.columns.len()),
                "{page:?}"
            );
        }
    }

    #[test]
    fn numbers_sort_from_the_largest_and_unknown_ones_last() {
        let mut table = table(&view(), Page::Mounts);
        let names =
            |table: &Table| table.rows.iter().map(|row| row.key.clone()).collect::<Vec<_>>();
        table.sort(1, false);
        assert_eq!(names(&table), ["c", "b", "a"]);
        table.sort(1, true);
        assert_eq!(names(&table), ["a", "b", "c"]);
        table.sort(99, false);
        assert_eq!(names(&table), ["a", "b", "c"]);
    }

    #[test]
    fn text_is_of_one_line_a_row_and_without_control_characters() {
        let text = view().text();
        assert_eq!(text.lines().count(), 4, "{text}");
        assert!(text.chars().all(|letter| letter == '\n' || !letter.is_control()), "{text}");
        assert!(text.contains("7.0GB"), "{text}");
        assert_eq!(View::default().text(), "no Lustre file system is mounted here\n");
    }

    #[test]
    fn what_does_not_fit_is_left_out_from_the_end() {
        let table = table(&view(), Page::Mounts);
        for room in 0..200 {
            let widths = table.widths(room);
            let used: usize = widths.iter().sum::<usize>() + widths.len() - 1;
            assert!(used <= room.max(1), "{room}: {widths:?}");
        }
        assert_eq!(table.widths(200).len(), MOUNTS.len());
    }

    #[test]
    fn bytes_have_a_unit() {
        let shown = [0.0, 999.0, 999.6, 1e6, 999.96e6, 1e18].map(scaled);
        assert_eq!(shown, ["0B", "999B", "1.0kB", "1.0MB", "1.0GB", "1000.0PB"]);
    }
}
