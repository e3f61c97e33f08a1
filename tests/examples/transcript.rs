//! What a program is expected to print, where pids differ from run to run.

/// Compares line by line. In `expected` stands `<pid:a>` for the pid that comes first, `<pid:b>` for the next other one,
/// and so on.
#[track_caller]
pub(crate) fn assert_prints(printed: &str, expected: &str) {
    let printed = name_pids(printed);
    for (at, (printed, expected)) in printed.lines().zip(expected.lines()).enumerate() {
        assert_eq!(printed, expected, "line {}", at + 1);
    }
    assert_eq!(printed, expected, "one is longer");
}

/// `#PID<0.4.0>` → `<pid:a>`, in the order in which they appear.
pub(crate) fn name_pids(text: &str) -> String {
    let mut known: Vec<&str> = Vec::new();
    let mut named = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("#PID<") {
        let (pid, after) = after.split_once('>').unwrap();
        let at = known
            .iter()
            .position(|other| *other == pid)
            .unwrap_or_else(|| {
                known.push(pid);
                known.len() - 1
            });
        let letter = char::from(b'a' + u8::try_from(at).unwrap());
        named.push_str(&format!("{before}<pid:{letter}>"));
        rest = after;
    }
    named + rest
}

/// `cache.rs:113:9` → `cache.rs:<place>`.
pub(crate) fn hide_places(text: &str) -> String {
    let mut hidden = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(".rs:") {
        hidden.push_str(&format!("{before}.rs:<place>"));
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
    }
    hidden + rest
}

/// What is typed and what is answered in a dialogue: lines that begin with `>` are typed.
pub(crate) fn dialogue(text: &str) -> (String, String) {
    let (mut typed, mut answered) = (String::new(), String::new());
    for line in text.lines() {
        let (side, line) = match line.strip_prefix('>') {
            Some(command) => (&mut typed, command.trim_start()),
            None => (&mut answered, line),
        };
        side.push_str(line);
        side.push('\n');
    }
    (typed, answered)
}

/// The `text` block in the head comment of a source file.
pub(crate) fn announced(source: &str) -> String {
    let head = source.lines().map_while(|line| line.strip_prefix("//!"));
    let block = head
        .skip_while(|line| *line != " ```text")
        .skip(1)
        .take_while(|line| *line != " ```");
    block
        .map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned() + "\n")
        .collect()
}
