//! What the macros cost to compile: a crate of 50 servers with 10 handlers each, written with the macros and by hand on the
//! plain trait, checked and built in release. Dependencies are built before, and not counted.
//!
//! `cargo run --release --manifest-path benches/Cargo.toml --bin compile_time [-- SERVERS]`
//!
//! A handler is one of four kinds: a call with `&self`, a call that changes the state, a call that awaits, a cast. Both
//! crates do the same, and the test of `benches` that they are alike is that `main` runs the same lines on both. Each is
//! compiled three times, from nothing (nothing of the crate itself is kept) and incrementally after a comment was added; the
//! least time of cargo is taken.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const HANDLERS: usize = 10;
const REPEATS: usize = 3;

#[derive(Clone, Copy)]
enum Kind {
    Get,
    Change,
    Await,
    Cast,
}

/// The kind of the handler with this number.
fn kind(handler: usize) -> Kind {
    match handler % 10 {
        0..3 => Kind::Get,
        3..5 => Kind::Change,
        5..7 => Kind::Await,
        _ => Kind::Cast,
    }
}

fn with_macros(servers: usize) -> String {
    let mut code = String::from("use beamish::prelude::*;\n\n");
    for server in 0..servers {
        let mut handlers = String::new();
        for handler in 0..HANDLERS {
            let _ = match kind(handler) {
                Kind::Get => writeln!(
                    handlers,
                    "    #[handle_call]\n    pub fn handler{handler}(&self, key: u64) -> u64 {{ self.total + key + {handler} }}"
                ),
                Kind::Change => writeln!(
                    handlers,
                    "    #[handle_call]\n    pub fn handler{handler}(&mut self, key: u64, text: String) -> String {{ self.total += key; format!(\"{{text}}{{}}\", self.total) }}"
                ),
                Kind::Await => writeln!(
                    handlers,
                    "    #[handle_call]\n    pub async fn handler{handler}(&mut self, key: u64) -> Result<u64, String> {{ process::yield_now().await; self.total += key; Ok(self.total) }}"
                ),
                Kind::Cast => writeln!(
                    handlers,
                    "    #[handle_cast]\n    pub fn handler{handler}(&mut self, by: u64) {{ self.total += by * {handler}; }}"
                ),
            };
        }
        let _ = writeln!(
            code,
            "#[genserver]\npub struct Server{server} {{ total: u64 }}\n\n#[genserver]\nimpl Server{server} {{\n    #[init]\n    fn init(total: u64) -> Self {{ Self {{ total }} }}\n{handlers}}}\n"
        );
    }
    code + &main_of(servers)
}

fn by_hand(servers: usize) -> String {
    let mut code = String::from(
        "use beamish::{Call, Caller, ChildSpec, GenServer, Handler, Init, Next, Pid, Server, ServerOptions, ServerRef, Start, WrongServer, process, self_pid};\n\n",
    );
    for server in 0..servers {
        let (mut messages, mut replies, mut now, mut later, mut stubs) = Default::default();
        for handler in 0..HANDLERS {
            write_handler(
                server,
                handler,
                [
                    &mut messages,
                    &mut replies,
                    &mut now,
                    &mut later,
                    &mut stubs,
                ],
            );
        }
        let _ = write!(
            code,
            "pub struct Server{server} {{ total: u64 }}
pub enum Message{server} {{ {messages} }}
pub enum Reply{server} {{ {replies} }}
impl ServerOptions for Server{server} {{}}
impl GenServer for Server{server} {{
    type Args = u64;
    type Message = Message{server};
    type Reply = Reply{server};
    type Ref = Server{server}Ref;
    async fn init(total: u64) -> Init<Self> {{ Init::ok(Self {{ total }}) }}
    fn handle_now(&mut self, message: Message{server}) -> Result<Next<Self>, Message{server}> {{
        match message {{ {now} other => Err(other) }}
    }}
    async fn handle(&mut self, message: Message{server}, _: &mut Caller<Self>) -> Next<Self> {{
        match message {{ {later} _ => Next::no_reply() }}
    }}
}}
impl Server{server} {{
    pub fn start_link(total: u64) -> Start<Self> {{ Start::link(total) }}
    pub fn start(total: u64) -> Start<Self> {{ Start::unlinked(total) }}
    pub fn child_spec(total: u64) -> ChildSpec {{ ChildSpec::new(move || Self::start_link(total)) }}
}}
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Server{server}Ref(ServerRef<Server{server}>);
impl Server{server}Ref {{ {stubs} }}
impl From<ServerRef<Server{server}>> for Server{server}Ref {{
    fn from(server: ServerRef<Server{server}>) -> Self {{ Self(server) }}
}}
impl TryFrom<Pid> for Server{server}Ref {{
    type Error = WrongServer;
    fn try_from(pid: Pid) -> Result<Self, WrongServer> {{ ServerRef::try_from(pid).map(Self) }}
}}
impl Server for Server{server}Ref {{
    type Of = Server{server};
    fn server_ref(&self) -> &ServerRef<Server{server}> {{ &self.0 }}
}}
"
        );
    }
    code + &main_of(servers)
}

