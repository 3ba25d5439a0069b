//! The state of the live screen, and what keys do to it.

use super::table::{PAGES, Page, Table, table};
use super::view::View;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Looks that the small curves show.
pub(super) const HISTORY: usize = 120;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Go on.
    Stay,
    /// Draw everything anew, since something else has written there.
    Redraw,
    /// End.
    Quit,
}

/// What is shown, and how.
#[expect(clippy::struct_excessive_bools, reason = "each is a key that is on or off")]
#[derive(Clone, Debug)]
pub(super) struct Screen {
    pub(super) page: Page,
    /// The column that rows are sorted by.
    pub(super) column: usize,
    pub(super) is_reversed: bool,
    pub(super) is_paused: bool,
    pub(super) has_help: bool,
    /// The first row that is shown.
    pub(super) top: usize,
    /// Time between two looks.
    pub(super) apart: Duration,
    pub(super) has_colour: bool,
    /// The last view; none before the second look.
    pub(super) view: Option<View>,
    /// Bytes in a second, both ways, by row.
    pub(super) history: BTreeMap<String, VecDeque<u64>>,
}

impl Screen {
    /// A screen that has seen nothing yet.
    pub(super) fn new(apart: Duration, has_colour: bool) -> Self {
        Self {
            page: Page::default(),
            column: 0,
            is_reversed: false,
            is_paused: false,
            has_help: false,
            top: 0,
            apart,
            has_colour,
            view: None,
            history: BTreeMap::new(),
        }
    }

    /// Takes a view in.
    pub(super) fn show(&mut self, view: View) {
        let mut history = BTreeMap::new();
        for page in [Page::Mounts, Page::Targets, Page::Jobs] {
            for row in table(&view, page).rows {
                let key = history_key(page, &row.key);
                // Rows that are gone take their past with them.
                let mut past = self.history.remove(&key).unwrap_or_default();
                past.extend(row.throughput.and_then(crate::window::whole));
                while past.len() > HISTORY {
                    past.pop_front();
                }
                history.insert(key, past);
            }
        }
        self.history = history;
        self.view = Some(view);
    }

    /// The past of a row.
    pub(super) fn past(&self, key: &str) -> Option<&VecDeque<u64>> {
        let page = if self.page == Page::Imports { Page::Targets } else { self.page };
        self.history.get(&history_key(page, key))
    }

    /// The rows of the page in their order.
    pub(super) fn table(&self) -> Option<Table> {
        let mut table = table(self.view.as_ref()?, self.page);
        table.sort(self.column, self.is_reversed);
        Some(table)
    }

    fn turn_to(&mut self, page: Page) {
        (self.page, self.column, self.is_reversed, self.top) = (page, 0, false, 0);
    }

    fn next_page(&self) -> Page {
        let place = PAGES.iter().position(|page| *page == self.page).unwrap_or(0);
        PAGES.get(place + 1).copied().unwrap_or_default()
    }

    fn next_column(&self) -> usize {
        let columns = self.table().map_or(1, |table| table.columns.len()).max(1);
        (self.column + 1) % columns
    }

    fn scroll(&mut self, by: isize) {
        let rows = self.table().map_or(0, |table| table.rows.len());
        self.top = self.top.saturating_add_signed(by).min(rows.saturating_sub(1));
    }

    /// What a key does.
    pub(super) fn press(&mut self, key: KeyEvent) -> Next {
        if key.kind == KeyEventKind::Release {
            return Next::Stay;
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c' | 'd') => Next::Quit,
                KeyCode::Char('l') => Next::Redraw,
                _ => Next::Stay,
            };
        }
        if std::mem::take(&mut self.has_help) {
            // Any key closes it; what ends the program ends it from here too.
            return if key.code == KeyCode::Char('q') { Next::Quit } else { Next::Stay };
        }
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return Next::Quit,
            KeyCode::Char('?' | 'h') => self.has_help = true,
            KeyCode::Char('p' | ' ') => self.is_paused = !self.is_paused,
            KeyCode::Char('m') => self.turn_to(Page::Mounts),
            KeyCode::Char('o') => self.turn_to(Page::Targets),
            KeyCode::Char('i') => self.turn_to(Page::Imports),
            KeyCode::Char('j') => self.turn_to(Page::Jobs),
            KeyCode::Tab => self.turn_to(self.next_page()),
            KeyCode::Char('s') => self.column = self.next_column(),
            KeyCode::Char('r') => self.is_reversed = !self.is_reversed,
            KeyCode::Down => self.scroll(1),
            KeyCode::Up => self.scroll(-1),
            KeyCode::PageDown => self.scroll(10),
            KeyCode::PageUp => self.scroll(-10),
            KeyCode::Home => self.top = 0,
            _ => {}
        }
        Next::Stay
    }
}

fn history_key(page: Page, key: &str) -> String {
    format!("{} {key}", page.title())
}

#[cfg(test)]
mod tests {
    use super::super::view::{FileSystemRow, TargetRow};
    use super::*;

    fn screen() -> Screen {
        let mut screen = Screen::new(Duration::from_secs(1), false);
        let row = |read| FileSystemRow {
            fs: "x".into(),
            read_bytes_per_second: read,
            write_bytes_per_second: Some(1.0),
            ..FileSystemRow::default()
        };
        for read in [Some(1.0), None, Some(3.0)] {
            let targets = vec![TargetRow::default(), TargetRow::default()];
            screen.show(View { file_systems: vec![row(read)], targets, ..View::default() });
        }
        screen
    }

    #[test]
    fn the_past_has_no_zero_for_what_was_unknown() {
        let screen = screen();
        let past: Vec<u64> = screen.past("x").expect("kept").iter().copied().collect();
        assert_eq!(past, [2, 4]);
        assert_eq!(screen.past("y"), None);
        let mut screen = screen;
        for _ in 0..HISTORY + 5 {
            let view = screen.view.clone().expect("shown");
            screen.show(view);
        }
        assert_eq!(screen.past("x").map(VecDeque::len), Some(HISTORY));
        screen.show(View::default());
        assert_eq!(screen.past("x"), None, "what is gone is forgotten");
    }

    #[test]
    fn keys() {
        let mut screen = screen();
        let mut press = |letter: char| {
            let next = screen.press(KeyEvent::from(KeyCode::Char(letter)));
            (next, screen.clone())
        };
        assert_eq!(press('o').1.page, Page::Targets);
        assert_eq!(press('s').1.column, 1);
        assert!(press('r').1.is_reversed);
        assert!(press('p').1.is_paused);
        assert!(!press('p').1.is_paused);
        assert_eq!(press('i').1.page, Page::Imports);
        let (_, helped) = press('?');
        assert!(helped.has_help && helped.column == 0);
        assert!(!press('j').1.has_help);
        assert_eq!(press('j').1.page, Page::Jobs);
        assert_eq!(press('q').0, Next::Quit);
        let control = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(screen.press(control), Next::Quit);
        let control = KeyEvent::new(KeyCode::Char('l'), KeyModifiers::CONTROL);
        assert_eq!(screen.press(control), Next::Redraw);
    }

    #[test]
    fn rows_and_pages_end_somewhere() {
        let mut screen = screen();
        for _ in 0..100 {
            screen.turn_to(Page::Targets);
            screen.press(KeyEvent::from(KeyCode::PageDown));
        }
        assert_eq!(screen.top, 1, "not beyond the last row");
        for _ in 0..PAGES.len() {
            screen.press(KeyEvent::from(KeyCode::Tab));
        }
        assert_eq!(screen.page, Page::Targets);
    }
}
