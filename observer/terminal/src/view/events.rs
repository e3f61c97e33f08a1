//! The events.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::row::{Cell, Column, Mark, PidColumn, pid, rest, row};
use super::theme::Theme;
use crate::api::Event;
use crate::app::{App, list};
use crate::{format, text};

/// From how many rows on the selected event is shown in full below the others.
const ROWS_FOR_DETAILS: u16 = 16;
const DETAILS: u16 = 7;

const TIME: Column = Column::Left(8);
const KIND: Column = Column::Left(10);
const NAME: Column = Column::Left(22);

pub(super) fn draw(app: &App, theme: Theme, area: Rect, frame: &mut Frame<'_>) {
    let shown = app.events.shown();
    let selected = app.events.selected_index(&shown);
    let details = if area.height >= ROWS_FOR_DETAILS {
        DETAILS
    } else {
        0
    };
    let window = list::window(
        selected,
        shown.len(),
        usize::from(area.height - 1 - details),
    );
    let width = usize::from(area.width);
    let pids = shown[window.clone()]
        .iter()
        .filter_map(|event| shown_pid(event));
    let columns = Columns::new(width, PidColumn::new(width, pids));
    let mut lines = vec![columns.heading(app, shown.len(), theme)];
    for index in window {
        let mark = if index == selected {
            Mark::Selected
        } else {
            Mark::None
        };
        lines.push(columns.event(shown[index], mark, theme));
    }
    if shown.is_empty() {
        lines.push(Line::raw(match app.events.filter.as_str() {
            "" => "  nothing has happened yet",
            _ => "  no event matches; Esc clears the filter",
        }));
    }
    frame.render_widget(Paragraph::new(lines), area);
    if details > 0
        && let Some(event) = shown.get(selected)
    {
        let below = Rect {
            y: area.bottom() - details,
            height: details,
            ..area
        };
        frame.render_widget(Paragraph::new(describe(event, theme, width)), below);
    }
}

struct Columns {
    pid: Option<Column>,
    name: Option<Column>,
    message: Column,
}

impl Columns {
    fn new(width: usize, pid: PidColumn) -> Self {
        let pid = (width >= 90).then_some(pid.column);
        let name = (width >= 120).then_some(NAME);
        let fixed: Vec<_> = [TIME, KIND].into_iter().chain(pid).chain(name).collect();
        Self {
            pid,
            name,
            message: Column::Left(rest(width, &fixed)),
        }
    }

    fn heading(&self, app: &App, shown: usize, theme: Theme) -> Line<'static> {
        let log = &app.events;
        let mut message = format!(
            "{shown} {}",
            if log.newest_first {
                "newest first"
            } else {
                "oldest first"
            }
        );
        if !log.filter.is_empty() {
            message.push_str(&format!(" /{}", text::clean(&log.filter)));
        }
        if log.is_paused() {
            message.push_str(&format!(" · paused, {} new", log.waiting()));
        }
        if log.missed > 0 {
            message.push_str(&format!(" · {} missed", log.missed));
        }
        self.row(Mark::None, ["UTC", "Kind", "Pid", "Name", &message], |_| {
            theme.heading()
        })
    }

    fn event(&self, event: &Event, mark: Mark, theme: Theme) -> Line<'static> {
        let name = event
            .name
            .as_deref()
            .or(event.type_name.as_deref())
            .unwrap_or_default();
        let mut message = text::clean(&event.message);
        if event.count > 1 {
            message.push_str(&format!(" ×{}", event.count));
        }
        let texts = [
            &format::time_of_day(event.at),
            &text::clean(&event.kind),
            &shown_pid(event).map_or(String::new(), pid),
            &text::clean(name),
            &message,
        ];
        let style = |index| {
            if index == 1 {
                theme.event(&event.kind)
            } else {
                theme.plain()
            }
        };
        let line = self.row(mark, texts.map(String::as_str), style);
        if mark == Mark::Selected {
            line.patch_style(theme.selected())
        } else {
            line
        }
    }

    fn row(
        &self,
        mark: Mark,
        texts: [&str; 5],
        style: impl Fn(usize) -> ratatui::style::Style,
    ) -> Line<'static> {
        let columns = [
            Some(TIME),
            Some(KIND),
            self.pid,
            self.name,
            Some(self.message),
        ];
        let cells = columns.into_iter().zip(texts).enumerate();
        row(
            mark,
            cells.filter_map(|(index, (column, text))| {
                Some(Cell {
                    text: text.to_owned(),
                    style: style(index),
                    column: column?,
                })
            }),
        )
    }
}

/// The process that can be opened: after a restart the new one.
fn shown_pid(event: &Event) -> Option<&str> {
    event.new_pid.as_deref().or(event.pid.as_deref())
}

/// The selected event in full.
fn describe(event: &Event, theme: Theme, width: usize) -> Vec<Line<'static>> {
    let mut lines = vec![Line::styled("─".repeat(width), theme.dim())];
    let mut add = |text: &str| {
        lines.extend(
            text::wrap(text, width.saturating_sub(2))
                .into_iter()
                .map(|line| Line::raw(format!("  {line}"))),
        );
    };
    add(&event.message);
    if let Some(reason) = event
        .reason
        .as_deref()
        .filter(|reason| !event.message.contains(reason))
    {
        add(&format!("reason: {reason}"));
    }
    if let (Some(old), Some(new)) = (&event.pid, &event.new_pid) {
        add(&format!("{} was replaced by {}", pid(old), pid(new)));
    }
    if let Some(backtrace) = &event.backtrace {
        add(backtrace);
    }
    lines
}
