//! The table of processes.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::row::{Cell, Column, Mark, PidColumn, rest, row};
use super::theme::Theme;
use crate::api::ProcessRow;
use crate::app::{App, list};
use crate::{format, text};

/// A column: what it is sorted by, its title, the least width of the terminal that has room for it, and its own.
const COLUMNS: [(&str, &str, usize, Column); 8] = [
    ("pid", "Pid", 0, Column::Left(0)),
    ("status", "Status", 0, Column::Left(9)),
    ("mailbox", "Mailbox", 0, Column::Right(8)),
    ("handled", "Handled", 0, Column::Right(8)),
    ("restarts", "Restarts", 80, Column::Right(9)),
    ("memory", "Memory", 90, Column::Right(9)),
    ("time", "Time", 100, Column::Right(8)),
    ("links", "Links", 110, Column::Right(6)),
];

pub(super) fn draw(app: &App, theme: Theme, area: Rect, frame: &mut Frame<'_>) {
    let width = usize::from(area.width);
    let height = usize::from(area.height - 1);
    let selected = app.table.selected();
    let window = list::window(selected, app.table.matched(), height);
    let pids = window
        .clone()
        .filter_map(|index| app.table.row(index))
        .map(|row| row.pid.as_str());
    let columns = Columns::new(app, width, PidColumn::new(width, pids));
    let mut lines = vec![columns.heading(app, theme)];
    for index in window {
        let mark = if index == selected {
            Mark::Selected
        } else {
            Mark::None
        };
        lines.push(match app.table.row(index) {
            Some(process) => columns.process(process, mark, theme),
            None if mark == Mark::Selected => Line::styled("> …", theme.selected()),
            None => Line::styled("  …", theme.dim()),
        });
    }
    if app.table.matched() == 0 {
        lines.push(Line::raw(match &app.table.processes {
            None => "  the processes are on their way",
            Some(_) => "  no process matches; Esc clears the filter",
        }));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

struct Columns {
    name: Column,
    pid: PidColumn,
    type_name: Option<Column>,
    others: Vec<(&'static str, &'static str, Column)>,
}

impl Columns {
    fn new(app: &App, width: usize, pid: PidColumn) -> Self {
        let sort = app.table.sort();
        let others = COLUMNS
            .into_iter()
            .filter(|(key, _, least, _)| width >= *least || *key == sort);
        let others: Vec<_> = others
            .map(|(key, title, _, column)| {
                (key, title, if key == "pid" { pid.column } else { column })
            })
            .collect();
        let mut fixed: Vec<_> = others.iter().map(|(_, _, column)| *column).collect();
        let type_name = (width >= 120).then_some(Column::Left(28));
        fixed.extend(type_name);
        Self {
            name: Column::Left(rest(width, &fixed)),
            pid,
            type_name,
            others,
        }
    }

    fn heading(&self, app: &App, theme: Theme) -> Line<'static> {
        let arrow = if app.table.descending() { "↓" } else { "↑" };
        let title = |key, title: &str| {
            if key == app.table.sort() {
                format!("{title}{arrow}")
            } else {
                title.to_owned()
            }
        };
        let mut name = title("name", "Name");
        if app.table.sort() == "type" {
            name = format!("Name (by type{arrow})");
        }
        if let Some(processes) = &app.table.processes {
            name.push_str(&format!(" {}", format::count(processes.matched)));
        }
        if !app.table.filter.is_empty() {
            name.push_str(&format!(" /{}", text::clean(&app.table.filter)));
        }
        self.row(
            Mark::None,
            name,
            "Type".to_owned(),
            |key| {
                let known = COLUMNS.iter().find(|column| column.0 == key);
                (
                    title(key, known.map_or("", |column| column.1)),
                    theme.heading(),
                )
            },
            theme.heading(),
        )
    }

    fn process(&self, process: &ProcessRow, mark: Mark, theme: Theme) -> Line<'static> {
        let type_name = text::clean(process.type_name.as_deref().unwrap_or_default());
        let name = text::clean(process.title());
        let line = self.row(
            mark,
            name,
            type_name,
            |key| {
                let text = match key {
                    "pid" => self.pid.text(&process.pid),
                    "status" => {
                        return (text::clean(&process.status), theme.status(&process.status));
                    }
                    "mailbox" => format::count(process.mailbox),
                    "handled" => format::count(process.handled),
                    "restarts" => format::count(process.restarts),
                    "memory" => format::bytes(process.mailbox_bytes),
                    "time" => process.time_us.map_or("-".to_owned(), format::micros),
                    "links" => format::count(process.links),
                    _ => String::new(),
                };
                (text, theme.plain())
            },
            theme.plain(),
        );
        if mark == Mark::Selected {
            line.patch_style(theme.selected())
        } else {
            line
        }
    }

    fn row(
        &self,
        mark: Mark,
        name: String,
        type_name: String,
        cell: impl Fn(&'static str) -> (String, Style),
        style: Style,
    ) -> Line<'static> {
        let mut cells = vec![Cell {
            text: name,
            style,
            column: self.name,
        }];
        cells.extend(self.others.iter().map(|(key, _, column)| {
            let (text, style) = cell(key);
            Cell {
                text,
                style,
                column: *column,
            }
        }));
        cells.extend(self.type_name.map(|column| Cell {
            text: type_name,
            style,
            column,
        }));
        row(mark, cells)
    }
}
