//! Server-Sent Events: bytes as they come in, messages out.
//!
//! Pieces may end anywhere, in the middle of a character or between the two bytes of a line's end too.

/// A message of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its kind; `message` unless the server named one.
    pub event: String,
    /// The lines of `data`, with a line's end between each two.
    pub data: String,
}

/// A message, or a line of one, that is longer than [`MAX_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// How long a message may be.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Puts pieces together to messages.
#[derive(Debug)]
pub struct Parser {
    line: Vec<u8>,
    after_cr: bool,
    first_line: bool,
    event: String,
    data: String,
    has_data: bool,
    last_id: Option<String>,
    max_bytes: usize,
}

impl Default for Parser {
    fn default() -> Self {
        Self::with_limit(MAX_BYTES)
    }
}

impl Parser {
    /// A parser that refuses messages of more than `max_bytes`.
    #[must_use]
    pub fn with_limit(max_bytes: usize) -> Self {
        Self {
            line: Vec::new(),
            after_cr: false,
            first_line: true,
            event: String::new(),
            data: String::new(),
            has_data: false,
            last_id: None,
            max_bytes,
        }
    }

    /// The id that the server gave last: what to send as `Last-Event-ID`.
    #[must_use]
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// The messages that `piece` completes.
    ///
    /// # Errors
    /// [`TooLong`]; the stream is of no use from then on.
    pub fn push(&mut self, piece: &[u8]) -> Result<Vec<Message>, TooLong> {
        let mut messages = Vec::new();
        let mut rest = piece;
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
            self.line.extend_from_slice(&rest[..end]);
            messages.extend(self.end_line()?);
            let cr = rest[end] == b'\r';
            rest = &rest[end + 1..];
            if cr {
                self.after_cr = rest.is_empty();
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
        }
        self.line.extend_from_slice(rest);
        self.check_size()?;
        Ok(messages)
    }

    fn check_size(&self) -> Result<(), TooLong> {
        let size = self.line.len() + self.data.len();
        if size > self.max_bytes {
            Err(TooLong)
        } else {
            Ok(())
        }
    }

    fn end_line(&mut self) -> Result<Option<Message>, TooLong> {
        self.check_size()?;
        let line = std::mem::take(&mut self.line);
        let mut line = String::from_utf8_lossy(&line).into_owned();
        if std::mem::take(&mut self.first_line)
            && let Some(rest) = line.strip_prefix('\u{feff}')
        {
            line = rest.to_owned();
        }
        if line.is_empty() {
            return Ok(self.end_message());
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            "id" if !value.contains('\0') => self.last_id = Some(value.to_owned()),
            // A comment (an empty field), `retry`, and what is not known.
            _ => {}
        }
        Ok(None)
    }

    fn end_message(&mut self) -> Option<Message> {
        let event = std::mem::take(&mut self.event);
        let data = std::mem::take(&mut self.data);
        std::mem::take(&mut self.has_data).then(|| Message {
            event: if event.is_empty() {
                "message".to_owned()
            } else {
                event
            },
            data,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(event: &str, data: &str) -> Message {
        Message {
            event: event.to_owned(),
            data: data.to_owned(),
        }
    }

    fn whole(text: &str) -> Vec<Message> {
        Parser::default().push(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_message_ends_with_an_empty_line() {
        assert_eq!(whole("event: sample\ndata: {}\n"), []);
        assert_eq!(
            whole("event: sample\ndata: {}\n\n"),
            [message("sample", "{}")]
        );
        assert_eq!(
            whole("data:1\n\ndata: 2\n\n"),
            [message("message", "1"), message("message", "2")]
        );
    }

    #[test]
    fn lines_of_data_are_joined() {
        assert_eq!(
            whole("data: a\ndata\ndata:  b\n\n"),
            [message("message", "a\n\n b")]
        );
        assert_eq!(whole("data\n\n"), [message("message", "")]);
    }

    #[test]
    fn a_message_without_data_is_none_and_its_kind_is_forgotten() {
        assert_eq!(whole("event: x\n\ndata: 1\n\n"), [message("message", "1")]);
    }

    #[test]
    fn comments_and_unknown_fields_are_passed_over() {
        assert_eq!(
            whole(": here\n:\nretry: 3\nnonsense\nevent: a:b\ndata: 1\n\n"),
            [message("a:b", "1")]
        );
    }

    #[test]
    fn all_ends_of_lines_will_do() {
        let expected = [message("a", "1\n2"), message("message", "3")];
        for end in ["\n", "\r\n", "\r"] {
            let text = [
                "event: a", "data: 1", "data: 2", "", ": x", "data: 3", "", "",
            ]
            .join(end);
            assert_eq!(whole(&text), expected, "{end:?}");
        }
    }

    #[test]
    fn pieces_may_end_anywhere() {
        let text = "\u{feff}event: ä\r\ndata: ü→🎈\r\n\r\n: c\r\nid: 17\ndata: 2\rdata: 3\n\r\n\r\ndata: 4\n\n";
        let expected = whole(text);
        assert_eq!(expected.len(), 3);
        assert_eq!(expected[0], message("ä", "ü→🎈"));
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let mut parser = Parser::default();
                let mut messages = Vec::new();
                for piece in [
                    &text.as_bytes()[..first],
                    &text.as_bytes()[first..second],
                    &text.as_bytes()[second..],
                ] {
                    messages.extend(parser.push(piece).unwrap());
                }
                assert_eq!(messages, expected, "{first} {second}");
                assert_eq!(parser.last_id(), Some("17"));
            }
        }
        let mut parser = Parser::default();
        let single: Vec<_> = text
            .bytes()
            .flat_map(|byte| parser.push(&[byte]).unwrap())
            .collect();
        assert_eq!(single, expected);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let messages = Parser::default().push(b"data: a\xffb\n\n").unwrap();
        assert_eq!(messages, [message("message", "a\u{fffd}b")]);
    }

    #[test]
    fn too_much_is_refused() {
        let mut parser = Parser::with_limit(8);
        assert_eq!(
            parser.push(b"data: 1\n\n"),
            Ok(vec![message("message", "1")])
        );
        assert_eq!(parser.push(b"data: 12345"), Err(TooLong));
        let mut parser = Parser::with_limit(8);
        assert_eq!(
            parser.push(b"data: 1\ndata: 2\ndata: 3\n"),
            Err(TooLong),
            "in lines that are short"
        );
    }
}
