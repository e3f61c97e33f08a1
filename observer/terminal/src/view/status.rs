//! The last line: a question, the connection, news, or the system in short.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::row::pid;
use super::theme::Theme;
use crate::app::{App, Mode, State};
use crate::request::Action;
use crate::{format, text};

pub(super) fn draw(app: &App, theme: Theme, area: Rect, frame: &mut Frame<'_>) {
    let width = usize::from(area.width);
    if app.mode == Mode::Filter {
        let filter = text::clean(app.filter().unwrap_or_default());
        // Its end is what is written at.
        let mut shown = filter.as_str();
        while text::width(shown) + 3 > width {
            let mut characters = shown.chars();
            characters.next();
            shown = characters.as_str();
        }
        let x = area.x + u16::try_from(text::width(shown)).unwrap_or(0) + 1;
        frame.render_widget(Line::styled(format!("/{shown}"), theme.strong()), area);
        frame.set_cursor_position(Position { x, y: area.y });
        return;
    }
    let (line, style) = line(app, theme);
    frame.render_widget(Line::styled(text::fill(&line, width), style), area);
}

fn line(app: &App, theme: Theme) -> (String, ratatui::style::Style) {
    if let Mode::Confirm {
        action,
        pid: target,
        title,
    } = &app.mode
    {
        let verb = match action {
            Action::Kill => "Kill",
            Action::Suspend => "Suspend",
            Action::Resume => "Resume",
        };
        // The question is seen also where the name is long.
        let title = text::cut(
            &text::clean(title),
            usize::from(app.size.0).saturating_sub(36).max(8),
        );
        let question = format!("{verb} {title} {}? (y/n)", pid(target));
        return (question, theme.selected().patch(theme.strong()));
    }
    if let Some(line) = connection(app) {
        return (line, theme.bad());
    }
    if let Some(notice) = &app.notice {
        let style = if notice.bad {
            theme.bad()
        } else {
            theme.strong()
        };
        return (notice.text.clone(), style);
    }
    (summary(app), theme.dim())
}

/// What there is to say while there is no connection.
fn connection(app: &App) -> Option<String> {
    match (&app.link.state, &app.link.gap) {
        (State::Connected, _) => {
            let silence = app.silence()?.as_secs();
            Some(format!(
                "nothing heard from {} for {silence} s",
                app.address
            ))
        }
        (State::Connecting, None) => Some(format!("connecting to {}", app.address)),
        (State::Connecting, Some(gap)) => {
            Some(format!("connection lost, trying again: {}", gap.problem))
        }
        (State::Waiting { until }, gap) => {
            let wait = until
                .saturating_duration_since(app.now)
                .as_millis()
                .div_ceil(1000);
            let problem = gap.as_ref().map_or("", |gap| &gap.problem);
            Some(format!("connection lost, next try in {wait} s: {problem}"))
        }
    }
}

fn summary(app: &App) -> String {
    let mut parts = vec![app.address.clone()];
    if let (Some(system), Some(now)) = (&app.system, app.server_now()) {
        parts.push(format!(
            "up {}",
            format::elapsed(now.saturating_sub(system.started_at))
        ));
    }
    if let Some(sample) = app.sample() {
        parts.push(format::things(sample.processes, "process", "processes"));
        parts.extend(
            sample
                .messages_per_s
                .map(|rate| format!("{} messages/s", format::rate(rate))),
        );
        parts.push(format::things(sample.crashed_total, "crash", "crashes"));
    }
    if app.events.is_paused() {
        parts.push(format!("events paused, {} new", app.events.waiting()));
    }
    if let Some(system) = &app.system {
        parts.push(format!("node {}", text::clean(&system.node)));
        parts.push(format!("os pid {}", system.os_pid));
        parts.push(format!("beamish {}", text::clean(&system.version)));
    }
    format!(" {}", parts.join(" · "))
}
