//! The tree.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::row::{Cell, Column, Mark, PidColumn, pid, rest, row};
use super::theme::Theme;
use crate::api::Node;
use crate::app::{App, Flash, Row, What, list};
use crate::{format, text};

/// From how many rows on the selected process is described below the tree.
const ROWS_FOR_DETAILS: u16 = 12;
const DETAILS: u16 = 3;

struct Columns {
    label: Column,
    pid: PidColumn,
    status: Column,
    mailbox: Column,
    handled: Option<Column>,
    restarts: Column,
    type_name: Option<Column>,
    narrow: bool,
    with_age: bool,
}

impl Columns {
    fn new(width: usize, pid: PidColumn) -> Self {
        let (narrow, with_age) = (width < 76, width >= 100);
        let mut columns = Self {
            label: Column::Left(0),
            pid,
            status: Column::Left(10),
            mailbox: Column::Right(if narrow { 5 } else { 7 }),
            handled: (!narrow).then_some(Column::Right(7)),
            restarts: match (narrow, with_age) {
                (true, _) => Column::Right(4),
                (false, false) => Column::Right(8),
                (false, true) => Column::Left(20),
            },
            type_name: (width >= 130).then_some(Column::Left(30)),
            narrow,
            with_age,
        };
        let mut others = vec![
            columns.pid.column,
            columns.status,
            columns.mailbox,
            columns.restarts,
        ];
        others.extend(columns.handled);
        others.extend(columns.type_name);
        columns.label = Column::Left(rest(width, &others));
        columns
    }

    fn cells(&self, texts: Texts, style: impl Fn(usize) -> ratatui::style::Style) -> Vec<Cell> {
        let Texts {
            label,
            pid,
            status,
            mailbox,
            handled,
            restarts,
            type_name,
        } = texts;
        let cells = [
            (label, Some(self.label)),
            (pid, Some(self.pid.column)),
            (status, Some(self.status)),
            (mailbox, Some(self.mailbox)),
            (handled, self.handled),
            (restarts, Some(self.restarts)),
            (type_name, self.type_name),
        ];
        let cells = cells.into_iter().enumerate();
        cells
            .filter_map(|(index, (text, column))| {
                Some(Cell {
                    text,
                    style: style(index),
                    column: column?,
                })
            })
            .collect()
    }
}

#[derive(Default)]
struct Texts {
    label: String,
    pid: String,
    status: String,
    mailbox: String,
    handled: String,
    restarts: String,
    type_name: String,
}

/// The number of the cell with the status.
const STATUS: usize = 2;

pub(super) fn draw(app: &App, theme: Theme, area: Rect, frame: &mut Frame<'_>) {
    let rows = app.tree.rows();
    let details = if area.height >= ROWS_FOR_DETAILS {
        DETAILS
    } else {
        0
    };
    let height = usize::from(area.height - 1 - details);
    let selected = app.tree.selected_index(&rows);
    let window = list::window(selected, rows.len(), height);
    let seen = &rows[window.clone()];
    let pids = seen.iter().filter_map(|row| match row.what {
        What::Node { node, .. } => node.pid.as_deref(),
        What::More(_) | What::Others { .. } => None,
    });
    let columns = Columns::new(area.width.into(), PidColumn::new(area.width.into(), pids));
    let mut lines = vec![heading(app, &columns, theme)];
    for (index, line) in window.zip(seen) {
        let mark = if index == selected {
            Mark::Selected
        } else {
            Mark::None
        };
        lines.push(draw_row(app, line, mark, &columns, theme));
    }
    if rows.is_empty() {
        lines.push(Line::raw(empty(app)));
    }
    frame.render_widget(ratatui::widgets::Paragraph::new(lines), area);
    if details > 0
        && let Some(row) = rows.get(selected)
    {
        let below = Rect {
            y: area.bottom() - details,
            height: details,
            ..area
        };
        let lines = describe(app, row, theme, area.width.into());
        frame.render_widget(ratatui::widgets::Paragraph::new(lines), below);
    }
}

fn empty(app: &App) -> &'static str {
    match &app.tree.tree {
        None => "  the tree is on its way",
        Some(_) if app.tree.search.is_empty() => "  there is no process",
        Some(_) => "  no process matches; Esc clears the filter",
    }
}

fn heading(app: &App, columns: &Columns, theme: Theme) -> Line<'static> {
    let mut label = format!("Process (by {})", app.tree.order.word());
    if !app.tree.search.is_empty() {
        let matches = app.tree.tree.as_ref().and_then(|tree| tree.matches);
        let matches = matches.map_or(String::new(), |matches| format!(" ({matches})"));
        label = format!("/{}{matches}", text::clean(&app.tree.search));
    }
    let texts = Texts {
        label,
        pid: "Pid".to_owned(),
        status: "Status".to_owned(),
        mailbox: if columns.narrow { "Mail" } else { "Mailbox" }.to_owned(),
        handled: "Handled".to_owned(),
        restarts: if columns.narrow { "Rst." } else { "Restarts" }.to_owned(),
        type_name: "Type".to_owned(),
    };
    row(Mark::None, columns.cells(texts, |_| theme.heading()))
}

