//! Lines of cells with fixed widths.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::text::{fill, fill_left};

/// A part of a line. Its text is clean.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) style: Style,
    pub(super) column: Column,
}

/// How wide a cell is, and at which end its text begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    Left(usize),
    Right(usize),
}

impl Column {
    pub(super) fn width(self) -> usize {
        match self {
            Self::Left(width) | Self::Right(width) => width,
        }
    }
}

/// A line of cells, with a space between each two, after the mark of the selected line.
pub(super) fn row(mark: Mark, cells: impl IntoIterator<Item = Cell>) -> Line<'static> {
    let mut spans = vec![Span::raw(if mark == Mark::Selected { "> " } else { "  " })];
    for (
        index,
        Cell {
            text,
            style,
            column,
        },
    ) in cells.into_iter().enumerate()
    {
        if index > 0 {
            spans.push(Span::raw(" "));
        }
        let text = match column {
            Column::Left(width) => fill(&text, width),
            Column::Right(width) => fill_left(&text, width),
        };
        spans.push(Span::styled(text, style));
    }
    Line::from(spans)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    None,
    Selected,
}

/// What is left of `width` for one more cell beside `columns`; at least some.
pub(super) fn rest(width: usize, columns: &[Column]) -> usize {
    let used: usize = columns.iter().map(|column| column.width() + 1).sum();
    width.saturating_sub(used + 2).max(8)
}

/// How a pid is shown.
pub(super) fn pid(pid: &str) -> String {
    format!("#PID<{}>", crate::text::clean(pid))
}

/// A column for `pids`, which does without `#PID` where there is little room.
#[derive(Clone, Copy, Debug)]
pub(super) struct PidColumn {
    pub(super) column: Column,
    short: bool,
}

impl PidColumn {
    pub(super) fn new<'a>(width: usize, pids: impl IntoIterator<Item = &'a str>) -> Self {
        let short = width < 80;
        let around = if short { "<>".len() } else { "#PID<>".len() };
        let widest = pids.into_iter().map(|pid| pid.len() + around).max();
        let column = Column::Left(widest.unwrap_or(0).clamp("0.0.0".len() + around, 20));
        Self { column, short }
    }

    pub(super) fn text(self, pid: &str) -> String {
        if self.short {
            format!("<{}>", crate::text::clean(pid))
        } else {
            self::pid(pid)
        }
    }
}
