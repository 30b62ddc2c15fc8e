//! The notation in which documents describe JSON: `{"hash":"…","size":n,"meta":{…}?}`.
//!
//! It is JSON, and: `…` with words around it for what is left open, a bare word for a number, `"a"|"b"` for alternatives, `?` after a member
//! that may be missing, a member without a value, and keys like `<path>` or `/x` for all keys of a map.

use serde_json::Value;

/// What a value looks like.
#[derive(Debug, PartialEq)]
pub(crate) enum Shape {
    Any,
    Text(String),
    Number,
    Truth,
    Null,
    /// Of any length, all alike.
    List(Option<Box<Shape>>),
    Map(Box<Shape>),
    Object {
        members: Vec<Member>,
        open: bool,
    },
    OneOf(Vec<Shape>),
}

/// A member of an object.
#[derive(Debug, PartialEq)]
pub(crate) struct Member {
    pub key: String,
    pub optional: bool,
    pub shape: Shape,
}

/// Reads all values that a text describes, one after the other.
pub(crate) fn parse(text: &str) -> Result<Vec<Shape>, String> {
    let mut reader = Reader { rest: text.trim() };
    let mut shapes = Vec::new();
    while !reader.rest.is_empty() {
        shapes.push(reader.shape().map_err(|error| format!("{error} at {:?}", reader.rest))?);
        reader.space();
    }
    Ok(shapes)
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        self.space();
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn need(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { Err(format!("`{token}` is missing")) }
    }

    fn text(&mut self) -> Result<String, String> {
        self.need("\"")?;
        let (text, rest) = self.rest.split_once('"').ok_or("a string has no end")?;
        self.rest = rest;
        Ok(text.to_owned())
    }

    /// Words that are no JSON: up to where the list or object goes on.
    fn words(&mut self) {
        let end = self.rest.find([',', ']', '}', '|', '?']).unwrap_or(self.rest.len());
        self.rest = &self.rest[end..];
    }

    fn shape(&mut self) -> Result<Shape, String> {
        let mut shapes = vec![self.one()?];
        while self.take("|") {
            shapes.push(self.one()?);
        }
        Ok(if shapes.len() == 1 { shapes.remove(0) } else { Shape::OneOf(shapes) })
    }

    fn one(&mut self) -> Result<Shape, String> {
        self.space();
        if self.rest.starts_with('"') {
            return self.text().map(Shape::Text);
        }
        if self.take("{") {
            return self.object();
        }
        if self.take("[") {
            self.space();
            let item = match self.rest.chars().next() {
                Some('"' | '{' | '[' | '0'..='9') => Some(Box::new(self.shape()?)),
                _ => None,
            };
            if let Some(end) = self.rest.find(']') {
                self.rest = &self.rest[end + 1..];
                return Ok(Shape::List(item));
            }
            return Err("a list has no end".to_owned());
        }
        let word: String = self.rest.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
        self.rest = &self.rest[word.len()..];
        match word.as_str() {
            "true" | "false" => Ok(Shape::Truth),
            "null" => Ok(Shape::Null),
            "" if self.rest.starts_with('…') => {
                self.words();
                Ok(Shape::Any)
            }
            "" => Err("a value is missing".to_owned()),
            _ => Ok(Shape::Number),
        }
    }

    fn object(&mut self) -> Result<Shape, String> {
        let (mut members, mut open, mut map) = (Vec::new(), false, None);
        loop {
            if self.take("}") {
                break;
            }
            self.space();
            if self.rest.starts_with('"') {
                let key = self.text()?;
                let shape = if self.take(":") { self.shape()? } else { Shape::Any };
                if key.starts_with(['<', '/']) {
                    map = Some(Box::new(shape));
                } else {
                    members.push(Member { key, optional: self.take("?"), shape });
                }
            } else if self.rest.starts_with('…') {
                self.words();
                open = true;
            } else {
                return Err("a member is missing".to_owned());
            }
            if !self.take(",") && !self.rest.starts_with(['}', '…']) {
                return Err("an object goes on without a comma".to_owned());
            }
        }
        Ok(match map {
            Some(shape) if members.is_empty() => Shape::Map(shape),
            _ => Shape::Object { members, open },
        })
    }
}

