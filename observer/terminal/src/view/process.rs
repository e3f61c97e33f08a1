//! The page of one process.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::row::pid;
use super::theme::Theme;
use crate::api::{Bucket, Handler, Process, Ref, Refusal};
use crate::app::{App, HandlerOrder, Opened};
use crate::{format, text};

/// The width of what facts are called.
const NAME: usize = 14;
/// How much of a state is shown, in bytes.
const STATE: usize = 32 * 1024;
/// How many lines of a backtrace are shown.
const BACKTRACE: usize = 24;

/// All lines of the page, of which some are seen.
pub(super) struct Page {
    pub(super) lines: Vec<Line<'static>>,
    /// The line of the process that is selected.
    pub(super) selected_line: Option<usize>,
    theme: Theme,
    width: usize,
    references: usize,
    selected: Option<usize>,
}

pub(super) fn draw(app: &App, opened: &Opened, theme: Theme, area: Rect, frame: &mut Frame<'_>) {
    let page = page(app, opened, theme, area.width.into());
    let start = opened.scroll.min(page.lines.len().saturating_sub(1));
    let lines: Vec<_> = page
        .lines
        .into_iter()
        .skip(start)
        .take(area.height.into())
        .collect();
    frame.render_widget(Paragraph::new(lines), area);
}

pub(super) fn page(app: &App, opened: &Opened, theme: Theme, width: usize) -> Page {
    let selected = opened.reference;
    let lines = Vec::new();
    let mut page = Page {
        lines,
        selected_line: None,
        theme,
        width,
        references: 0,
        selected,
    };
    let status = match (&opened.gone, &opened.process) {
        (Some(_), _) => "ended",
        (None, Some(process)) => &process.status,
        (None, None) => "on its way",
    };
    let title = format!("{} {}", text::clean(opened.title()), pid(&opened.pid));
    page.lines.push(Line::from(vec![
        Span::styled(text::cut(&title, width.saturating_sub(14)), theme.strong()),
        Span::raw("  "),
        Span::styled(text::clean(status), theme.status(status)),
    ]));
    if let Some(gone) = &opened.gone {
        page.gone(app, gone);
    }
    if let Some(process) = &opened.process {
        page.facts(process);
        page.waiting(process);
        page.handlers(app, process, opened.order);
        page.state(process);
        page.recent(process);
        page.crashes(app, process);
    }
    page
}

impl Page {
    fn heading(&mut self, text: &str) {
        self.lines.push(Line::raw(""));
        self.lines.push(Line::styled(
            text::cut(text, self.width),
            self.theme.heading(),
        ));
    }

    fn text(&mut self, indent: usize, text: &str) {
        let width = self.width.saturating_sub(indent);
        let lines = text::wrap(text, width).into_iter();
        self.lines
            .extend(lines.map(|line| Line::raw(format!("{}{line}", " ".repeat(indent)))));
    }

    fn fact(&mut self, name: &str, value: &str) {
        let indent = NAME + 2;
        let mut name = name;
        for line in text::wrap(value, self.width.saturating_sub(indent)) {
            self.lines.push(Line::from(vec![
                Span::styled(format!("  {}", text::fill(name, NAME)), self.theme.dim()),
                Span::raw(line),
            ]));
            name = "";
        }
    }

