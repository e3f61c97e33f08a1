//! What comes in from the observer, and time.

use std::time::{Duration, Instant};

use crate::api::{Event, Events, Hello, Sample, System};
use crate::app::{App, Effect, Input, Opened, Past, PastState, SAMPLES, State, Topic, View};
use crate::client::Told;
use crate::error::RequestError;
use crate::format;
use crate::request::{Answer, Request};

impl App {
    /// Takes what came in at `now`, and says what to do.
    pub fn update(&mut self, now: Instant, input: Input) -> Vec<Effect> {
        self.now = now;
        if self
            .notice
            .as_ref()
            .is_some_and(|notice| notice.until <= now)
        {
            self.notice = None;
        }
        let mut effects = Vec::new();
        match input {
            Input::Key(key) => self.key(key, &mut effects),
            Input::Resize(width, height) => {
                self.size = (width, height);
                self.refresh(&mut effects);
            }
            Input::Tick => {}
            Input::Told(told) => self.told(told, &mut effects),
            Input::Lost(error) => self.lost(&error),
            Input::Answered(request, answer) => self.answered(&request, answer, &mut effects),
        }
        if self.link.is_due(now) {
            effects.push(Effect::Connect {
                last: self.events.last(),
            });
        }
        effects
    }

    fn lost(&mut self, error: &RequestError) {
        self.link.lost(error.to_string(), self.now);
        if self.past.state == PastState::Read {
            self.past.after = self.events.last().unwrap_or(0);
        }
        self.past.state = PastState::Unknown;
    }

    fn told(&mut self, told: Told, effects: &mut Vec<Effect>) {
        match told {
            Told::Hello(hello) => self.hello(&hello, effects),
            Told::Sample(sample) => {
                self.clock = Some((sample.at, self.now));
                self.add_sample(*sample);
                // Again, if it went wrong.
                match self.past.state {
                    PastState::Unknown => self.want_once(Topic::System, effects),
                    PastState::Reading => self.want_once(Topic::Events, effects),
                    PastState::Read => {}
                }
                self.refresh(effects);
            }
            Told::Events(Events { events, missed, .. }) => {
                if let Some(gap) = &mut self.link.gap {
                    gap.missed = gap.missed.max(missed);
                } else if missed > 0 {
                    self.events.missed += missed;
                    let text = format!(
                        "{} missed: more came than were read",
                        format::things(missed, "event", "events")
                    );
                    self.tell(text, true);
                }
                self.add_events(events, effects);
            }
            Told::Changed if self.view == View::Tree && self.opened.is_empty() => {
                self.want(Topic::Tree, effects);
            }
            Told::Changed => {}
        }
    }

    fn hello(&mut self, hello: &Hello, effects: &mut Vec<Effect>) {
        self.link.connected();
        self.control = hello.control;
        // Who it is comes first, then what happened before: another program's events begin anew.
        self.want(Topic::System, effects);
        self.refresh(effects);
    }

    fn add_sample(&mut self, sample: Sample) {
        if self.samples.back().is_some_and(|last| last.at >= sample.at) {
            return;
        }
        self.samples.push_back(sample);
        while self.samples.len() > SAMPLES {
            self.samples.pop_front();
        }
    }

    fn add_events(&mut self, events: Vec<Event>, effects: &mut Vec<Effect>) {
        let mut added = 0;
        let mut tree_changed = false;
        for event in events {
            // What is over is not shown as if it happened now.
            if self.ago(event.at) < 2_000 {
                self.flashes.note(&event, self.now);
                tree_changed |= matches!(event.kind.as_str(), "crash" | "restart");
            }
            added += u64::from(self.events.add(event));
        }
        if let Some(gap) = &mut self.link.gap {
            gap.late += added;
        }
        if tree_changed && self.view == View::Tree && self.opened.is_empty() {
            self.want(Topic::Tree, effects);
        }
    }

    fn answered(
        &mut self,
        request: &Request,
        answer: Result<Answer, RequestError>,
        effects: &mut Vec<Effect>,
    ) {
        let topic = topic(request);
        let out_of_date = topic
            .and_then(|topic| self.under_way.remove(&topic))
            .unwrap_or(false);
        match answer {
            Ok(Answer::System(_) | Answer::Events(_)) if out_of_date => {}
            Ok(answer) => self.take(request, answer, effects),
            Err(error) => self.refused(request, &error),
        }
        if let (Some(topic), true) = (topic, out_of_date) {
            self.want(topic, effects);
        }
    }

    fn take(&mut self, request: &Request, answer: Answer, effects: &mut Vec<Effect>) {
        match answer {
            Answer::System(system) => self.take_system(*system, effects),
            Answer::Tree(tree) => self.tree.take(tree),
            Answer::Processes(processes) => self.table.take(processes),
            Answer::Process(process) => {
                if let Request::Process { pid } = request
                    && let Some(opened) = self.opened_mut(pid)
                {
                    opened.process = Some(*process);
                    opened.gone = None;
                }
            }
            Answer::Events(events) => self.take_events(events, effects),
            Answer::Done(done) => {
                self.tell(crate::text::clean(&done.done), false);
                self.refresh(effects);
            }
        }
    }

