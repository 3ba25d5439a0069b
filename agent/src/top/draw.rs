//! The live screen, drawn.

use super::screen::Screen;
use super::table::{PAGES, Table, scaled};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Cell, Clear, Paragraph, Row, Sparkline, Table as Drawn};
use std::collections::VecDeque;

/// The curve of a row.
const CURVE: usize = 16;
/// Below this the large curve leaves too little room for rows.
const LEAST_HEIGHT_OF_CURVE: u16 = 14;

const HELP: &str = "\
m o i j   mounts, OSTs, imports, jobs
Tab       the next of them
s         sort by the next column
r         sort the other way round
p, space  pause, go on
arrows    scroll; page up and down by ten
Ctrl-L    draw everything anew
q, Esc    quit

META, RD LAT, WR LAT  mean time of a metadata
  request, a read call, a write call
FLIGHT  requests without an answer yet
? is unknown, - is nothing to tell";

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, screen: &Screen) {
    let area = frame.area();
    let curve = if area.height >= LEAST_HEIGHT_OF_CURVE { 3 } else { 0 };
    let [head, total, rows, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(curve),
        Constraint::Min(0),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(heading(screen)), head);
    draw_total(frame, screen, total);
    match screen.table() {
        Some(table) if table.rows.is_empty() => {
            let is_mounted = screen.view.as_ref().is_some_and(|view| !view.file_systems.is_empty());
            let nothing =
                if is_mounted { "there are none" } else { "no Lustre file system is mounted here" };
            frame.render_widget(Paragraph::new(nothing), rows);
        }
        Some(table) => draw_rows(frame, screen, &table, rows),
        None => frame.render_widget(Paragraph::new("looking at the counters …"), rows),
    }
    frame.render_widget(Paragraph::new(footing(screen)), foot);
    if screen.has_help {
        draw_help(frame, area);
    }
}

fn colour(screen: &Screen, colour: Color) -> Style {
    if screen.has_colour { Style::new().fg(colour) } else { Style::new() }
}

fn heading(screen: &Screen) -> Line<'static> {
    let mut spans = vec![Span::styled("fsxlustre top ", Style::new().add_modifier(Modifier::BOLD))];
    for page in PAGES {
        let style = if page == screen.page {
            Style::new().add_modifier(Modifier::REVERSED)
        } else {
            Style::new()
        };
        spans.push(Span::styled(format!(" {} ", page.title()), style));
    }
    let seconds = screen.view.as_ref().and_then(|view| view.seconds);
    let rate = seconds.map_or_else(String::new, |seconds| format!("  over {seconds:.1} s"));
    let paused = if screen.is_paused { "  PAUSED" } else { "" };
    spans.push(Span::raw(format!("{rate}{paused}")));
    Line::from(spans)
}

fn footing(screen: &Screen) -> Line<'static> {
    let title = screen.table().and_then(|table| table.columns.get(screen.column).map(|c| c.title));
    let way = if screen.is_reversed { ", reversed" } else { "" };
    let sorted = title.map_or_else(String::new, |title| format!("by {title}{way} | "));
    Line::from(format!("{sorted}q quit  ? help  s sort  p pause"))
}

/// All file systems together.
fn draw_total(frame: &mut Frame<'_>, screen: &Screen, area: Rect) {
    if area.height == 0 {
        return;
    }
    let pasts: Vec<&VecDeque<u64>> = (screen.history.iter())
        .filter(|(key, _)| key.starts_with("mounts "))
        .map(|(_, past)| past)
        .collect();
    let longest = pasts.iter().map(|past| past.len()).max().unwrap_or(0);
    let room = usize::from(area.width).min(longest);
    // From the end, where all are of now.
    let at = |back: usize| {
        let of = |past: &&VecDeque<u64>| {
            past.len().checked_sub(back + 1).and_then(|at| past.get(at).copied())
        };
        pasts.iter().filter_map(of).fold(0, u64::saturating_add)
    };
    let totals: Vec<u64> = (0..room).rev().map(at).collect();
    let now = crate::window::float(totals.last().copied().unwrap_or(0));
    let [title, curve] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    let said = if totals.is_empty() { "?".to_owned() } else { format!("{}/s", scaled(now)) };
    frame.render_widget(Paragraph::new(format!("read and written by programs: {said}")), title);
    frame.render_widget(
        Sparkline::default().data(&totals).style(colour(screen, Color::Cyan)),
        curve,
    );
}

