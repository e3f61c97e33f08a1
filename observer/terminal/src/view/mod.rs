//! What is drawn: a pure function of the state.

mod events;
mod help;
mod process;
mod row;
mod status;
mod system;
mod table;
#[cfg(test)]
mod tests;
mod theme;
mod tree;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use self::theme::Theme;
use crate::app::{App, Mode, View};
use crate::text;

/// The smallest terminal that shows something, in columns and rows.
const SMALLEST: (u16, u16) = (40, 8);

/// Draws the state.
pub fn draw(app: &App, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        frame.render_widget(Paragraph::new("the terminal is too small"), area);
        return;
    }
    let theme = Theme {
        colours: app.colours,
    };
    let line = |y, height| Rect { y, height, ..area };
    frame.render_widget(tabs(app, theme, area.width), line(area.y, 1));
    let body = line(area.y + 1, area.height - 2);
    match (app.opened.last(), app.view) {
        (Some(opened), _) => process::draw(app, opened, theme, body, frame),
        (None, View::Tree) => tree::draw(app, theme, body, frame),
        (None, View::Processes) => table::draw(app, theme, body, frame),
        (None, View::Events) => events::draw(app, theme, body, frame),
        (None, View::System) => system::draw(app, theme, body, frame),
    }
    if app.mode == Mode::Help {
        help::draw(theme, body, frame);
    }
    status::draw(app, theme, line(area.bottom() - 1, 1), frame);
}

fn tabs(app: &App, theme: Theme, width: u16) -> Line<'static> {
    let mut spans = Vec::new();
    let mut used = 0;
    for (index, view) in View::ALL.into_iter().enumerate() {
        let text = format!(" {} {} ", index + 1, view.title());
        used += text.len();
        let style = if view == app.view {
            theme.selected().patch(theme.strong())
        } else {
            theme.plain()
        };
        spans.push(Span::styled(text, style));
    }
    let control = if app.control { "control on  " } else { "" };
    let right = text::fill_left(
        &format!("{control}? help "),
        usize::from(width).saturating_sub(used),
    );
    spans.push(Span::styled(right, theme.dim()));
    Line::from(spans)
}

/// How many lines the page of the open process has.
pub(crate) fn page_lines(app: &App) -> usize {
    page(app).map_or(0, |page| page.lines.len())
}

/// The line of the selected reference of the open process.
pub(crate) fn selected_line(app: &App) -> Option<usize> {
    page(app)?.selected_line
}

fn page(app: &App) -> Option<process::Page> {
    let theme = Theme {
        colours: app.colours,
    };
    Some(process::page(
        app,
        app.opened.last()?,
        theme,
        app.size.0.into(),
    ))
}
