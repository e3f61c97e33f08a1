//! What rust-analyzer makes of the macros: what works in an editor, and what does not (`docs/editors.md`).

mod client;
mod document;

use document::{Document, Kind};

/// `#[test]`, which needs the server.
macro_rules! in_an_editor {
    ($(fn $name:ident() $body:block)*) => {$(
        #[test]
        #[ignore = "needs rust-analyzer, which .ci/rust-analyzer fetches"]
        fn $name() $body
    )*};
}

const NONE: [&str; 0] = [];

/// The client is defined where it is named, and by what.
const CLIENT: [&str; 2] = [
    "#[«genserver(name = \"counter\")»]",
    "pub struct «»Counter {",
];

in_an_editor! {
    fn a_file_without_mistakes_shows_none() {
        assert_eq!(Document::whole().mistakes(), []);
    }

    fn the_definition_of_a_call_is_its_handler() {
        let mut file = Document::whole();
        let get = ["pub fn «get»(&self) -> u64 {"];
        let add = ["pub fn «add»(&mut self, amount: u64) {"];
        let wait = ["pub async fn «wait»(&mut self, amount: Amount) -> Amount {"];
        assert_eq!(file.definition("use_of_get"), get);
        assert_eq!(file.definition("get"), get);
        assert_eq!(file.definition("use_of_add"), add);
        assert_eq!(file.definition("add"), add);
        assert_eq!(file.definition("use_of_wait"), wait);
        assert_eq!(file.definition("wait"), wait);
    }

    fn what_is_written_for_a_type_does_not_hide_its_definition() {
        let mut file = Document::whole();
        assert_eq!(file.definition("reply"), ["pub struct «Amount»(pub u64);"]);
        assert_eq!(file.definition("state"), ["pub struct «Counter» {"]);
        assert_eq!(file.definition("count_of_get"), ["«count»: u64,"]);
        assert_eq!(file.definition("use_of_amount"), ["pub fn add(&mut self, «amount»: u64) {"]);
    }

    fn the_hover_of_a_call_is_its_method_and_the_docs_of_the_handler() {
        let mut file = Document::whole();
        let expected = [
            "counter::CounterRef",
            "pub fn get(&self) -> ::beamish::__private::Call<'_, Counter, u64>",
            "The present count.",
        ];
        assert_eq!(file.hover("use_of_get"), expected);
        let expected = ["counter::CounterRef", "pub fn add(&self, amount: u64)", "Adds `amount`."];
        assert_eq!(file.hover("use_of_add"), expected);
    }

    fn the_hover_of_a_handler_is_its_own_and_that_of_its_method() {
        let mut file = Document::whole();
        let expected = [
            "counter::Counter",
            "pub fn add(&mut self, amount: u64)",
            "Adds `amount`.",
            "counter::CounterRef",
            "pub fn add(&self, amount: u64)",
            "Adds `amount`.",
        ];
        assert_eq!(file.hover("add"), expected);
        let expected = [
            "counter::Counter",
            "pub async fn wait(&mut self, amount: Amount) -> Amount",
            "Waits for `amount`.",
            "counter::CounterRef",
            "pub fn wait(&self, amount: Amount) -> ::beamish::__private::Call<'_, Counter, Amount>",
            "Waits for `amount`.",
        ];
        assert_eq!(file.hover("wait"), expected);
        assert_eq!(file.hover("init"), ["counter::Counter", "fn init(start: u64) -> Self"]);
        assert_eq!(file.hover("tick"), ["counter::Counter", "fn tick(&mut self, _tick: Tick)"]);
    }

    fn a_rename_of_a_handler_reaches_its_calls() {
        let mut file = Document::whole();
        let get = ["pub fn «get»(&self) -> u64 {", "counter.«get»().await"];
        assert_eq!(file.renamed("get").unwrap(), get);
        assert_eq!(file.renamed("use_of_get").unwrap(), get);
        let add = ["pub fn «add»(&mut self, amount: u64) {", "counter.«add»(2);"];
        assert_eq!(file.renamed("add").unwrap(), add);
        let wait = [
            "pub async fn «wait»(&mut self, amount: Amount) -> Amount {",
            "let _waited = counter.«wait»(Amount(3)).await?;",
        ];
        assert_eq!(file.renamed("wait").unwrap(), wait);
        let amount = ["pub fn add(&mut self, «amount»: u64) {", "self.count += «amount»;"];
        assert_eq!(file.renamed("amount").unwrap(), amount);
    }

    // A limit: the variant is spelled in another way than the handler.
    fn a_rename_of_a_handler_leaves_its_message() {
        let mut file = Document::whole();
        assert_eq!(file.definition("variant"), ["#[«genserver»]", "pub fn «»get(&self) -> u64 {"]);
        assert!(file.renamed("variant").is_err());
    }

    // A limit: the name of the client is another word than that of its server.
    fn a_rename_of_the_state_leaves_its_client() {
        let mut file = Document::whole();
        let expected = [
            "pub struct «Counter» {",
            "impl «Counter» {",
            "«Counter»::start_link(*first) { restart: transient },",
        ];
        assert_eq!(file.renamed("state").unwrap(), expected);
        assert_eq!(file.definition("client"), CLIENT);
        assert_eq!(file.definition("message"), ["#[«genserver»]", "impl «»Counter {"]);
        assert!(file.renamed("client").is_err());
        assert!(file.renamed("message").is_err());
    }

    fn the_references_of_a_handler_are_its_calls() {
        let mut file = Document::whole();
        let expected = ["pub fn «get»(&self) -> u64 {", "counter.«get»().await"];
        assert_eq!(file.references("get"), expected);
        assert_eq!(file.references("use_of_get"), expected);
        let expected = ["pub fn «add»(&mut self, amount: u64) {", "counter.«add»(2);"];
        assert_eq!(file.references("add"), expected);
    }

    fn a_handler_that_is_half_written_is_completed() {
        let body = "self.count += /*use_of_amount*/amount;";
        let mut file = Document::edited(&[(body, "self./*here*/")]);
        assert_eq!(file.completions("here", Kind::Field), ["count"]);
        // A limit: `__wait`, which stands before `wait`.
        let methods = ["__wait", "add", "get", "tick", "wait"];
        assert_eq!(file.completions("here", Kind::Method), methods);
        drop(file);
        let mut file = Document::edited(&[(body, "self.count += am/*here*/")]);
        assert_eq!(file.completions("here", Kind::Variable), ["amount", "self"]);
    }

    fn a_call_that_is_half_written_is_completed() {
        let mut file = Document::edited(&[("drop(/*message*/", "counter./*here*/;\n    drop(/*message*/")]);
        assert_eq!(file.completions("here", Kind::Method), ["add", "get", "wait"]);
        // A limit: it is private.
        assert_eq!(file.completions("here", Kind::Field), ["server"]);
    }

    fn a_syntax_error_in_a_handler_is_the_only_one() {
        let body = "self.count += /*use_of_amount*/amount;";
        for broken in ["self.count += ) 3 3 +;", "foo(1 2", "let = 3;", "foo bar baz", "self.count += ;"] {
            let mut file = Document::edited(&[(body, broken)]);
            let mistakes = [(broken.to_owned(), "syntax-error".to_owned())];
            assert_eq!(file.mistakes(), mistakes, "{broken}");
            assert_eq!(file.definition("use_of_get"), ["pub fn «get»(&self) -> u64 {"], "{broken}");
            assert_eq!(
                file.definition("use_of_add"),
                ["pub fn «add»(&mut self, amount: u64) {"],
                "{broken}"
            );
        }
    }

    fn the_other_handlers_of_a_broken_one_are_completed() {
        let broken = ("self.count += /*use_of_amount*/amount;", "foo(1 2");
        let mut file = Document::edited(&[broken, ("self./*count_of_get*/count", "self./*here*/")]);
        assert_eq!(file.completions("here", Kind::Field), ["count"]);
        drop(file);
        let call = ("drop(/*message*/", "counter./*here*/;\n    drop(/*message*/");
        let mut file = Document::edited(&[broken, call]);
        assert_eq!(file.completions("here", Kind::Method), ["add", "get", "wait"]);
    }

    fn a_type_error_in_a_handler_is_the_only_one() {
        let body = "self.count += /*use_of_amount*/amount;";
        let mut file = Document::edited(&[(body, "let two: u64 = \"two\";")]);
        let mistakes = [("let two: u64 = \"two\";".to_owned(), "E0308".to_owned())];
        assert_eq!(file.mistakes(), mistakes);
        assert_eq!(file.definition("use_of_add"), ["pub fn «add»(&mut self, amount: u64) {"]);
    }

    // A limit: there is no method until the header parses.
    fn a_handler_without_a_whole_header_leaves_the_others() {
        let header = "pub fn /*add*/add(&mut self, /*amount*/amount: u64) {";
        let mut file = Document::edited(&[(header, "pub fn add(&mut self, amount: ) {")]);
        assert_eq!(file.definition("use_of_get"), ["pub fn «get»(&self) -> u64 {"]);
        assert_eq!(file.definition("use_of_add"), NONE);
        drop(file);
        let new = "    #[handle_call]\n    fn half\n\n    /// Waits for";
        let mut file = Document::edited(&[("    /// Waits for", new)]);
        assert_eq!(file.definition("use_of_get"), ["pub fn «get»(&self) -> u64 {"]);
        assert_eq!(
            file.definition("use_of_wait"),
            ["pub async fn «wait»(&mut self, amount: Amount) -> Amount {"]
        );
    }

    fn a_state_that_does_not_parse_keeps_its_client() {
        let mut file = Document::edited(&[("/*field*/count: u64,", "count: ")]);
        assert_eq!(file.definition("use_of_get"), ["pub fn «get»(&self) -> u64 {"]);
        assert_eq!(file.definition("client"), CLIENT);
    }

    fn the_children_of_a_tree_have_their_definitions() {
        let mut file = Document::whole();
        assert_eq!(file.definition("child"), ["pub struct «Counter» {"]);
        assert_eq!(file.definition("use_of_first"), ["let «first» = start + 1;"]);
        assert_eq!(file.hover("use_of_first"), ["let first: &u64"]);
        let expected = ["counter::Counter", "pub fn start_link(start: u64) -> ::beamish::__private::Start<Self>"];
        assert_eq!(file.hover("start_link")[..2], expected);
        let expected = [
            "counter::Tree",
            "pub fn start_link(start: u64) -> ::beamish::__private::Start<::beamish::__private::SupervisorServer>",
        ];
        assert_eq!(file.hover("start_of_tree")[..2], expected);
    }

    fn the_bindings_of_a_receive_have_their_definitions() {
        let mut file = Document::whole();
        assert_eq!(
            file.definition("use_of_from"),
            ["Exit { «from», .. } => { drop(from); 0 }"]
        );
        assert_eq!(file.definition("use_of_number"), ["«number»: u64 => number + 1,"]);
        assert_eq!(file.hover("use_of_from"), ["let from: Pid"]);
        assert_eq!(file.hover("use_of_number"), ["let number: u64"]);
        assert_eq!(
            file.renamed("use_of_number").unwrap(),
            ["«number»: u64 => number + 1,", "number: u64 => «number» + 1,"]
        );
    }

    fn a_child_that_is_half_written_is_completed() {
        let child = "/*child*/Counter::/*start_link*/start_link(*/*use_of_first*/first)";
        let cases = [
            ("Cou/*here*/", Kind::Struct, "Counter"),
            ("Counter::s/*here*/", Kind::Function, "start_link"),
            ("Counter::start_link(/*here*/)", Kind::Variable, "first"),
            ("Counter::start_link(fi/*here*/)", Kind::Variable, "first"),
            ("Counter::start_link(first.c/*here*/)", Kind::Method, "checked_add"),
        ];
        for (written, kind, expected) in cases {
            let found = Document::edited(&[(child, written)]).completions("here", kind);
            assert!(found.iter().any(|label| label == expected), "{written}: {found:?}");
        }
    }

    fn an_arm_that_is_half_written_is_completed() {
        let arm = "number: u64 => /*use_of_number*/number + 1,";
        let cases = [
            ("number: u64 => num/*here*/,", Kind::Variable, "number"),
            ("number: u64 => number.c/*here*/,", Kind::Method, "checked_add"),
            ("tick: T/*here*/ => 1,", Kind::Struct, "Tick"),
        ];
        for (written, kind, expected) in cases {
            let found = Document::edited(&[(arm, written)]).completions("here", kind);
            assert!(found.iter().any(|label| label == expected), "{written}: {found:?}");
        }
    }

    // A limit: rust-analyzer does not mend what it hands to such a macro, and a lone dot is no expression.
    fn behind_a_dot_in_a_tree_or_a_receive_a_letter_is_needed() {
        let number = ("/*use_of_number*/number + 1", "number./*here*/");
        let mut file = Document::edited(&[number]);
        assert_eq!(file.completions("here", Kind::Method), NONE);
        assert_eq!(file.definition("use_of_from"), NONE);
        assert_eq!(file.definition("use_of_get"), ["pub fn «get»(&self) -> u64 {"]);
        drop(file);
        let mut file = Document::edited(&[("(*/*use_of_first*/first)", "(first./*here*/)")]);
        assert_eq!(file.completions("here", Kind::Method), NONE);
        assert_eq!(file.definition("use_of_get"), ["pub fn «get»(&self) -> u64 {"]);
        assert_eq!(file.hover("start_of_tree")[0], "counter::Tree");
    }

    fn a_mistake_in_a_receive_is_the_only_one() {
        let number = ("/*use_of_number*/number + 1", "\"one\"");
        let mistakes = Document::edited(&[number]).mistakes();
        let line = "number: u64 => \"one\",".to_owned();
        assert_eq!(mistakes, [(line, "E0308".to_owned())]);
    }

    fn a_mistake_in_a_tree_is_the_only_one() {
        let mistakes = Document::edited(&[("(*/*use_of_first*/first)", "(\"one\")")]).mistakes();
        let line = "Counter::start_link(\"one\") { restart: transient },".to_owned();
        assert_eq!(mistakes, [(line, "E0308".to_owned())]);
        let mistakes = Document::edited(&[("restart: transient", "restart: transent")]).mistakes();
        let line = "Counter::start_link(*first) { restart: transent },".to_owned();
        assert_eq!(mistakes, [(line, "macro-error".to_owned())]);
    }
}