/// The parts of one handler: the variants of the message and the reply, the arms, the method of the client.
fn write_handler(server: usize, handler: usize, parts: [&mut String; 5]) {
    let [messages, replies, now, later, stubs] = parts;
    let stub = |parameters: &str, fields: &str, reply: &str, how: &str| {
        format!(
            "pub fn handler{handler}(&self, {parameters}) -> Call<'_, Server{server}, {reply}> {{
                static HANDLER: Handler = Handler::{how}(\"handler{handler}\");
                Call::new(&self.0, &HANDLER, Message{server}::H{handler} {{ {fields} }}, |reply| match reply {{ Reply{server}::H{handler}(value) => Some(value), _ => None }})
            }}\n"
        )
    };
    match kind(handler) {
        Kind::Get => {
            let _ = write!(messages, "H{handler} {{ key: u64 }}, ");
            let _ = write!(replies, "H{handler}(u64), ");
            let _ = write!(
                now,
                "Message{server}::H{handler} {{ key }} => Ok(Next::reply(Reply{server}::H{handler}(self.total + key + {handler}))), "
            );
            stubs.push_str(&stub("key: u64", "key", "u64", "new"));
        }
        Kind::Change => {
            let _ = write!(messages, "H{handler} {{ key: u64, text: String }}, ");
            let _ = write!(replies, "H{handler}(String), ");
            let _ = write!(
                now,
                "Message{server}::H{handler} {{ key, text }} => {{ self.total += key; Ok(Next::reply(Reply{server}::H{handler}(format!(\"{{text}}{{}}\", self.total)))) }} "
            );
            stubs.push_str(&stub(
                "key: u64, text: String",
                "key, text",
                "String",
                "new",
            ));
        }
        Kind::Await => {
            let _ = write!(messages, "H{handler} {{ key: u64 }}, ");
            let _ = write!(replies, "H{handler}(Result<u64, String>), ");
            let _ = write!(
                later,
                "Message{server}::H{handler} {{ key }} => {{ process::yield_now().await; self.total += key; Next::reply(Reply{server}::H{handler}(Ok(self.total))) }} "
            );
            stubs.push_str(&stub("key: u64", "key", "Result<u64, String>", "awaits"));
        }
        Kind::Cast => {
            let _ = write!(messages, "H{handler} {{ by: u64 }}, ");
            let _ = write!(
                now,
                "Message{server}::H{handler} {{ by }} => {{ self.total += by * {handler}; Ok(Next::no_reply()) }} "
            );
            let _ = writeln!(
                stubs,
                "pub fn handler{handler}(&self, by: u64) {{ self.0.cast(Message{server}::H{handler} {{ by }}); }}"
            );
        }
    }
}