impl Shape {
    /// Whether the value has this shape; else where it parts from it.
    pub(crate) fn check(&self, value: &Value, at: &str) -> Result<(), String> {
        match (self, value) {
            (Self::Any, _)
            | (Self::Text(_), Value::String(_))
            | (Self::Number, Value::Number(_))
            | (Self::Truth, Value::Bool(_))
            | (Self::Null, Value::Null)
            | (Self::List(None), Value::Array(_)) => Ok(()),
            (Self::List(Some(shape)), Value::Array(list)) => {
                list.iter().enumerate().try_for_each(|(index, value)| shape.check(value, &format!("{at}[{index}]")))
            }
            (Self::Map(shape), Value::Object(map)) => {
                map.iter().try_for_each(|(key, value)| shape.check(value, &format!("{at}.{key}")))
            }
            (Self::Object { members, open }, Value::Object(map)) => {
                for member in members {
                    let here = format!("{at}.{}", member.key);
                    match (map.get(&member.key), &member.shape) {
                        (None, _) if member.optional => {}
                        (None, _) => return Err(format!("{here} is missing")),
                        (Some(Value::String(found)), Self::Text(text)) if member.key == "type" && found != text => {
                            return Err(format!("{here} is {found:?}"));
                        }
                        (Some(value), shape) => shape.check(value, &here)?,
                    }
                }
                let extra = map.keys().find(|key| !members.iter().any(|member| member.key == **key));
                match extra {
                    Some(extra) if !open => Err(format!("{at}.{extra} is not described")),
                    _ => Ok(()),
                }
            }
            (Self::OneOf(shapes), value) => {
                let fits = |shape: &&Self| match (shape, value) {
                    (Self::Text(text), Value::String(found)) => text.contains('<') || text == found,
                    (shape, value) => shape.check(value, at).is_ok(),
                };
                shapes.iter().find(fits).map(|_| ()).ok_or_else(|| format!("{at} is none of the alternatives: {value}"))
            }
            _ => Err(format!("{at} is {value}")),
        }
    }

    /// The keys of an object.
    pub(crate) fn keys(&self) -> Vec<&str> {
        match self {
            Self::Object { members, .. } => members.iter().map(|member| member.key.as_str()).collect(),
            _ => Vec::new(),
        }
    }
}

#[test]
fn a_shape_says_where_a_value_parts_from_it() {
    let check = |shape: &str, value: &str| {
        let shape = parse(shape).unwrap().remove(0);
        shape.check(&serde_json::from_str(value).unwrap(), "it")
    };
    let deploys = r#"[{"deployId":"…","isActive":true,"seq":7?,"roots":{…},"kv":"current"|"pending"}, …]"#;
    let deploy = r#"[{"deployId":"x","isActive":false,"roots":{"a":1},"kv":"current"}]"#;
    assert_eq!(check(deploys, deploy), Ok(()));
    assert_eq!(check(deploys, r#"[{"deployId":1}]"#), Err("it[0].deployId is 1".to_owned()));
    let kv = deploy.replace("current", "lost");
    assert!(check(deploys, &kv).unwrap_err().contains("none of the alternatives"));
    assert_eq!(check(r#"{"a","files":{"<path>":{"size":n}}}"#, r#"{"a":[],"files":{"x":{"size":1}}}"#), Ok(()));
    assert_eq!(check(r#"{"a":n}"#, r#"{"a":1,"b":2}"#), Err("it.b is not described".to_owned()));
    assert_eq!(check(r#"{"a":n,"b":[up to five, newest first]}"#, r#"{"a":1}"#), Err("it.b is missing".to_owned()));
    assert!(parse("{\"a\":}").is_err());
}
