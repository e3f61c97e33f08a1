//! Text from processes, made fit to be shown.
//!
//! Names, reasons, states and all else that processes give are hostile: an escape sequence in a name must not reach the
//! terminal. Everything that is drawn went through [`clean`].

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// How many characters without a width may follow each other.
const MAX_MARKS: usize = 4;

/// `text` with each control character, and each that would move or hide its neighbours, as `\n` or `\u{1b}`.
///
/// Marks over marks are cut to a few, and requests for another look of a character are left out: terminals differ about
/// their width.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut marks = 0;
    for character in text.chars() {
        match character {
            '\n' => cleaned.push_str("\\n"),
            '\r' => cleaned.push_str("\\r"),
            '\t' => cleaned.push_str("\\t"),
            '\u{fe00}'..='\u{fe0f}' => continue,
            _ if is_unsafe(character) => cleaned.extend(character.escape_unicode()),
            _ => {
                let is_mark = unicode_width::UnicodeWidthChar::width(character) == Some(0);
                marks = if is_mark { marks + 1 } else { 0 };
                if marks <= MAX_MARKS {
                    cleaned.push(character);
                }
                continue;
            }
        }
        marks = 0;
    }
    cleaned
}

fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// At most `bytes` of the beginning of `text`.
#[must_use]
pub(crate) fn begin(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// How many cells `text` takes, as the terminal's cells are filled: by what is read as one character.
#[must_use]
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(|grapheme| grapheme.width()).sum()
}

/// The beginning of `text` that fits into `cells`; what is cut leaves a `…`. Not cleaned.
#[must_use]
pub fn cut(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let Some(room) = cells.checked_sub(1) else {
        return String::new();
    };
    let mut kept = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += grapheme.width();
        if used > room {
            break;
        }
        kept.push_str(grapheme);
    }
    kept.push('…');
    kept
}

/// [`cut`], filled up with spaces to exactly `cells`.
#[must_use]
pub fn fill(text: &str, cells: usize) -> String {
    let mut filled = cut(text, cells);
    filled.extend(std::iter::repeat_n(
        ' ',
        cells.saturating_sub(width(&filled)),
    ));
    filled
}

/// [`fill`] with the spaces in front: for numbers.
#[must_use]
pub fn fill_left(text: &str, cells: usize) -> String {
    let kept = cut(text, cells);
    let spaces = cells.saturating_sub(width(&kept));
    format!("{}{kept}", " ".repeat(spaces))
}

/// The lines of `text`, each cleaned and broken where it is wider than `cells`.
#[must_use]
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(2);
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut broken = String::new();
        let mut used = 0;
        for grapheme in clean(line).graphemes(true) {
            if used + grapheme.width() > cells {
                lines.push(std::mem::take(&mut broken));
                used = 0;
            }
            used += grapheme.width();
            broken.push_str(grapheme);
        }
        lines.push(broken);
    }
    lines
}

/// `parts` with ` · ` between them, in lines of at most `cells` that end between two parts where they can.
#[must_use]
pub(crate) fn flow(parts: impl IntoIterator<Item = String>, cells: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        match lines.last_mut() {
            Some(line) if width(line) + 3 + width(&part) <= cells => {
                line.push_str(" · ");
                line.push_str(&part);
            }
            _ => lines.push(cut(&part, cells)),
        }
    }
    lines
}

/// The lines of a backtrace, from the frame on that panicked.
#[must_use]
pub(crate) fn frames(backtrace: &str) -> Vec<&str> {
    let is_panics =
        |line: &&str| line.contains("core::panicking::") || line.contains("rust_begin_unwind");
    let lines: Vec<_> = backtrace.lines().collect();
    let start = lines.iter().rposition(is_panics).map_or(0, |last| last + 1);
    let is_place = |line: &&&str| line.trim_start().starts_with("at ");
    let start = start + lines[start..].iter().take_while(is_place).count();
    if start < lines.len() {
        lines[start..].to_vec()
    } else {
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(
            clean("\u{1b}[31mred\u{7f}\u{9b}2J"),
            "\\u{1b}[31mred\\u{7f}\\u{9b}2J"
        );
        assert_eq!(clean("a\nb\tc\rd\0"), "a\\nb\\tc\\rd\\u{0}");
        for character in (0..0x11_0000).filter_map(char::from_u32) {
            let cleaned = clean(&character.to_string());
            assert!(!cleaned.chars().any(char::is_control), "{character:?}");
        }
    }

    #[test]
    fn what_turns_or_hides_text_is_written_out() {
        assert_eq!(clean("abc\u{202e}def\u{2066}"), "abc\\u{202e}def\\u{2066}");
        assert_eq!(
            clean("a\u{200b}b\u{feff}\u{e0041}"),
            "a\\u{200b}b\\u{feff}\\u{e0041}"
        );
    }

    #[test]
    fn plain_text_of_any_script_stays() {
        for text in [
            "CashMan.Cache",
            "Größe",
            "日本語",
            "שלום",
            "e\u{301}",
            "🎈",
            "<img onerror=alert(1)>",
        ] {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn marks_over_marks_are_cut() {
        let tower = format!("a{}b", "\u{301}".repeat(1000));
        assert_eq!(clean(&tower), format!("a{}b", "\u{301}".repeat(MAX_MARKS)));
        assert_eq!(clean("\u{2764}\u{fe0f}"), "\u{2764}");
    }

    #[test]
    fn text_is_cut_by_cells() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("日本語", 6), "日本語");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abc", 0), "");
    }

    #[test]
    fn cells_are_filled_exactly() {
        for cells in 0..8 {
            for text in ["", "abc", "日本語", "e\u{301}\u{301}x"] {
                assert_eq!(width(&fill(text, cells)), cells, "{text} in {cells}");
                assert_eq!(width(&fill_left(text, cells)), cells, "{text} in {cells}");
            }
        }
        assert_eq!(fill("日本語", 4), "日… ");
        assert_eq!(fill_left("12", 4), "  12");
    }

    #[test]
    fn long_lines_are_broken() {
        assert_eq!(wrap("abcdef\ngh", 4), ["abcd", "ef", "gh"]);
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        assert_eq!(wrap("a\u{1b}b\r\nc", 20), ["a\\u{1b}b", "c"]);
        assert_eq!(wrap("", 4), Vec::<String>::new());
    }

    #[test]
    fn parts_flow_over_lines() {
        let parts = ["ab", "", "cd", "efghijkl", "m"].map(str::to_owned);
        assert_eq!(flow(parts.clone(), 7), ["ab · cd", "efghij…", "m"]);
        assert_eq!(flow(parts, 80), ["ab · cd · efghijkl · m"]);
    }

    #[test]
    fn a_backtrace_begins_where_it_panicked() {
        let own = "   3: demo::fail\n             at ./demo.rs:1\n   4: main";
        let panics = "   0: std::panicking::hook\n   1: core::panicking::panic_fmt\n             at /rustc/p.rs:1";
        assert_eq!(frames(&format!("{panics}\n{own}")).join("\n"), own);
        assert_eq!(frames(own).join("\n"), own);
        assert_eq!(frames(panics).join("\n"), panics, "rather all than nothing");
    }

    #[test]
    fn a_beginning_ends_between_two_characters() {
        assert_eq!(
            [
                begin("aü", 2),
                begin("aü", 3),
                begin("aü", 9),
                begin("ü", 1)
            ],
            ["a", "aü", "aü", ""]
        );
    }
}
