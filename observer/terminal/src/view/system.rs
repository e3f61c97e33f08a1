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
}

pub(super) fn draw(app: &App, theme: Theme, area: Rect, frame: &mut Frame<'_>) {
    let Some(sample) = app.sample() else {
        frame.render_widget(Line::raw("  the numbers are on their way"), area);
        return;
    };
    let width = usize::from(area.width);
    let facts = facts(app, sample);
    let facts: Vec<_> = facts
        .iter()
        .flat_map(|fact| text::wrap(fact, width.saturating_sub(2)))
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

fn facts(app: &App, sample: &Sample) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(system) = &app.system {
        let now = app.server_now().unwrap_or(system.now);
        facts.push(format!(
            "beamish {} · node {} · os pid {} · up {} · control {}",
            text::clean(&system.version),
            text::clean(&system.node),
            system.os_pid,
            format::elapsed(now.saturating_sub(system.started_at)),
            if app.control { "on" } else { "off" },
        ));
    }
    facts.push(format!(
        "{} supervisors · {} names · {} started · {} exited · {} crashed · {} restarts · {} messages",
        format::count(sample.supervisors),
        format::count(sample.names),
        format::count(sample.started_total),
        format::count(sample.exited_total),
        format::count(sample.crashed_total),
        format::count(sample.restarts_total),
        format::count(sample.messages_total),
    ));
    let workers: Vec<_> = sample
        .tokio
        .busy
        .iter()
        .map(|busy| format!("{}%", percent(*busy)))
        .collect();
    facts.push(format!(
        "tokio: {} · busy {} · {} tasks · {} queued",
        format::things(sample.tokio.workers, "worker", "workers"),
        if workers.is_empty() {
            "unknown".to_owned()
        } else {
            workers.join(" ")
        },
        format::count(sample.tokio.alive_tasks),
        format::count(sample.tokio.global_queue),
    ));
    if let Some(since) = app.system.as_ref().and_then(|system| system.watched_since) {
        let sweep = sample
            .sweep_us
            .map(|us| format!(", a look takes {}", format::micros(us)));
        let since = format::elapsed(app.ago(since));
        facts.push(format!("watched for {since}{}", sweep.unwrap_or_default()));
    }
    facts
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
    vec![
        Chart {
            title: "Messages/s",
            last: per_second(sample.messages_per_s),
            value: |sample| sample.messages_per_s.map(|rate| (rate * 10.0) as u64),
        },
        Chart {
            title: "Calls run by their callers/s",
            last: per_second(sample.calls_here_per_s),
            value: |sample| sample.calls_here_per_s.map(|rate| (rate * 10.0) as u64),
        },
        Chart {
            title: "Processes",
            last: format::count(sample.processes),
            value: |sample| Some(sample.processes),
        },
        Chart {
            title: "Waiting messages",
            last: mailboxes,
            value: |sample| sample.mailbox_total,
        },
        Chart {
            title: "Memory",
            last: sample.memory_bytes.map_or_else(unknown, format::bytes),
            value: |sample| sample.memory_bytes,
        },
        Chart {
            title: "Workers busy",
            last: mean_busy(sample).map_or_else(unknown, |percent| format!("{percent}%")),
            value: mean_busy,
        },
        Chart {
            title: "Queued tasks",
            last: format::count(sample.tokio.global_queue),
            value: |sample| Some(sample.tokio.global_queue),
        },
        Chart {
            title: "Tokio tasks",
            last: format::count(sample.tokio.alive_tasks),
            value: |sample| Some(sample.tokio.alive_tasks),
        },
    ]
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
        let title = format!("  {}: {}", chart.title, chart.last);
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
        let sparkline = Sparkline::default().data(bars).style(theme.good());
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
