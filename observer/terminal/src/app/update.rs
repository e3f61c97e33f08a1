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
            Input::Tick if self.changed && self.shows_tree() => {
                self.want(Topic::Tree, &mut effects);
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
        self.link.lost(error.to_string(), self.heard, self.now);
        if self.past.state == PastState::Read {
            self.past.after = self.events.last().unwrap_or(0);
        }
        self.past.state = PastState::Unknown;
    }

    fn told(&mut self, told: Told, effects: &mut Vec<Effect>) {
        self.heard = self.now;
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
                // What the stream does not tell again after a gap may still be kept: it is read, and counted then.
                if missed > 0 && self.link.gap.is_none() {
                    self.events.missed += missed;
                    let text = format!(
                        "{} missed: more came than were read",
                        format::things(missed, "event", "events")
                    );
                    self.tell(text, true);
                }
                self.add_events(events, effects);
            }
            // Where processes come and go all the time, four trees a second will do.
            Told::Changed => self.changed = true,
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
        if tree_changed && self.shows_tree() {
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

    fn shows_tree(&self) -> bool {
        self.view == View::Tree && self.opened.is_empty()
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
            match (gap.late, gap.missed) {
                (0, 0) => format!("reconnected after {away}: nothing was missed"),
                (_, 0) => format!("reconnected after {away}: {late} came late, none is missed"),
                (_, missed) => {
                    format!("reconnected after {away}: {late} came late, {missed} missed")
                }
            }
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
        self.changed &= topic != Topic::Tree;
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

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::*;
    use crate::api::{Done, Process, Tree};
    use crate::request::Action;

    struct Face {
        app: App,
        now: Instant,
    }

    impl Face {
        fn new() -> Self {
            let now = Instant::now();
            Self {
                app: App::new("h:1", true, (100, 30), now),
                now,
            }
        }

        fn connected() -> Self {
            let mut face = Self::new();
            face.hello();
            let system = System {
                control: true,
                ..System::default()
            };
            face.answer(Request::System, Answer::System(Box::new(system)));
            face.answer(
                Request::Events { after: 0 },
                Answer::Events(Events::default()),
            );
            face.answer(tree(""), Answer::Tree(Tree::default()));
            face
        }

        fn input(&mut self, input: Input) -> Vec<Effect> {
            self.app.update(self.now, input)
        }

        fn hello(&mut self) -> Vec<Effect> {
            let hello = Hello {
                api: 1,
                control: true,
                next: 1,
            };
            self.input(Input::Told(Told::Hello(hello)))
        }

        fn answer(&mut self, request: Request, answer: Answer) -> Vec<Effect> {
            self.input(Input::Answered(request, Ok(answer)))
        }

        fn key(&mut self, code: KeyCode) -> Vec<Effect> {
            self.input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)))
        }

        fn write(&mut self, text: &str) -> Vec<Effect> {
            text.chars()
                .flat_map(|character| self.key(KeyCode::Char(character)))
                .collect()
        }

        fn sample(&mut self, at: u64) -> Vec<Effect> {
            self.input(Input::Told(Told::Sample(Box::new(Sample {
                at,
                ..Sample::default()
            }))))
        }

        fn told(&mut self, seqs: &[u64], missed: u64) -> Vec<Effect> {
            self.input(Input::Told(Told::Events(events(seqs, missed))))
        }

        fn lost(&mut self) -> Vec<Effect> {
            self.input(Input::Lost(RequestError::Refused {
                address: "h:1".to_owned(),
            }))
        }

        fn notice(&self) -> &str {
            self.app.notice.as_ref().map_or("", |notice| &notice.text)
        }
    }

    fn tree(search: &str) -> Request {
        Request::Tree {
            open: Vec::new(),
            search: search.to_owned(),
        }
    }

    fn events(seqs: &[u64], missed: u64) -> Events {
        let event = |seq| Event {
            seq,
            kind: "start".to_owned(),
            ..Event::default()
        };
        Events {
            events: seqs.iter().copied().map(event).collect(),
            missed,
            next: 0,
        }
    }

    fn ask(request: Request) -> Effect {
        Effect::Ask(request)
    }

    #[test]
    fn who_answers_is_asked_before_what_happened() {
        let mut face = Face::new();
        assert_eq!(face.app.start(), [Effect::Connect { last: None }]);
        assert_eq!(face.hello(), [ask(Request::System), ask(tree(""))]);
        let system = Answer::System(Box::default());
        assert_eq!(
            face.answer(Request::System, system),
            [ask(Request::Events { after: 0 })]
        );
        let first = Answer::Events(events(&[1, 2], 0));
        let more = face.answer(Request::Events { after: 0 }, first);
        assert_eq!(
            more,
            [ask(Request::Events { after: 2 })],
            "until there is no more"
        );
        let rest = Answer::Events(events(&[], 0));
        assert_eq!(face.answer(Request::Events { after: 2 }, rest), []);
    }

    #[test]
    fn events_of_the_stream_leave_no_hole_in_the_past() {
        let mut face = Face::new();
        face.hello();
        face.told(&[90], 0);
        face.answer(Request::System, Answer::System(Box::default()));
        face.answer(
            Request::Events { after: 0 },
            Answer::Events(events(&[1, 2], 0)),
        );
        let seqs = |face: &Face| {
            face.app
                .events
                .shown()
                .iter()
                .map(|event| event.seq)
                .collect::<Vec<_>>()
        };
        assert_eq!(seqs(&face), [90, 2, 1]);
    }

    #[test]
    fn one_request_of_a_kind_is_under_way() {
        let mut face = Face::connected();
        let changed = |face: &mut Face| face.sample(1);
        assert_eq!(changed(&mut face), [ask(tree(""))]);
        assert_eq!(changed(&mut face), []);
        assert_eq!(changed(&mut face), []);
        let answer = Answer::Tree(Tree::default());
        assert_eq!(
            face.answer(tree(""), answer.clone()),
            [ask(tree(""))],
            "once more, for both"
        );
        assert_eq!(face.answer(tree(""), answer), []);
    }

    #[test]
    fn what_changes_is_asked_for_at_the_next_tick() {
        let mut face = Face::connected();
        assert_eq!(face.input(Input::Told(Told::Changed)), []);
        assert_eq!(face.input(Input::Told(Told::Changed)), []);
        assert_eq!(face.input(Input::Tick), [ask(tree(""))]);
        face.answer(tree(""), Answer::Tree(Tree::default()));
        assert_eq!(face.input(Input::Tick), [], "once");
        face.input(Input::Told(Told::Changed));
        face.write("3");
        assert_eq!(face.input(Input::Tick), [], "it is not looked at");
    }

    #[test]
    fn a_crash_is_looked_at_at_once() {
        let mut face = Face::connected();
        let event = Event {
            seq: 1,
            kind: "crash".to_owned(),
            ..Event::default()
        };
        let events = Events {
            events: vec![event],
            ..Events::default()
        };
        assert_eq!(
            face.input(Input::Told(Told::Events(events))),
            [ask(tree(""))]
        );
    }

    #[test]
    fn only_what_is_looked_at_is_asked_for() {
        let mut face = Face::connected();
        assert_eq!(face.sample(1), [ask(tree(""))]);
        face.write("3");
        assert_eq!(face.sample(2), []);
        assert_eq!(face.input(Input::Told(Told::Changed)), []);
        let asked = face.write("2");
        assert!(
            matches!(asked[..], [Effect::Ask(Request::Processes(_))]),
            "{asked:?}"
        );
    }

    #[test]
    fn tries_go_on_until_there_is_a_connection() {
        let mut face = Face::connected();
        face.told(&[7], 0);
        assert_eq!(face.lost(), []);
        assert_eq!(face.sample(1), [], "nothing is asked meanwhile");
        for (wait_ms, expected) in [
            (499, vec![]),
            (1, vec![Effect::Connect { last: Some(7) }]),
            (9_000, vec![]),
        ] {
            face.now += Duration::from_millis(wait_ms);
            assert_eq!(face.input(Input::Tick), expected);
        }
    }

    #[test]
    fn what_was_missed_is_told_after_reconnecting() {
        let mut face = Face::connected();
        face.told(&[1, 2], 0);
        face.lost();
        face.now += Duration::from_secs(12);
        face.input(Input::Tick);
        face.hello();
        // The stream tells again what it can, which is less than what is kept.
        face.told(&[9], 6);
        let asked = face.answer(Request::System, Answer::System(Box::default()));
        assert_eq!(asked, [ask(Request::Events { after: 2 })]);
        face.answer(
            Request::Events { after: 2 },
            Answer::Events(events(&[8, 9, 10], 5)),
        );
        assert_eq!(face.notice(), "");
        face.answer(
            Request::Events { after: 10 },
            Answer::Events(events(&[], 0)),
        );
        assert_eq!(
            face.notice(),
            "reconnected after 12 s: 3 events came late, 5 missed"
        );
        assert_eq!(face.app.events.missed, 5);
        face.now += Duration::from_secs(9);
        face.input(Input::Tick);
        assert_eq!(face.notice(), "", "it is not told for ever");
    }

    #[test]
    fn an_answer_from_before_does_not_end_the_reading_of_the_past() {
        let mut face = Face::new();
        face.hello();
        face.answer(Request::System, Answer::System(Box::default()));
        face.lost();
        face.answer(Request::Events { after: 0 }, Answer::Events(events(&[], 0)));
        face.now += Duration::from_secs(1);
        face.input(Input::Tick);
        assert_eq!(face.hello()[0], ask(Request::System));
        assert_eq!(face.notice(), "");
        let asked = face.answer(Request::System, Answer::System(Box::default()));
        assert_eq!(asked, [ask(Request::Events { after: 0 })]);
    }

    #[test]
    fn another_program_is_recognized() {
        let mut face = Face::connected();
        face.told(&[100], 0);
        face.lost();
        face.now += Duration::from_secs(1);
        face.input(Input::Tick);
        face.hello();
        let other = System {
            os_pid: 2,
            ..System::default()
        };
        let asked = face.answer(Request::System, Answer::System(Box::new(other)));
        assert_eq!(asked, [ask(Request::Events { after: 0 })]);
        face.answer(
            Request::Events { after: 0 },
            Answer::Events(events(&[1], 0)),
        );
        face.answer(Request::Events { after: 1 }, Answer::Events(events(&[], 0)));
        assert_eq!(
            face.notice(),
            "reconnected after 1 s: the program was started anew, its events begin anew"
        );
        assert_eq!(face.app.events.last(), Some(1));
    }

    #[test]
    fn what_was_missed_while_connected_is_told() {
        let mut face = Face::connected();
        face.told(&[5], 3);
        assert_eq!(face.notice(), "3 events missed: more came than were read");
    }

    #[test]
    fn an_answer_that_fails_is_told_while_connected() {
        let mut face = Face::connected();
        let error = RequestError::NoObserver {
            address: "h:1".to_owned(),
            status: Some(500),
        };
        face.input(Input::Answered(tree(""), Err(error)));
        assert_eq!(
            face.notice(),
            "what answers on h:1 is no observer (status 500)"
        );
    }

    fn opened() -> Face {
        let mut face = Face::connected();
        face.told(&[1], 0);
        face.write("3");
        let event = Event {
            seq: 2,
            pid: Some("0.4.0".to_owned()),
            ..Event::default()
        };
        face.input(Input::Told(Told::Events(Events {
            events: vec![event],
            ..Events::default()
        })));
        let asked = face.key(KeyCode::Enter);
        assert_eq!(
            asked,
            [ask(Request::Process {
                pid: "0.4.0".to_owned()
            })]
        );
        face
    }

    #[test]
    fn an_open_process_is_asked_for_again_until_it_is_left() {
        let request = Request::Process {
            pid: "0.4.0".to_owned(),
        };
        let mut face = opened();
        face.answer(request.clone(), Answer::Process(Box::default()));
        assert_eq!(face.sample(9), [ask(request)]);
        face.key(KeyCode::Esc);
        assert_eq!(face.sample(10), []);
    }

    #[test]
    fn an_answer_about_another_process_is_dropped() {
        let mut face = opened();
        let other = Process {
            pid: "0.9.0".to_owned(),
            ..Process::default()
        };
        face.answer(
            Request::Process {
                pid: "0.9.0".to_owned(),
            },
            Answer::Process(Box::new(other)),
        );
        assert_eq!(face.app.opened[0].process, None);
    }

    #[test]
    fn actions_are_carried_out_after_a_yes_only() {
        for (key, action) in [
            ("K", Action::Kill),
            ("S", Action::Suspend),
            ("R", Action::Resume),
        ] {
            let mut face = opened();
            assert_eq!(face.write(key), []);
            for no in [
                KeyCode::Enter,
                KeyCode::Char('n'),
                KeyCode::Esc,
                KeyCode::Char('q'),
            ] {
                assert_eq!(face.key(no), []);
                assert!(face.notice().starts_with("did not"), "{no}");
                face.write(key);
            }
            let act = Request::Act {
                action,
                pid: "0.4.0".to_owned(),
            };
            assert_eq!(face.write("y"), [ask(act.clone())]);
            let done = Done {
                done: "done \u{1b}".to_owned(),
            };
            face.answer(act, Answer::Done(done));
            assert_eq!(face.notice(), "done \\u{1b}");
        }
    }

    #[test]
    fn without_control_there_are_no_actions() {
        let mut face = opened();
        face.app.control = false;
        assert_eq!(face.write("Ky"), []);
        assert!(face.notice().starts_with("control is off"));
    }

    #[test]
    fn a_filter_is_applied_as_it_is_written() {
        let mut face = Face::connected();
        assert_eq!(face.write("/a"), [ask(tree("a"))]);
        assert_eq!(
            face.write("q"),
            [],
            "one is under way, and no key has its other meaning"
        );
        let answer = Answer::Tree(Tree::default());
        assert_eq!(face.answer(tree("a"), answer.clone()), [ask(tree("aq"))]);
        face.key(KeyCode::Enter);
        face.answer(tree("aq"), answer);
        assert_eq!(face.key(KeyCode::Esc), [ask(tree(""))]);
        assert_eq!(face.write("q"), [Effect::Quit]);
    }

    #[test]
    fn control_c_ends_in_every_mode() {
        for keys in ["", "?", "/x"] {
            let mut face = Face::connected();
            face.write(keys);
            let key = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
            assert_eq!(face.input(Input::Key(key)).last(), Some(&Effect::Quit));
        }
    }

    #[test]
    fn escape_and_a_key_soon_after_it_are_two_keys() {
        let mut face = opened();
        let key = KeyEvent::new(KeyCode::Char('1'), KeyModifiers::ALT);
        face.input(Input::Key(key));
        assert!(face.app.opened.is_empty() && face.app.view == View::Tree);
    }
}