fn draw_rows(frame: &mut Frame<'_>, screen: &Screen, table: &Table, area: Rect) {
    let room = usize::from(area.width);
    let mut widths = table.widths(room);
    let used: usize = widths.iter().sum::<usize>() + widths.len();
    let has_curve = used + CURVE <= room;
    if has_curve {
        widths.push(CURVE);
    }
    let head = table.columns.iter().zip(&widths).enumerate().map(|(place, (column, width))| {
        let title = aligned(column.title, *width, column.is_text);
        let style = if place == screen.column {
            Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
        } else {
            Style::new().add_modifier(Modifier::BOLD)
        };
        Cell::from(title).style(style)
    });
    let rows = table.rows.iter().skip(screen.top).take(usize::from(area.height)).map(|row| {
        let cells = row.cells.iter().zip(table.columns).zip(&widths);
        let mut cells: Vec<Cell<'_>> = cells
            .map(|((cell, column), width)| {
                Cell::from(aligned(cell.shown(), *width, column.is_text))
            })
            .collect();
        cells.truncate(widths.len() - usize::from(has_curve));
        if has_curve {
            cells.push(Cell::from(curve(screen.past(&row.key))).style(colour(screen, Color::Cyan)));
        }
        let style = if row.is_bad {
            colour(screen, Color::Red).add_modifier(Modifier::BOLD)
        } else {
            Style::new()
        };
        Row::new(cells).style(style)
    });
    let constraints =
        widths.iter().map(|width| Constraint::Length(u16::try_from(*width).unwrap_or(u16::MAX)));
    let drawn = Drawn::new(rows, constraints).header(Row::new(head)).column_spacing(1);
    frame.render_widget(drawn, area);
}

fn aligned(text: &str, width: usize, is_text: bool) -> String {
    let cut: String = text.chars().take(width).collect();
    if is_text { format!("{cut:<width$}") } else { format!("{cut:>width$}") }
}

/// The last values as eighths of the largest of them.
fn curve(past: Option<&VecDeque<u64>>) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let Some(past) = past else { return String::new() };
    let last = past.iter().skip(past.len().saturating_sub(CURVE));
    let most = u128::from(last.clone().copied().max().unwrap_or(0).max(1));
    let step = |value: &u64| {
        let place = usize::try_from(u128::from(*value) * 7 / most).unwrap_or(7);
        STEPS.get(place).copied().unwrap_or('█')
    };
    last.map(step).collect()
}

fn draw_help(frame: &mut Frame<'_>, area: Rect) {
    let lines = u16::try_from(HELP.lines().count()).unwrap_or(u16::MAX);
    let (width, height) = (area.width.min(50), area.height.min(lines.saturating_add(2)));
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(HELP).block(Block::bordered().title("keys")), place);
}

#[cfg(test)]
mod tests {
    use super::super::view::{FileSystemRow, View};
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use std::time::Duration;

    fn drawn(screen: &Screen, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
        terminal.draw(|frame| draw(frame, screen)).expect("drawn");
        terminal.backend().to_string()
    }

    fn screen() -> Screen {
        let mut screen = Screen::new(Duration::from_secs(1), true);
        for read in [1e6, 5e6, 2e9] {
            let row = FileSystemRow {
                fs: "p7lsxbev".into(),
                directories: vec!["/mnt/genomics".into()],
                read_bytes_per_second: Some(read),
                write_bytes_per_second: Some(0.0),
                connections_up: Some(5),
                connections_down: Some(1),
                ..FileSystemRow::default()
            };
            screen.show(View { file_systems: vec![row], seconds: Some(1.0), ..View::default() });
        }
        screen
    }

    #[test]
    fn a_wide_screen_has_everything() {
        let shown = drawn(&screen(), 160, 20);
        for part in [
            "p7lsxbev",
            "2.0GB",
            "/mnt/genomics",
            "5 up 1 DOWN",
            "▁▁█",
            "2.0GB/s",
            "q quit",
            " mounts ",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }

    #[test]
    fn any_size_can_be_drawn_and_help_as_well() {
        for has_help in [false, true] {
            let screens = [screen(), Screen::new(Duration::from_secs(1), false)];
            for screen in screens.map(|screen| Screen { has_help, ..screen }) {
                for (width, height) in
                    [(1, 1), (2, 40), (7, 5), (20, 3), (40, 12), (80, 24), (300, 80)]
                {
                    drawn(&screen, width, height);
                }
            }
        }
        let narrow = drawn(&screen(), 24, 8);
        assert!(narrow.contains("p7lsxbev"), "{narrow}");
        assert!(
            drawn(&Screen { has_help: true, ..screen() }, 80, 24)
                .contains("sort by the next column")
        );
    }

    #[test]
    fn a_curve_is_of_the_last_values() {
        let past: VecDeque<u64> = (0..100).collect();
        assert_eq!(curve(Some(&past)).chars().count(), CURVE);
        assert_eq!(curve(Some(&VecDeque::from([0, 7]))), "▁█");
        assert_eq!(curve(Some(&VecDeque::from([0, u64::MAX]))), "▁█");
        assert_eq!(curve(None), "");
    }
}
