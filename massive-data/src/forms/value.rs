//! JSON as people's files have it: keys that occur twice are kept, every value
//! knows its line, and a text that breaks off can be read as far as it goes.

/// A value, with the pairs of an object in their order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// A number as it is written.
    Number(String),
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// What is wrong with a text, and at which byte.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) message: String,
}

/// Values inside values, after which reading stops.
const DEEPEST: usize = 96;

impl Value {
    pub(crate) fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text, or a number or truth value as it is written.
    pub(crate) fn scalar(&self) -> Option<String> {
        match self {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// A place in a text: a number that is whole, however it is written.
    pub(crate) fn as_index(&self) -> Option<usize> {
        let text = self.scalar()?;
        let text = text.strip_suffix(".0").unwrap_or(&text);
        text.trim().parse().ok()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Object(pairs) => pairs.iter().find(|(name, _)| name == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The first of these keys that an object has, with a value.
    pub(crate) fn first(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().find_map(|key| self.get(key).filter(|value| **value != Value::Null))
    }

    /// The value as JSON.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(text) => {
                serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.clone()))
            }
            Value::Text(text) => Json::String(text.clone()),
            Value::List(list) => Json::Array(list.iter().map(Value::to_json).collect()),
            Value::Object(pairs) => Json::Object(
                pairs.iter().map(|(key, value)| (key.clone(), value.to_json())).collect(),
            ),
        }
    }
}

/// Reads one value and what follows it.
pub(crate) struct Reader<'a> {
    text: &'a str,
    pub(crate) at: usize,
    /// Python's quotes and names are read, too.
    python: bool,
    /// What breaks off is closed where it ends.
    mend: bool,
    /// It did break off.
    pub(crate) cut: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Reader { text, at: 0, python: false, mend: false, cut: false }
    }

    /// Also takes a list as Python prints it.
    pub(crate) fn python(mut self) -> Self {
        self.python = true;
        self
    }

    /// Also takes what breaks off.
    pub(crate) fn mend(mut self) -> Self {
        self.mend = true;
        self
    }

    fn fault<T>(&self, message: impl Into<String>) -> Result<T, Fault> {
        Err(Fault { at: self.at, message: message.into() })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(crate) fn skip_space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    pub(crate) fn at_end(&mut self) -> bool {
        self.skip_space();
        self.at >= self.text.len()
    }

    /// Takes a byte of syntax.
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    pub(crate) fn value(&mut self, depth: usize) -> Result<Value, Fault> {
        if depth > DEEPEST {
            return self.fault("values inside values, too deep to be meant");
        }
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => Ok(Value::Text(self.string(b'"')?)),
            Some(b'\'') if self.python => Ok(Value::Text(self.string(b'\'')?)),
            Some(b'\'') => self.fault(
                "text in single quotes, as Python prints it; JSON has double quotes: write it \
                 with json.dumps",
            ),
            Some(_) => self.word(),
            None => self.fault("the value ends early"),
        }
    }

    fn word(&mut self) -> Result<Value, Fault> {
        let rest = &self.text[self.at..];
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || "+-._".contains(c)))
            .unwrap_or(rest.len());
        let word = &rest[..end];
        let value = match word {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "None" if self.python => Value::Null,
            "True" if self.python => Value::Bool(true),
            "False" if self.python => Value::Bool(false),
            "None" | "True" | "False" => {
                return self.fault(format!(
                    "{word} is Python's spelling; JSON has null, true, false: write it with \
                     json.dumps"
                ));
            }
            "NaN" | "Infinity" | "-Infinity" if !self.python => {
                return self.fault(format!("{word} is no number of JSON; write null"));
            }
            _ if word.starts_with(|c: char| c.is_ascii_digit() || c == '-')
                && word.parse::<f64>().is_ok() =>
            {
                Value::Number(word.to_owned())
            }
            "nan" | "NaN" if self.python => Value::Null,
            _ if self.mend && self.at + end >= self.text.len() => {
                self.cut = true;
                Value::Null
            }
            _ => return self.fault("a value of JSON is expected here"),
        };
        self.at += end;
        Ok(value)
    }

    fn object(&mut self, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut pairs = Vec::new();
        if self.take(b'}') {
            return Ok(Value::Object(pairs));
        }
        loop {
            self.skip_space();
            let key = match self.peek() {
                Some(b'"') => self.string(b'"')?,
                Some(b'\'') if self.python => self.string(b'\'')?,
                Some(b'}') if self.mend => String::new(),
                None if self.mend => break,
                Some(b'\'') => return self.value(depth),
                None => return self.fault("the object breaks off"),
                Some(_) => return self.fault("a key in double quotes is expected here"),
            };
            if !self.take(b':') {
                if self.mend && (self.at_end() || key.is_empty()) {
                    break;
                }
                return self.fault("a colon is expected after a key");
            }
            if self.mend && self.at_end() {
                break;
            }
            let value = self.value(depth + 1)?;
            pairs.push((key, value));
            if self.take(b'}') {
                return Ok(Value::Object(pairs));
            }
            if !self.take(b',') {
                if self.mend && self.at_end() {
                    break;
                }
                return self.fault("a comma or } is expected here");
            }
        }
        self.cut = true;
        self.take(b'}');
        Ok(Value::Object(pairs))
    }

    fn list(&mut self, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut list = Vec::new();
        if self.take(b']') {
            return Ok(Value::List(list));
        }
        loop {
            if self.mend && self.at_end() {
                break;
            }
            list.push(self.value(depth + 1)?);
            if self.take(b']') {
                return Ok(Value::List(list));
            }
            if !self.take(b',') {
                if self.mend && self.at_end() {
                    break;
                }
                return self.fault("a comma or ] is expected here");
            }
        }
        self.cut = true;
        Ok(Value::List(list))
    }

    fn string(&mut self, quote: u8) -> Result<String, Fault> {
        self.at += 1;
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.text[start..].char_indices();
        while let Some((at, c)) = chars.next() {
            self.at = start + at;
            match c {
                c if c == char::from(quote) => {
                    self.at += 1;
                    return Ok(text);
                }
                '\\' => {
                    let Some((_, escape)) = chars.next() else { break };
                    match escape {
                        'n' => text.push('\n'),
                        't' => text.push('\t'),
                        'r' => text.push('\r'),
                        'b' => text.push('\u{8}'),
                        'f' => text.push('\u{c}'),
                        'u' => {
                            let rest = &self.text[self.at..];
                            let Some((c, length)) = unicode_escape(rest) else {
                                if self.mend {
                                    break;
                                }
                                return self.fault("\\u without four hexadecimal digits");
                            };
                            text.push(c);
                            for _ in 2..length {
                                chars.next();
                            }
                        }
                        '"' | '\'' | '\\' | '/' => text.push(escape),
                        _ => return self.fault("an escape that JSON does not have"),
                    }
                }
                c => text.push(c),
            }
        }
        self.at = self.text.len();
        self.cut = true;
        if self.mend { Ok(text) } else { self.fault("a text that is not closed") }
    }
}

