//! Colours: few, of the terminal's own, on its own background, so that they can be read on dark and light ones. Each
//! also differs by a modifier or a word, for those who do without.

use ratatui::style::{Color, Modifier, Style};

#[derive(Clone, Copy, Debug)]
pub(super) struct Theme {
    pub(super) colours: bool,
}

impl Theme {
    fn colour(self, colour: Color) -> Style {
        if self.colours {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }

    pub(super) fn plain(self) -> Style {
        Style::new()
    }

    pub(super) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(super) fn heading(self) -> Style {
        self.strong().add_modifier(Modifier::UNDERLINED)
    }

    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn good(self) -> Style {
        self.colour(Color::Green)
    }

    pub(super) fn bad(self) -> Style {
        self.colour(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// What wants to be seen, and is no failure.
    pub(super) fn notable(self) -> Style {
        self.colour(Color::Magenta)
    }

    /// A crash, for the moment that it is shown.
    pub(super) fn alarm(self) -> Style {
        self.bad().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn status(self, status: &str) -> Style {
        match status {
            "busy" => self.good(),
            "suspended" => self.notable().add_modifier(Modifier::BOLD),
            "exiting" | "stopped" => self.notable(),
            "restarting" => self.bad(),
            _ => self.plain(),
        }
    }

    pub(super) fn event(self, kind: &str) -> Style {
        match kind {
            "crash" | "intensity" => self.bad(),
            "restart" => self.good(),
            "unexpected" | "slow" | "full" | "control" | "missed" | "supervisor" => self.notable(),
            _ => self.plain(),
        }
    }
}
