//! The traces that were recorded on the real OTP: `traces.gz` holds the scenarios, a line `traces`, and the traces.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::scenario::Scenario;
use crate::trace::Trace;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/traces.gz");
const BETWEEN: &str = "\ntraces\n";

pub(crate) struct Recording {
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) traces: Vec<Trace>,
}

impl Recording {
    pub(crate) fn read() -> Self {
        let file = File::open(Path::new(FILE)).expect("traces.gz is there");
        let mut text = String::new();
        GzDecoder::new(file)
            .read_to_string(&mut text)
            .expect("traces.gz is whole");
        let (scenarios, traces) = text.split_once(BETWEEN).expect("traces.gz has two parts");
        Self {
            scenarios: Scenario::parse_all(scenarios),
            traces: Trace::parse_all(traces),
        }
    }

    pub(crate) fn write(&self) {
        let mut text = String::new();
        for scenario in &self.scenarios {
            let _ = write!(text, "{scenario}");
        }
        text.push_str(BETWEEN);
        for trace in &self.traces {
            let _ = write!(text, "{trace}");
        }
        let file = File::create(Path::new(FILE)).expect("traces.gz can be written");
        let mut gz = GzEncoder::new(file, Compression::best());
        gz.write_all(text.as_bytes())
            .and_then(|()| gz.finish())
            .expect("traces.gz can be written");
    }
}
