//! The file as it is being edited, and what the editor shows of it.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::client::Client;

/// `/*word*/` marks the place that follows it, and is no part of the text.
const SOURCE: &str = include_str!("counter.rs");

/// One server for all tests: loading takes it many times as long as answering.
static CLIENT: Mutex<Option<Client>> = Mutex::new(None);

pub(crate) struct Document {
    client: MutexGuard<'static, Option<Client>>,
    text: String,
    /// Line and column of each mark.
    marks: BTreeMap<String, (usize, usize)>,
}

impl Document {
    /// The file without a mistake.
    pub(crate) fn whole() -> Self {
        Self::edited(&[])
    }

    /// The file with some of its text replaced.
    pub(crate) fn edited(edits: &[(&str, &str)]) -> Self {
        let mut source = SOURCE.to_owned();
        for (from, to) in edits {
            assert_eq!(source.matches(from).count(), 1, "{from}");
            source = source.replace(from, to);
        }
        let (text, marks) = unmarked(&source);
        let mut client = CLIENT.lock().unwrap_or_else(PoisonError::into_inner);
        client
            .get_or_insert_with(|| Client::start(&text))
            .change(&text);
        Self {
            client,
            text,
            marks,
        }
    }

    /// Where "go to definition" goes from `mark`.
    pub(crate) fn definition(&mut self, mark: &str) -> Vec<String> {
        let found = self.ask("textDocument/definition", mark, json!({}));
        self.places(&found.expect("it is a question"))
    }

    /// What "find all references" finds from `mark`, with the declaration.
    pub(crate) fn references(&mut self, mark: &str) -> Vec<String> {
        let context = json!({ "context": { "includeDeclaration": true } });
        let found = self.ask("textDocument/references", mark, context);
        self.places(&found.expect("it is a question"))
    }

    /// What a rename at `mark` would change, or why there can be none.
    pub(crate) fn renamed(&mut self, mark: &str) -> Result<Vec<String>, String> {
        let name = json!({ "newName": "renamed" });
        let edit = self
            .ask("textDocument/rename", mark, name)
            .map_err(|error| text(&error))?;
        let changes = edit["documentChanges"].as_array().cloned();
        let changes = changes.unwrap_or_default();
        let places = changes.iter().flat_map(|change| {
            let uri = &change["textDocument"]["uri"];
            let edits = change["edits"].as_array().cloned().unwrap_or_default();
            edits
                .into_iter()
                .map(move |edit| json!({ "uri": uri, "range": edit["range"] }))
        });
        Ok(self.places(&places.collect()))
    }

    /// The lines of the hover at `mark`.
    pub(crate) fn hover(&mut self, mark: &str) -> Vec<String> {
        let hover = self.ask("textDocument/hover", mark, json!({}));
        let hover = text(&hover.expect("it is a question")["contents"]["value"]);
        let is_said = |line: &&str| !line.is_empty() && !line.starts_with("```") && *line != "---";
        hover.lines().filter(is_said).map(str::to_owned).collect()
    }

    /// What can stand at `mark`, of one kind, without what comes from a trait.
    pub(crate) fn completions(&mut self, mark: &str, kind: Kind) -> Vec<String> {
        let found = self.ask("textDocument/completion", mark, json!({}));
        let found = found.expect("it is a question");
        let items = found["items"].as_array().cloned().unwrap_or_default();
        let of_kind = items.iter().filter(|item| item["kind"] == kind as u64);
        let labels = of_kind.map(|item| text(&item["label"]));
        let mut labels: Vec<_> = labels.filter(|label| !label.contains("(as ")).collect();
        labels.sort_unstable();
        labels
    }

    /// Each mistake that is shown: its line, and its code.
    pub(crate) fn mistakes(&mut self) -> Vec<(String, String)> {
        let report = self.client().ask("textDocument/diagnostic", json!({}));
        let report = report.expect("it is a question");
        let items = report["items"].as_array().cloned().unwrap_or_default();
        let mistakes = items.iter().map(|item| {
            let line = position(&item["range"]["start"]).0;
            let line = self.text.lines().nth(line).unwrap_or_default();
            (line.trim().to_owned(), text(&item["code"]))
        });
        let mut mistakes: Vec<_> = mistakes.collect();
        mistakes.dedup();
        mistakes
    }

    fn client(&mut self) -> &mut Client {
        self.client.as_mut().expect("it is started")
    }

    fn ask(&mut self, method: &str, mark: &str, mut params: Value) -> Result<Value, Value> {
        let (line, character) = self.marks[mark];
        params["position"] = json!({ "line": line, "character": character });
        self.client().ask(method, params)
    }

    /// Each place as its line, with `«…»` around it; before it the name of the file, if it is another one.
    fn places(&mut self, found: &Value) -> Vec<String> {
        let found = found.as_array().cloned().unwrap_or_default();
        let mut places: Vec<_> = found.iter().map(|place| self.place(place)).collect();
        places.sort_unstable();
        places.into_iter().map(|(.., shown)| shown).collect()
    }

    fn place(&mut self, place: &Value) -> (bool, usize, usize, String) {
        let uri = &place["uri"];
        let is_other = !self.client().is_open(uri);
        let uri = text(uri);
        let path = uri.trim_start_matches("file://");
        let (file, prefix) = if is_other {
            let name = path.rsplit('/').next().unwrap_or_default();
            let file = fs::read_to_string(path).expect("a file that is shown can be read");
            (file, format!("{name}: "))
        } else {
            (self.text.clone(), String::new())
        };
        let (line, start) = position(&place["range"]["start"]);
        let (_, end) = position(&place["range"]["end"]);
        let content = file.lines().nth(line).unwrap_or_default();
        let (before, rest) = content.split_at(start);
        let (range, after) = rest.split_at(end - start);
        let shown = format!("{prefix}{}«{range}»{after}", before.trim_start());
        (is_other, line, start, shown)
    }
}

/// What a completion is, by its number in the protocol.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Method = 2,
    Function = 3,
    Field = 5,
    Variable = 6,
    Struct = 22,
}

/// Takes the marks out of `source`.
fn unmarked(source: &str) -> (String, BTreeMap<String, (usize, usize)>) {
    let mut text = String::new();
    let mut marks = BTreeMap::new();
    let mut pieces = source.split("/*");
    text.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (mark, rest) = piece.split_once("*/").expect("a mark ends");
        let line = text.matches('\n').count();
        let column = text.rsplit('\n').next().map_or(0, str::len);
        marks.insert(mark.to_owned(), (line, column));
        text.push_str(rest);
    }
    (text, marks)
}

fn position(position: &Value) -> (usize, usize) {
    let number = |key: &str| {
        let number = position[key].as_u64().expect("a position has numbers");
        usize::try_from(number).expect("a file is short")
    };
    (number("line"), number("character"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