    fn opened_mut(&mut self, pid: &str) -> Option<&mut Opened> {
        self.opened.iter_mut().find(|opened| opened.pid == pid)
    }

    fn refused(&mut self, request: &Request, error: &RequestError) {
        if let (
            Request::Process { pid },
            RequestError::Status {
                status: 404,
                refusal,
            },
        ) = (request, error)
            && let Some(opened) = self.opened_mut(pid)
        {
            opened.gone = Some((**refusal).clone());
        } else if self.link.is_connected() || request.is_action() {
            self.tell(error.to_string(), true);
        }
    }

    fn take_system(&mut self, mut system: System, effects: &mut Vec<Effect>) {
        let is_other = self.system.as_ref().is_some_and(|before| {
            (before.os_pid, before.started_at) != (system.os_pid, system.started_at)
        });
        if is_other {
            self.events.forget();
            self.past = Past {
                after: 0,
                state: PastState::Unknown,
            };
            self.samples.clear();
            if let Some(gap) = &mut self.link.gap {
                (gap.other_program, gap.late, gap.missed) = (true, 0, 0);
            }
        }
        self.clock = Some((system.now, self.now));
        self.control = system.control;
        let newer: Vec<_> = self.samples.drain(..).collect();
        let history = std::mem::take(&mut system.history);
        for sample in history
            .into_iter()
            .chain([system.sample.clone()])
            .chain(newer)
        {
            self.add_sample(sample);
        }
        self.system = Some(system);
        if self.past.state == PastState::Unknown && self.link.is_connected() {
            self.past.state = PastState::Reading;
            self.want(Topic::Events, effects);
        }
    }

    fn take_events(&mut self, events: Events, effects: &mut Vec<Effect>) {
        if self.past.state != PastState::Reading {
            return;
        }
        if let Some(gap) = &mut self.link.gap
            && !gap.other_program
        {
            gap.missed = gap.missed.max(events.missed);
        }
        let last = events
            .events
            .iter()
            .map(|event| event.seq)
            .max()
            .unwrap_or(0);
        self.add_events(events.events, effects);
        if last > self.past.after {
            // There may be more than one answer holds.
            self.past.after = last;
            self.want(Topic::Events, effects);
            return;
        }
        self.past.state = PastState::Read;
        let Some(gap) = self.link.gap.take() else {
            return;
        };
        self.events.missed += gap.missed;
        let away = Duration::as_millis(&self.now.saturating_duration_since(gap.since));
        let away = format::elapsed(u64::try_from(away).unwrap_or(u64::MAX));
        let text = if gap.other_program {
            format!("reconnected after {away}: the program was started anew, its events begin anew")
        } else {
            let late = format::things(gap.late, "event", "events");
            format!(
                "reconnected after {away}: {late} came late, {} missed",
                gap.missed
            )
        };
        self.tell(text, gap.missed > 0 || gap.other_program);
    }

    /// Asks for what is looked at.
    pub(crate) fn refresh(&mut self, effects: &mut Vec<Effect>) {
        match (self.opened.last(), self.view) {
            (Some(opened), _) if opened.gone.is_some() => {}
            (Some(_), _) => self.want(Topic::Process, effects),
            (None, View::Tree) => self.want(Topic::Tree, effects),
            (None, View::Processes) => self.want(Topic::Processes, effects),
            (None, View::Events | View::System) => {}
        }
    }

    /// [`want`](Self::want), but what is under way will do.
    fn want_once(&mut self, topic: Topic, effects: &mut Vec<Effect>) {
        if !self.under_way.contains_key(&topic) {
            self.want(topic, effects);
        }
    }

    fn want(&mut self, topic: Topic, effects: &mut Vec<Effect>) {
        if self.link.state != State::Connected {
            return;
        }
        if let Some(out_of_date) = self.under_way.get_mut(&topic) {
            *out_of_date = true;
            return;
        }
        let request = match topic {
            Topic::System => Request::System,
            Topic::Tree => Request::Tree {
                open: self.tree.open.iter().cloned().collect(),
                search: self.tree.search.clone(),
            },
            Topic::Processes => Request::Processes(self.table.query(self.table_height())),
            Topic::Process => match self.opened.last() {
                Some(opened) => Request::Process {
                    pid: opened.pid.clone(),
                },
                None => return,
            },
            Topic::Events => Request::Events {
                after: self.past.after,
            },
        };
        self.under_way.insert(topic, false);
        effects.push(Effect::Ask(request));
    }
}

fn topic(request: &Request) -> Option<Topic> {
    Some(match request {
        Request::System => Topic::System,
        Request::Tree { .. } => Topic::Tree,
        Request::Processes(_) => Topic::Processes,
        Request::Process { .. } => Topic::Process,
        Request::Events { .. } => Topic::Events,
        Request::Act { .. } => return None,
    })
}