/// The character of `\uXXXX`, or of two of them, and their length.
fn unicode_escape(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| -> Option<u32> {
        let escape = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(escape, 16).ok()
    };
    let high = unit(0)?;
    if (0xd800..0xdc00).contains(&high)
        && let Some(low) = unit(6).filter(|low| (0xdc00..0xe000).contains(low))
    {
        let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        return Some((char::from_u32(code)?, 12));
    }
    Some((char::from_u32(high).unwrap_or('\u{fffd}'), 6))
}

/// One value that is all of a text.
pub(crate) fn parse(text: &str) -> Result<Value, Fault> {
    let mut reader = Reader::new(text);
    let value = reader.value(0)?;
    if reader.at_end() {
        return Ok(value);
    }
    Err(Fault {
        at: reader.at,
        message: "another value follows on the line; one JSON object a line is expected".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_serde_reads_is_read_the_same() {
        for text in [
            r#"{"a": [1, -2.5e3, true, null, "x\ny\u00e9\ud83d\ude00"], "b": {}}"#,
            r#"[[], [{}], "\"\\/"]"#,
        ] {
            let expected: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(parse(text).unwrap().to_json(), expected);
        }
    }

    #[test]
    fn a_key_may_occur_twice() {
        let Value::Object(pairs) = parse(r#"{"a": "x", "a": "y"}"#).unwrap() else { panic!() };
        assert_eq!(pairs.len(), 2);
    }

    #[test]
    fn what_breaks_off_is_read_as_far_as_it_goes() {
        let mut reader = Reader::new(r#"{"intent": "x", "slots": {"time": "fi"#).mend();
        let value = reader.value(0).unwrap();
        assert!(reader.cut);
        assert_eq!(value.get("slots").unwrap().get("time"), Some(&Value::text("fi")));
    }

    #[test]
    fn python_and_nan_are_named() {
        for (text, part) in
            [("{'a': 1}", "Python"), (r#"{"a": NaN}"#, "NaN"), (r#"{"a": None}"#, "Python")]
        {
            assert!(parse(text).unwrap_err().message.contains(part), "{text}");
        }
    }
}