    /// Processes by a name, as many in a line as fit.
    fn processes<'a>(&mut self, name: &str, processes: impl IntoIterator<Item = &'a Ref>) {
        let indent = NAME + 2;
        let room = self.width.saturating_sub(indent);
        let begin = |theme: Theme, name: &str| {
            vec![Span::styled(
                format!("  {}", text::fill(name, NAME)),
                theme.dim(),
            )]
        };
        let mut spans = begin(self.theme, name);
        let mut used = 0;
        for process in processes {
            let dead = if process.alive == Some(false) {
                " (ended)"
            } else {
                ""
            };
            let target = pid(&process.pid);
            let name_width = room.saturating_sub(target.len() + dead.len() + 1);
            let title = match process.title() {
                "process" => String::new(),
                title => format!("{} ", text::cut(&text::clean(title), name_width)),
            };
            let text = format!("{title}{target}{dead}");
            let width = text::width(&text);
            if used > 0 && used + 2 + width > room {
                self.lines.push(Line::from(std::mem::replace(
                    &mut spans,
                    begin(self.theme, ""),
                )));
                used = 0;
            } else if used > 0 {
                spans.push(Span::raw("  "));
                used += 2;
            }
            used += width;
            let is_selected = self.selected == Some(self.references);
            if is_selected {
                self.selected_line = Some(self.lines.len());
            }
            self.references += 1;
            let style = if is_selected {
                self.theme.selected()
            } else {
                self.theme.plain()
            };
            spans.push(Span::styled(text, style));
        }
        if used > 0 {
            self.lines.push(Line::from(spans));
        }
    }

    fn gone(&mut self, app: &App, gone: &Refusal) {
        self.fact("Ended", &gone.error.message);
        if let Some(last) = &gone.last {
            let ago = format::elapsed(app.ago(last.at));
            self.fact("Last event", &format!("{} ago: {}", ago, last.message));
            if let Some(reason) = &last.reason {
                self.fact("Reason", reason);
            }
        }
        if let Some(new) = &gone.replaced_by {
            self.processes("Replaced by", [new]);
            self.fact("", "Enter opens it");
        }
        if let Some(backtrace) = gone.last.as_ref().and_then(|last| last.backtrace.as_ref()) {
            self.backtrace(backtrace);
        }
    }

    fn facts(&mut self, process: &Process) {
        let full = process
            .type_full
            .as_deref()
            .or(process.type_name.as_deref());
        self.fact("Type", full.unwrap_or_default());
        self.fact("Kind", &process.kind);
        if let Some(label) = &process.label {
            self.fact("Label", label);
        }
        if let Some(current) = &process.current {
            let since = format::micros(current.since_us);
            self.fact("In a handler", &format!("{} for {since}", current.message));
        }
        if process.answers == Some(false) {
            self.fact(
                "",
                "it did not answer in time; this is what is known without it",
            );
        }
        self.processes("Supervisor", &process.supervisor);
        self.processes(
            "Parent",
            process
                .parent
                .as_ref()
                .map(crate::api::Parent::to_ref)
                .as_ref(),
        );
        self.processes("Ancestors", &process.ancestors);
        self.processes("Children", &process.children);
        self.processes("Links", &process.links);
        self.processes("Monitors", &process.monitors);
        self.processes("Monitored by", &process.monitored_by);
        if let Some(id) = &process.child_id {
            self.fact("Child id", id);
        }
        self.fact("Traps exits", if process.trap_exit { "yes" } else { "no" });
        self.fact("Restarts", &format::count(process.restarts));
        let rate = process
            .handled_per_s
            .map(|rate| format!(" ({}/s)", format::rate(rate)));
        let handled = format::count(process.handled);
        self.fact("Handled", &format!("{handled}{}", rate.unwrap_or_default()));
        let bytes = format::bytes(process.mailbox_bytes);
        self.fact(
            "Mailbox",
            &format!(
                "{}, {bytes}",
                format::things(process.mailbox, "message", "messages")
            ),
        );
    }

    fn waiting(&mut self, process: &Process) {
        if process.waiting.is_empty() {
            return;
        }
        self.heading("Waiting messages");
        for waiting in &process.waiting {
            let count = format::count(waiting.count);
            self.text(2, &format!("{count:>6}  {}", waiting.message));
        }
    }

    fn handlers(&mut self, app: &App, process: &Process, order: HandlerOrder) {
        let Some(since) = process.timed_since else {
            return;
        };
        let since = format::elapsed(app.ago(since));
        self.heading(&format!(
            "Handler times of the last {since}, by {}",
            order.word()
        ));
        if process.handlers.is_empty() {
            self.text(2, "nothing was handled since");
            return;
        }
        let mut handlers: Vec<_> = process.handlers.iter().collect();
        handlers.sort_by_key(|handler| {
            std::cmp::Reverse(match order {
                HandlerOrder::Total => handler.total_us,
                HandlerOrder::Max => handler.max_us,
                HandlerOrder::Count => handler.count,
            })
        });
        let name = self.width.saturating_sub(56).clamp(12, 40);
        let title = format!(
            "{} {:<5} {:>7} {:>8} {:>8}",
            text::fill("Message", name),
            "Kind",
            "Count",
            "Mean",
            "Max"
        );
        self.lines
            .push(Line::styled(format!("  {title}"), self.theme.dim()));
        for handler in handlers {
            let line = handler_line(handler, name);
            self.lines.push(Line::raw(text::cut(&line, self.width)));
        }
    }

    fn state(&mut self, process: &Process) {
        self.heading("State");
        match &process.state {
            Some(state) => {
                let shown = text::begin(state, STATE);
                self.text(2, shown);
                if shown.len() < state.len() {
                    let rest = format::bytes((state.len() - shown.len()) as u64);
                    self.text(2, &format!("… {rest} more"));
                }
            }
            None if process.state_shown => self.text(2, "it did not answer in time"),
            None => self.text(2, "not shown: a server shows it with #[genserver(debug)]"),
        }
    }

    fn recent(&mut self, process: &Process) {
        if process.recent.is_empty() {
            return;
        }
        self.heading("Last messages");
        for recent in &process.recent {
            let took = recent.took_us.map_or(String::new(), format::micros);
            let from = recent
                .from
                .as_ref()
                .map(|from| format!(" from {}", pid(&from.pid)));
            let contents = recent
                .contents
                .as_ref()
                .map(|contents| format!(": {contents}"));
            let line = format!(
                "  {} {:<5} {took:>8}  {}{}{}",
                format::time_of_day(recent.at),
                text::clean(&recent.kind),
                text::clean(&recent.message),
                from.unwrap_or_default(),
                text::clean(&contents.unwrap_or_default()),
            );
            self.lines.push(Line::raw(text::cut(&line, self.width)));
        }
    }

    fn crashes(&mut self, app: &App, process: &Process) {
        if process.crashes.is_empty() {
            return;
        }
        self.heading("Crashes");
        for crash in &process.crashes {
            let ago = format::elapsed(app.ago(crash.at));
            let who = crash.pid.as_deref().map_or(String::new(), pid);
            let reason = crash.reason.as_deref().unwrap_or(&crash.message);
            let start = self.lines.len();
            self.text(
                2,
                &format!(
                    "{} ({ago} ago) {who}: {reason}",
                    format::time_of_day(crash.at)
                ),
            );
            let style = self.theme.event("crash");
            for line in &mut self.lines[start..] {
                *line = std::mem::take(line).patch_style(style);
            }
            if let Some(backtrace) = &crash.backtrace {
                self.backtrace(backtrace);
            }
        }
    }

    fn backtrace(&mut self, backtrace: &str) {
        let lines = crate::text::frames(backtrace);
        let shown = lines.len().min(BACKTRACE);
        self.text(4, &lines[..shown].join("\n"));
        if lines.len() > shown {
            self.text(4, &format!("… {} more lines", lines.len() - shown));
        }
    }
}

fn handler_line(handler: &Handler, name: usize) -> String {
    let mean = handler.total_us.checked_div(handler.count).unwrap_or(0);
    format!(
        "  {} {:<5} {:>7} {:>8} {:>8}  {}",
        text::fill(&text::clean(&handler.message), name),
        text::cut(&text::clean(&handler.kind), 5),
        format::count(handler.count),
        format::micros(mean),
        format::micros(handler.max_us),
        histogram(&handler.buckets),
    )
}

/// A bar for each bucket, and where the fullest ends.
fn histogram(buckets: &[Bucket]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let Some(fullest) = buckets.iter().max_by_key(|bucket| bucket.count) else {
        return String::new();
    };
    if fullest.count == 0 {
        return String::new();
    }
    let bar = |bucket: &Bucket| match bucket.count {
        0 => ' ',
        count => {
            BARS[usize::try_from((count * 8).div_ceil(fullest.count) - 1)
                .unwrap_or(7)
                .min(7)]
        }
    };
    let bars: String = buckets.iter().map(bar).collect();
    let most = match fullest.le_us {
        Some(le) => format!("most ≤ {}", format::micros(le)),
        None => "most longer".to_owned(),
    };
    format!("{} {most}", bars.trim_end())
}