/// Uses each handler of each server.
fn main_of(servers: usize) -> String {
    let mut code = String::from(
        "#[beamish::main(flavor = \"current_thread\")]\nasync fn main() -> Result<(), beamish::ExitReason> {\n    let _ = self_pid();\n    let mut sum = 0;\n",
    );
    for server in 0..servers {
        let _ = writeln!(
            code,
            "    sum += use{server}(&Server{server}::start({server}).await?).await?;"
        );
    }
    code.push_str("    println!(\"{sum}\");\n    Ok(())\n}\n");
    for server in 0..servers {
        let _ = writeln!(
            code,
            "async fn use{server}(server: &Server{server}Ref) -> Result<u64, beamish::ExitReason> {{\n    let mut sum = 0;"
        );
        for handler in 0..HANDLERS {
            let _ = match kind(handler) {
                Kind::Get => writeln!(code, "    sum += server.handler{handler}(1).await?;"),
                Kind::Change => writeln!(
                    code,
                    "    sum += server.handler{handler}(1, String::new()).await?.len() as u64;"
                ),
                Kind::Await => writeln!(
                    code,
                    "    sum += server.handler{handler}(1).await?.unwrap_or(0);"
                ),
                Kind::Cast => writeln!(code, "    server.handler{handler}(1);"),
            };
        }
        code.push_str("    Ok(sum)\n}\n");
    }
    code
}

/// A package in the target folder of the benches.
struct Package {
    folder: PathBuf,
    code: String,
}

impl Package {
    fn new(name: &str, code: String) -> Result<Self, Box<dyn Error>> {
        let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = benches.join("target/compile_time").join(name);
        fs::create_dir_all(folder.join("src"))?;
        let beamish = benches.join("..").canonicalize()?;
        fs::write(
            folder.join("Cargo.toml"),
            format!(
                "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\nbeamish = {{ path = {beamish:?} }}\n"
            ),
        )?;
        fs::copy(benches.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(Self { folder, code })
    }

    fn cargo(&self, arguments: &[&str], incremental: bool) -> Result<String, Box<dyn Error>> {
        let output = Command::new("cargo")
            .env("CARGO_INCREMENTAL", if incremental { "1" } else { "0" })
            .args(arguments)
            .args(["--quiet", "--manifest-path"])
            .arg(self.folder.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(self.folder.join("../target"))
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            return Err(format!("cargo {arguments:?} failed for {}", self.folder.display()).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The least time that the crate takes after a change.
    fn time(&self, arguments: &[&str], incremental: bool) -> Result<Duration, Box<dyn Error>> {
        let source = self.folder.join("src/main.rs");
        let mut least = Duration::MAX;
        for round in 0..=REPEATS {
            fs::write(&source, format!("{}\n// {round}\n", self.code))?;
            let began = Instant::now();
            self.cargo(arguments, incremental)?;
            if round > 0 {
                least = least.min(began.elapsed());
            }
        }
        Ok(least)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let servers = match std::env::args().nth(1) {
        Some(number) => number.parse()?,
        None => 50,
    };
    let macros = Package::new("with_macros", with_macros(servers))?;
    let by_hand = Package::new("by_hand", by_hand(servers))?;
    println!("{servers} servers of {HANDLERS} handlers, seconds, least of {REPEATS}:\n");
    println!("| | with macros | by hand | ratio |\n|---|---|---|---|");
    for (what, arguments, incremental) in [
        ("check", &["check"][..], false),
        ("build", &["build"][..], false),
        ("check, after a change", &["check"][..], true),
        ("build, after a change", &["build"][..], true),
        ("build --release", &["build", "--release"][..], false),
    ] {
        let (a, b) = (
            macros.time(arguments, incremental)?,
            by_hand.time(arguments, incremental)?,
        );
        println!(
            "| {what} | {:.2} | {:.2} | {:.2} |",
            a.as_secs_f64(),
            b.as_secs_f64(),
            a.as_secs_f64() / b.as_secs_f64()
        );
    }
    let (a, b) = (
        macros.cargo(&["run", "--release"], false)?,
        by_hand.cargo(&["run", "--release"], false)?,
    );
    assert_eq!(a, b, "both programs do the same");
    println!(
        "\nlines of source: {} and {}",
        macros.code.lines().count(),
        by_hand.code.lines().count()
    );
    Ok(())
}
