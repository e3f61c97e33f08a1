//! What keys do.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::app::list::Step;
use crate::app::tree::Fold;
use crate::app::{App, Effect, Mode, Opened, View};
use crate::request::{Action, Request};

/// How long a filter may be, in characters.
const MAX_FILTER: usize = 200;

impl App {
    pub(crate) fn key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        if key.modifiers.contains(KeyModifiers::ALT) {
            // Escape and a key soon after it look like this.
            self.key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE), effects);
        }
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        if ctrl && key.code == KeyCode::Char('c') {
            effects.push(Effect::Quit);
            return;
        }
        match &self.mode {
            Mode::Help => self.mode = Mode::Normal,
            Mode::Confirm { .. } => self.confirm_key(key.code, effects),
            Mode::Filter => self.filter_key(key.code, ctrl, effects),
            Mode::Normal if ctrl => {}
            Mode::Normal => self.normal_key(key.code, effects),
        }
    }

    fn normal_key(&mut self, code: KeyCode, effects: &mut Vec<Effect>) {
        match code {
            KeyCode::Char('q') => effects.push(Effect::Quit),
            KeyCode::Char('?') => self.mode = Mode::Help,
            KeyCode::Char(digit @ '1'..='4') => {
                self.view = View::ALL[digit as usize - '1' as usize];
                self.opened.clear();
                self.refresh(effects);
            }
            KeyCode::Char('/') if self.filter().is_some() => self.mode = Mode::Filter,
            KeyCode::Esc if self.opened.pop().is_some() => self.refresh(effects),
            KeyCode::Esc => self.set_filter(String::new(), effects),
            KeyCode::Char('K') => self.ask_before(Action::Kill),
            KeyCode::Char('S') => self.ask_before(Action::Suspend),
            KeyCode::Char('R') => self.ask_before(Action::Resume),
            KeyCode::Char('p') => self.events.pause(),
            KeyCode::Char('s') => self.sort(effects),
            KeyCode::Enter => self.open(effects),
            _ => match self.step(code) {
                Some(step) => self.move_by(step, effects),
                None if self.opened.is_empty() => self.list_key(code, effects),
                None => self.process_key(code),
            },
        }
    }

    fn step(&self, code: KeyCode) -> Option<Step> {
        let page =
            isize::from(i16::try_from(self.size.1.saturating_sub(4)).unwrap_or(i16::MAX)).max(1);
        Some(match code {
            KeyCode::Down | KeyCode::Char('j') => Step::By(1),
            KeyCode::Up | KeyCode::Char('k') => Step::By(-1),
            KeyCode::PageDown => Step::By(page),
            KeyCode::PageUp => Step::By(-page),
            KeyCode::Home | KeyCode::Char('g') => Step::Start,
            KeyCode::End | KeyCode::Char('G') => Step::End,
            _ => return None,
        })
    }

    fn move_by(&mut self, step: Step, effects: &mut Vec<Effect>) {
        if !self.opened.is_empty() {
            let lines = crate::view::page_lines(self);
            let height = usize::from(self.size.1).saturating_sub(2);
            if let Some(opened) = self.opened.last_mut() {
                opened.scroll = step.from(opened.scroll, lines.saturating_sub(height) + 1);
                opened.reference = None;
            }
            return;
        }
        match self.view {
            View::Tree => self.tree.move_by(step),
            View::Events => self.events.move_by(step),
            View::System => {}
            View::Processes => {
                self.table.move_by(step);
                if self.table.selected_row().is_none() {
                    self.refresh(effects);
                }
            }
        }
    }

    fn list_key(&mut self, code: KeyCode, effects: &mut Vec<Effect>) {
        match (self.view, code) {
            (View::Tree, KeyCode::Char(' ')) => self.fold(Fold::Toggle, effects),
            (View::Tree, KeyCode::Right | KeyCode::Char('l')) => self.fold(Fold::Open, effects),
            (View::Tree, KeyCode::Left | KeyCode::Char('h')) => self.fold(Fold::Close, effects),
            (View::Processes, KeyCode::Char('o')) => {
                self.table.reverse();
                self.refresh(effects);
            }
            _ => {}
        }
    }

    fn fold(&mut self, how: Fold, effects: &mut Vec<Effect>) {
        if self.tree.fold(how) {
            self.refresh(effects);
        }
    }

    fn process_key(&mut self, code: KeyCode) {
        let forward = match code {
            KeyCode::Tab => true,
            KeyCode::BackTab => false,
            _ => return,
        };
        if let Some(opened) = self.opened.last_mut() {
            opened.select_reference(forward);
        }
        let height = usize::from(self.size.1).saturating_sub(2).max(1);
        let line = crate::view::selected_line(self);
        if let (Some(opened), Some(line)) = (self.opened.last_mut(), line) {
            opened.scroll = opened.scroll.clamp((line + 1).saturating_sub(height), line);
        }
    }

    fn sort(&mut self, effects: &mut Vec<Effect>) {
        if let Some(opened) = self.opened.last_mut() {
            opened.order = opened.order.next();
            return;
        }
        match self.view {
            View::Tree => self.tree.order = self.tree.order.next(),
            View::Events => self.events.newest_first = !self.events.newest_first,
            View::System => {}
            View::Processes => {
                self.table.next_sort();
                self.refresh(effects);
            }
        }
    }

    fn open(&mut self, effects: &mut Vec<Effect>) {
        if let Some(opened) = self.opened.last() {
            let Some(reference) = opened.selected_reference() else {
                return;
            };
            if opened.gone.is_some() {
                // The way back leads past what has ended.
                self.opened.pop();
            }
            self.opened.push(Opened::new(reference.pid));
            self.refresh(effects);
            return;
        }
        let pid = match self.view {
            View::Tree => match self.tree.selected_node() {
                Some(node) => node.pid.clone(),
                None => return self.fold(Fold::Toggle, effects),
            },
            View::Processes => self.table.selected_row().map(|row| row.pid.clone()),
            View::Events => self
                .events
                .selected()
                .and_then(|event| event.new_pid.clone().or_else(|| event.pid.clone())),
            View::System => return,
        };
        match pid {
            Some(pid) => {
                self.opened.push(Opened::new(pid));
                self.refresh(effects);
            }
            None => self.tell("there is no process to open", false),
        }
    }

    /// The process that an action would be for, and what it is called.
    fn target(&self) -> Option<(String, String)> {
        if let Some(opened) = self.opened.last() {
            return Some((opened.pid.clone(), opened.title().to_owned()));
        }
        match self.view {
            View::Tree => {
                let node = self.tree.selected_node()?;
                Some((node.pid.clone()?, node.title().to_owned()))
            }
            View::Processes => {
                let row = self.table.selected_row()?;
                Some((row.pid.clone(), row.title().to_owned()))
            }
            View::Events | View::System => None,
        }
    }

    fn ask_before(&mut self, action: Action) {
        if !self.control {
            let text =
                "control is off: it is turned on with .control(true) where the observer is started";
            self.tell(text, true);
            return;
        }
        match self.target() {
            Some((pid, title)) => self.mode = Mode::Confirm { action, pid, title },
            None => self.tell("no process is selected", false),
        }
    }

    fn confirm_key(&mut self, code: KeyCode, effects: &mut Vec<Effect>) {
        let mode = std::mem::replace(&mut self.mode, Mode::Normal);
        let Mode::Confirm { action, pid, .. } = mode else {
            return;
        };
        if matches!(code, KeyCode::Char('y' | 'Y')) {
            effects.push(Effect::Ask(Request::Act { action, pid }));
        } else {
            self.tell(format!("did not {} it", action.word()), false);
        }
    }

    fn filter_key(&mut self, code: KeyCode, ctrl: bool, effects: &mut Vec<Effect>) {
        let mut filter = self.filter().unwrap_or_default().to_owned();
        match code {
            KeyCode::Enter => return self.mode = Mode::Normal,
            KeyCode::Esc => {
                self.mode = Mode::Normal;
                filter.clear();
            }
            KeyCode::Char('u') if ctrl => filter.clear(),
            KeyCode::Char(_) if ctrl => return,
            KeyCode::Char(character) if filter.chars().count() < MAX_FILTER => {
                filter.push(character);
            }
            KeyCode::Backspace => {
                filter.pop();
            }
            KeyCode::Up => return self.move_by(Step::By(-1), effects),
            KeyCode::Down => return self.move_by(Step::By(1), effects),
            _ => return,
        }
        self.set_filter(filter, effects);
    }

    fn set_filter(&mut self, filter: String, effects: &mut Vec<Effect>) {
        if self.filter().is_none_or(|before| before == filter) {
            return;
        }
        match self.view {
            View::Tree => self.tree.search = filter,
            View::Events => return self.events.filter = filter,
            View::System => return,
            View::Processes => {
                self.table.filter = filter;
                self.table.select_first();
            }
        }
        self.refresh(effects);
    }
}
