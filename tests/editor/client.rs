//! A client of the language server protocol, as small as can be.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use std::{env, fs, thread};

use serde_json::{Value, json};

/// How long the server may be silent before the test gives up: the first start builds the dependencies.
const PATIENCE: Duration = Duration::from_secs(300);

/// The document was changed while the server answered; asked again, it answers for the new one.
const CONTENT_MODIFIED: i64 = -32801;

/// A rust-analyzer that has one crate open.
pub(crate) struct Client {
    stdin: ChildStdin,
    messages: Receiver<Value>,
    settings: Value,
    requests: u64,
    /// The only file of the crate.
    uri: String,
    version: u64,
}

impl Client {
    /// Starts the server on a new crate that depends on this one, and waits until it has loaded everything.
    pub(crate) fn start(source: &str) -> Self {
        let server = env::var_os("BEAMISH_RUST_ANALYZER").expect(
            "BEAMISH_RUST_ANALYZER is the path of rust-analyzer; \
             `.ci/rust-analyzer` fetches one and prints it",
        );
        let folder = new_crate(source);
        let mut server = Command::new(&server);
        let mut child = server
            .current_dir(&folder)
            .env("CARGO_NET_OFFLINE", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("BEAMISH_RUST_ANALYZER can be started");
        let stdin = child.stdin.take().expect("it is piped");
        let stdout = child.stdout.take().expect("it is piped");
        let (sender, messages) = mpsc::channel();
        // It ends with the server, and the server with this process.
        thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Some(message) = read(&mut stdout) {
                if sender.send(message).is_err() {
                    break;
                }
            }
            child.wait()
        });
        let mut client = Self {
            stdin,
            messages,
            settings: settings(),
            requests: 0,
            uri: format!("file://{}", folder.join("src/lib.rs").display()),
            version: 0,
        };
        client.initialize(&folder);
        client.open(source);
        client.loaded();
        client
    }

    fn initialize(&mut self, folder: &Path) {
        let root = format!("file://{}", folder.display());
        self.request(
            "initialize",
            &json!({
                "processId": std::process::id(),
                "rootUri": root,
                "workspaceFolders": [{ "uri": root, "name": "counter" }],
                "initializationOptions": self.settings,
                "capabilities": {
                    "experimental": { "serverStatusNotification": true },
                    "textDocument": {
                        "diagnostic": {},
                        "hover": { "contentFormat": ["markdown"] },
                    },
                    "workspace": { "configuration": true },
                },
            }),
        );
        self.notify("initialized", &json!({}));
    }

    fn open(&mut self, text: &str) {
        let document =
            json!({ "uri": self.uri, "languageId": "rust", "version": self.version, "text": text });
        self.notify("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    /// Waits until nothing is left to load, which must have gone well.
    fn loaded(&mut self) {
        loop {
            let message = self.receive();
            let status = &message["params"];
            if message["method"] == "experimental/serverStatus" && status["quiescent"] == true {
                assert_eq!(status["health"], "ok", "{status}");
                return;
            }
        }
    }

    /// Makes `text` the text of the file.
    pub(crate) fn change(&mut self, text: &str) {
        self.version += 1;
        let document = json!({ "uri": self.uri, "version": self.version });
        let change = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        self.notify("textDocument/didChange", &change);
    }

    /// Asks about the file, and gives the answer or what the server says is wrong with the question.
    pub(crate) fn ask(&mut self, method: &str, mut params: Value) -> Result<Value, Value> {
        params["textDocument"] = json!({ "uri": self.uri });
        loop {
            let answer = self.request(method, &params);
            match answer.get("error") {
                Some(error) if error["code"] == CONTENT_MODIFIED => {}
                Some(error) => return Err(error["message"].clone()),
                None => return Ok(answer["result"].clone()),
            }
        }
    }

    /// Whether `uri` is that of the file.
    pub(crate) fn is_open(&self, uri: &Value) -> bool {
        *uri == *self.uri
    }

    fn request(&mut self, method: &str, params: &Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.receive();
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
        }
    }

    fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The next message. What the server asks for is answered.
    fn receive(&mut self) -> Value {
        let message = self.messages.recv_timeout(PATIENCE);
        let message = message.expect("rust-analyzer runs and answers");
        if message.get("method").is_some() && message.get("id").is_some() {
            let result = match message["params"]["items"].as_array() {
                Some(items) if message["method"] == "workspace/configuration" => {
                    items.iter().map(|_| self.settings.clone()).collect()
                }
                _ => Value::Null,
            };
            self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }));
        }
        message
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let sent = write!(self.stdin, "Content-Length: {}\r\n\r\n{body}", body.len());
        sent.and_then(|()| self.stdin.flush())
            .expect("rust-analyzer reads");
    }
}

/// Reads a message; there is none at the end of the stream.
fn read(stream: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().ok(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length?];
    stream.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn settings() -> Value {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("editor-target");
    let mut settings = json!({
        "cargo": { "targetDir": target },
        "cachePriming": { "enable": false },
        "checkOnSave": false,
    });
    // The sources of std stand beside the launcher that `.ci/rust-analyzer` writes; any other server finds its own.
    let server = env::var_os("BEAMISH_RUST_ANALYZER").map(PathBuf::from);
    let sources = server.and_then(|server| fs::canonicalize(server.with_file_name("std")).ok());
    if let Some(sources) = sources {
        settings["cargo"]["sysrootSrc"] = json!(sources);
    }
    settings
}

/// Writes a crate whose only file is `source`, with the dependencies of this one.
fn new_crate(source: &str) -> PathBuf {
    let beamish = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("editor");
    let manifest = format!(
        "[package]\nname = \"counter\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nbeamish = {{ path = '{}' }}\n\n[workspace]\n",
        beamish.display()
    );
    fs::create_dir_all(folder.join("src")).expect("the folder can be made");
    fs::write(folder.join("Cargo.toml"), manifest).expect("the folder can be written");
    fs::write(folder.join("src/lib.rs"), source).expect("the folder can be written");
    fs::copy(beamish.join("Cargo.lock"), folder.join("Cargo.lock")).expect("there is a lock file");
    folder
}
