//! The system: its numbers, and how they went in the last ten minutes.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Sparkline, SparklineBar};

use super::theme::Theme;
use crate::api::Sample;
use crate::app::App;
use crate::{format, text};

/// What is drawn over time: a title, its last value in words, and the number of a sample.
struct Chart {
    title: &'static str,
    last: String,
    value: fn(&Sample) -> Option<u64>,
    /// Such a number in words.
    words: fn(u64) -> String,
    /// The number of the full height, where it is not the largest that is drawn.
    full: Option<u64>,
}

pub(super) fn draw(app: &App, theme: Theme, area: Rect, frame: &mut Frame<'_>) {
    let Some(sample) = app.sample() else {
        frame.render_widget(Line::raw("  the numbers are on their way"), area);
        return;
    };
    let width = usize::from(area.width);
    let lines = facts(app, sample).into_iter();
    let facts: Vec<_> = lines
        .flat_map(|parts| text::flow(parts, width.saturating_sub(2)))
        .collect();
    let facts_height = u16::try_from(facts.len())
        .unwrap_or(u16::MAX)
        .min(area.height);
    let lines: Vec<_> = facts
        .into_iter()
        .map(|fact| Line::raw(format!("  {fact}")))
        .collect();
    frame.render_widget(
        Paragraph::new(lines),
        Rect {
            height: facts_height,
            ..area
        },
    );
    let below = Rect {
        y: area.y + facts_height,
        height: area.height - facts_height,
        ..area
    };
    draw_charts(app, &charts(sample), theme, below, frame);
}

/// Lines of facts.
fn facts(app: &App, sample: &Sample) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    if let Some(system) = &app.system {
        let now = app.server_now().unwrap_or(system.now);
        lines.push(vec![
            format!("beamish {}", text::clean(&system.version)),
            format!("node {}", text::clean(&system.node)),
            format!("os pid {}", system.os_pid),
            format!(
                "up {}",
                format::elapsed(now.saturating_sub(system.started_at))
            ),
            format!("control {}", if app.control { "on" } else { "off" }),
        ]);
    }
    let counted = [
        (sample.supervisors, "supervisor", "supervisors"),
        (sample.names, "name", "names"),
        (sample.started_total, "started", "started"),
        (sample.exited_total, "exited", "exited"),
        (sample.crashed_total, "crashed", "crashed"),
        (sample.restarts_total, "restart", "restarts"),
        (sample.messages_total, "message", "messages"),
    ];
    let counted = counted.into_iter();
    lines.push(
        counted
            .map(|(count, one, several)| format::things(count, one, several))
            .collect(),
    );
    let busy: Vec<_> = sample
        .tokio
        .busy
        .iter()
        .map(|busy| format!("{}%", percent(*busy)))
        .collect();
    lines.push(vec![
        format!(
            "tokio: {}",
            format::things(sample.tokio.workers, "worker", "workers")
        ),
        format!(
            "busy {}",
            if busy.is_empty() {
                "unknown".to_owned()
            } else {
                busy.join(" ")
            }
        ),
        format::things(sample.tokio.alive_tasks, "task", "tasks"),
        format!("{} queued", format::count(sample.tokio.global_queue)),
    ]);
    let mut watched = Vec::new();
    if let Some(since) = app.system.as_ref().and_then(|system| system.watched_since) {
        watched.push(format!("watched for {}", format::elapsed(app.ago(since))));
    }
    watched.extend(
        sample
            .sweep_us
            .map(|us| format!("a look takes {}", format::micros(us))),
    );
    if let (Some(first), Some(last)) = (app.samples.front(), app.samples.back()) {
        watched.push(format!(
            "drawn: the last {}",
            format::elapsed(last.at - first.at)
        ));
    }
    lines.push(watched);
    lines
}

fn percent(part: f64) -> u64 {
    // A float to an integer saturates.
    (part * 100.0).round() as u64
}

fn mean_busy(sample: &Sample) -> Option<u64> {
    let busy = &sample.tokio.busy;
    (!busy.is_empty()).then(|| percent(busy.iter().sum::<f64>() / busy.len() as f64))
}

