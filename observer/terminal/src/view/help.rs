//! The keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::theme::Theme;

const KEYS: [(&str, &str); 15] = [
    ("1 2 3 4", "tree, processes, events, system"),
    ("Enter, Esc", "open a process, go back"),
    ("j k ↓ ↑ PgDn PgUp", "move"),
    ("g G Home End", "to the first, the last"),
    ("/", "filter; Enter keeps it, Esc clears it"),
    ("s", "change the sort"),
    ("o", "turn the sort round (processes)"),
    ("Space h l ← →", "fold, unfold (tree)"),
    ("Tab Shift-Tab", "choose a process to open (process)"),
    ("p", "pause the events"),
    ("K", "kill, after asking"),
    ("S", "suspend, after asking"),
    ("R", "resume, after asking"),
    ("?", "this help"),
    ("q Ctrl-C", "quit"),
];

pub(super) fn draw(theme: Theme, area: Rect, frame: &mut Frame<'_>) {
    let width = area.width.min(60);
    let height = area
        .height
        .min(u16::try_from(KEYS.len()).unwrap_or(u16::MAX) + 2);
    let area = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    let line = |(keys, meaning)| {
        Line::from(vec![
            Span::styled(format!(" {keys:<19}"), theme.strong()),
            Span::raw(meaning),
        ])
    };
    let lines: Vec<_> = KEYS.into_iter().map(line).collect();
    frame.render_widget(Clear, area);
    frame.render_widget(
        Paragraph::new(lines).block(Block::bordered().title(" Keys ")),
        area,
    );
}
