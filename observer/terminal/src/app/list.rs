//! Moving in a list, and which part of it is seen.

use std::ops::Range;

/// A movement of the selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    By(isize),
    Start,
    End,
}

impl Step {
    /// Where it leads in a list of `length`.
    pub(crate) fn from(self, index: usize, length: usize) -> usize {
        let index = match self {
            Self::By(step) => index.saturating_add_signed(step),
            Self::Start => 0,
            Self::End => length,
        };
        index.min(length.saturating_sub(1))
    }
}

/// The part of a list that is seen through `height` lines, with the selection in the middle if it can be.
pub(crate) fn window(selected: usize, length: usize, height: usize) -> Range<usize> {
    let last_start = length.saturating_sub(height);
    let start = selected.saturating_sub(height / 2).min(last_start);
    start..length.min(start + height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_end_at_the_ends() {
        assert_eq!(Step::By(2).from(1, 10), 3);
        assert_eq!(Step::By(20).from(1, 10), 9);
        assert_eq!(Step::By(-2).from(1, 10), 0);
        assert_eq!(Step::End.from(1, 10), 9);
        assert_eq!(Step::Start.from(1, 10), 0);
        assert_eq!(Step::By(1).from(0, 0), 0);
        assert_eq!(Step::End.from(0, 0), 0);
    }

    #[test]
    fn the_selection_is_always_seen() {
        for length in 1..30 {
            for height in 1..10 {
                for selected in 0..length {
                    let window = window(selected, length, height);
                    assert!(window.contains(&selected));
                    assert_eq!(window.len(), height.min(length));
                }
            }
        }
        assert_eq!(window(0, 0, 5), 0..0);
        assert_eq!(window(3, 10, 0), 3..3);
    }
}