fn charts(sample: &Sample) -> Vec<Chart> {
    let unknown = || "unknown".to_owned();
    let per_second = |rate: Option<f64>| rate.map_or_else(unknown, format::rate);
    let mailboxes = match (sample.mailbox_total, sample.mailbox_max) {
        (Some(total), Some(max)) => format!(
            "{}, the longest {}",
            format::count(total),
            format::count(max)
        ),
        _ => unknown(),
    };
    let chart = |title, last, value, words| Chart {
        title,
        last,
        value,
        words,
        full: None,
    };
    let rate = |tenths: u64| format::rate(tenths as f64 / 10.0);
    vec![
        chart(
            "Messages/s",
            per_second(sample.messages_per_s),
            |sample| sample.messages_per_s.map(tenths),
            rate,
        ),
        chart(
            "Calls run by their callers/s",
            per_second(sample.calls_here_per_s),
            |sample| sample.calls_here_per_s.map(tenths),
            rate,
        ),
        chart(
            "Processes",
            format::count(sample.processes),
            |sample| Some(sample.processes),
            format::count,
        ),
        chart(
            "Waiting messages",
            mailboxes,
            |sample| sample.mailbox_total,
            format::count,
        ),
        chart(
            "Memory",
            sample.memory_bytes.map_or_else(unknown, format::bytes),
            |sample| sample.memory_bytes,
            format::bytes,
        ),
        Chart {
            title: "Workers busy",
            last: mean_busy(sample).map_or_else(unknown, |percent| format!("{percent}%")),
            value: mean_busy,
            words: |percent| format!("{percent}%"),
            full: Some(100),
        },
        chart(
            "Queued tasks",
            format::count(sample.tokio.global_queue),
            |sample| Some(sample.tokio.global_queue),
            format::count,
        ),
        chart(
            "Tokio tasks",
            format::count(sample.tokio.alive_tasks),
            |sample| Some(sample.tokio.alive_tasks),
            format::count,
        ),
    ]
}

/// What is drawn of a rate. A float to an integer saturates.
fn tenths(rate: f64) -> u64 {
    (rate * 10.0) as u64
}

fn draw_charts(app: &App, charts: &[Chart], theme: Theme, area: Rect, frame: &mut Frame<'_>) {
    let columns: u16 = if area.width >= 80 { 2 } else { 1 };
    let rows = u16::try_from(charts.len())
        .unwrap_or(u16::MAX)
        .div_ceil(columns);
    // The title, and one line at least; what does not fit is left out.
    let height = (area.height / rows).clamp(2, 7);
    let width = area.width / columns;
    for (index, chart) in charts.iter().enumerate() {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        let (x, y) = (
            area.x + index % columns * width,
            area.y + index / columns * height,
        );
        if y + height > area.bottom() {
            return;
        }
        let most = app.samples.iter().filter_map(chart.value).max();
        let words = most.map_or(String::new(), |most| {
            format!(" (at most {})", (chart.words)(most))
        });
        let title = format!("  {}: {}{words}", chart.title, chart.last);
        let title = text::cut(&title, usize::from(width));
        frame.render_widget(
            Line::styled(title, theme.strong()),
            Rect {
                x,
                y,
                width,
                height: 1,
            },
        );
        let inner = Rect {
            x: x + 2,
            y: y + 1,
            width: width - 4,
            height: (height - 1).min(4),
        };
        let bars = bars(app, chart, inner.width.into());
        let full = chart.full.or(most).unwrap_or(0).max(1);
        let sparkline = Sparkline::default()
            .data(bars)
            .max(full)
            .style(theme.good());
        frame.render_widget(sparkline, inner);
    }
}

/// As many bars as there is room for: each the largest of the samples that it stands for, the last at the right.
fn bars(app: &App, chart: &Chart, width: usize) -> Vec<SparklineBar> {
    let values: Vec<_> = app.samples.iter().map(chart.value).collect();
    let each = values.len().div_ceil(width.max(1)).max(1);
    let mut bars: Vec<_> = values
        .rchunks(each)
        .take(width)
        .map(|samples| SparklineBar::from(samples.iter().flatten().max().copied()))
        .collect();
    bars.extend(std::iter::repeat_n(
        SparklineBar::from(None),
        width.saturating_sub(bars.len()),
    ));
    bars.reverse();
    bars
}