fn draw_row(
    app: &App,
    line: &Row<'_>,
    mark: Mark,
    columns: &Columns,
    theme: Theme,
) -> Line<'static> {
    let selected = |line: Line<'static>| match mark {
        Mark::Selected => line.patch_style(theme.selected()),
        Mark::None => line,
    };
    let guides = guides(&line.guides);
    let (node, folded) = match line.what {
        What::Node { node, folded } => (node, folded),
        What::More(number) => {
            let label = format!("{guides}… {number} more (Enter)");
            let texts = Texts {
                label,
                ..Texts::default()
            };
            return selected(row(mark, columns.cells(texts, |_| theme.dim())));
        }
        What::Others { total, folded } => {
            let label = format!("{}Others ({total})", fold_mark(true, folded));
            let texts = Texts {
                label,
                ..Texts::default()
            };
            return selected(row(mark, columns.cells(texts, |_| theme.strong())));
        }
    };
    let flash = app.flashes.of(node.pid.as_deref(), line.child(), app.now);
    let texts = texts(app, node, columns, &guides, folded, flash);
    let drawn = row(
        mark,
        columns.cells(texts, |cell| match flash {
            Some(Flash::Crashed | Flash::Recovered) => theme.alarm(),
            Some(Flash::Restarted) if cell == STATUS => theme.good().patch(theme.strong()),
            Some(Flash::Restarted) => theme.strong(),
            None if cell == STATUS => theme.status(&node.status),
            None if cell == 0 && node.strategy.is_some() => theme.strong(),
            None => theme.plain(),
        }),
    );
    if matches!(flash, Some(Flash::Crashed | Flash::Recovered)) {
        drawn
    } else {
        selected(drawn)
    }
}

fn texts(
    app: &App,
    node: &Node,
    columns: &Columns,
    guides: &str,
    folded: bool,
    flash: Option<Flash>,
) -> Texts {
    let has_children = !node.children.is_empty() || node.folded;
    let mut label = format!(
        "{guides}{}{}",
        fold_mark(has_children, folded),
        text::clean(node.title())
    );
    if folded {
        let shown = node.children.len() as u64;
        label.push_str(&format!(" ({})", node.children_total.unwrap_or(shown)));
    }
    if let Some(strategy) = &node.strategy {
        label.push_str(&format!(" {}", text::clean(strategy)));
    }
    let mut restarts = if node.restarts == 0 {
        String::new()
    } else {
        format::count(node.restarts)
    };
    if columns.with_age
        && node.restarts > 0
        && let Some(at) = node.last_restart_at
    {
        restarts.push_str(&format!(" ({} ago)", format::elapsed(app.ago(at))));
    }
    Texts {
        label,
        pid: node
            .pid
            .as_deref()
            .map_or("-".to_owned(), |pid| columns.pid.text(pid)),
        status: match flash {
            Some(Flash::Crashed) => "crashed".to_owned(),
            Some(Flash::Recovered | Flash::Restarted) => "restarted".to_owned(),
            None => text::clean(&node.status),
        },
        mailbox: format::count(node.mailbox),
        handled: format::count(node.handled),
        restarts,
        type_name: text::clean(node.type_name.as_deref().unwrap_or_default()),
    }
}

fn fold_mark(has_children: bool, folded: bool) -> &'static str {
    match (has_children, folded) {
        (false, _) => "",
        (true, true) => "▸ ",
        (true, false) => "▾ ",
    }
}

fn guides(guides: &[bool]) -> String {
    let Some((last, above)) = guides.split_last() else {
        return String::new();
    };
    let mut drawn: String = above
        .iter()
        .map(|more| if *more { "│ " } else { "  " })
        .collect();
    drawn.push_str(if *last { "├ " } else { "└ " });
    drawn
}

/// Two lines about the selected process.
fn describe(app: &App, line: &Row<'_>, theme: Theme, width: usize) -> Vec<Line<'static>> {
    let What::Node { node, .. } = line.what else {
        return Vec::new();
    };
    let full = node
        .type_full
        .as_deref()
        .or(node.type_name.as_deref())
        .unwrap_or_default();
    let mut first = vec![text::clean(&node.kind), text::clean(full)];
    let mut second = Vec::new();
    if node.strategy.is_some()
        && let (Some(restarts), Some(seconds)) = (node.max_restarts, node.max_seconds)
    {
        first.push(format!(
            "at most {} in {seconds} s",
            format::things(restarts, "restart", "restarts")
        ));
    }
    if node.answers == Some(false) {
        first.push("did not tell its children in time".to_owned());
    }
    if node.restarts > 0 {
        let last = node
            .last_restart_at
            .map(|at| format!(", the last {} ago", format::elapsed(app.ago(at))));
        let count = format::things(node.restarts, "restart", "restarts");
        second.push(format!("{count}{}", last.unwrap_or_default()));
    }
    if !node.links.is_empty() {
        let links: Vec<_> = node.links.iter().map(|link| pid(link)).collect();
        second.push(format!("linked with {}", links.join(" ")));
    }
    first.retain(|part| !part.is_empty());
    let line = |parts: Vec<String>| {
        Line::styled(
            text::fill(&format!("  {}", parts.join(" · ")), width),
            theme.plain(),
        )
    };
    vec![
        Line::styled("─".repeat(width), theme.dim()),
        line(first),
        line(second),
    ]
}
