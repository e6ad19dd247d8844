//! YAML as Go's `yaml.v2` reads it in its strict mode, which is what prometheus-adapter uses.
//!
//! Only the first document counts. A scalar is its literal text wherever text is wanted, quoted or not; an
//! unquoted `null` is nothing; booleans are those of YAML 1.1, unquoted. A key that is unknown or stands
//! twice is an error. A merge (`<<`) is made where it stands: keys above it are overwritten by it and keys
//! below it overwrite it, sections are merged deeply and lists replaced.

mod decode;
mod error;
mod locate;
mod mapping;
mod nearest;

use std::{collections::HashMap, rc::Rc};

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde::de::DeserializeOwned;

pub use error::YamlError;

/// A place in the file and what stands there.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// From 1.
    line: usize,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Scalar {
        text: String,
        /// Neither quoted nor a block, so that it may be a boolean, a number or nothing.
        plain: bool,
    },
    List(Vec<Rc<Node>>),
    /// Keys and values in the order of the file, merges not yet made.
    Map(Vec<(Rc<Node>, Rc<Node>)>),
}

/// Anchors can nest to sizes that no memory holds; no honest file comes near.
const VISITS_MAX: usize = 1_000_000;
const DEPTH_MAX: usize = 100;

/// Reads the first document of `text`; nothing at all is the default.
///
/// # Errors
/// Names the line, and within it the key or value and what would be right.
pub fn read<T: DeserializeOwned + Default>(text: &str) -> Result<T, YamlError> {
    match parse(text)? {
        Some(node) => decode::decode(&node),
        None => Ok(T::default()),
    }
}

/// The line of the deepest part of `path` (such as `rules[3].name.as`) that the file has.
pub(crate) fn line_of(text: &str, path: &str) -> Option<usize> {
    locate::line_of(&parse(text).ok()??, path)
}

fn parse(text: &str) -> Result<Option<Rc<Node>>, YamlError> {
    let mut tree = Tree::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            YamlError::at(error.marker().line(), format!("not YAML: {}", error.info()))
        })?;
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        tree.take(event, &span)?;
    }
    Ok(tree.root)
}

/// The document as far as it is known.
#[derive(Default)]
struct Tree {
    root: Option<Rc<Node>>,
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
}

/// A list or map whose end is not seen yet.
struct Open {
    line: usize,
    anchor: usize,
    is_map: bool,
    nodes: Vec<Rc<Node>>,
}

impl Tree {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), YamlError> {
        let line = span.start.line();
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && !is_text(tag.as_deref());
                let text = text.into_owned();
                let content = Content::Scalar { text, plain };
                self.add(Node { line, content }, anchor);
            }
            Event::SequenceStart(_, anchor, _) => self.open(line, anchor, false),
            Event::MappingStart(_, anchor, _) => self.open(line, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => {
                let unknown = || YamlError::at(line, "this alias has no anchor above it");
                let node = self.anchors.get(&anchor).cloned().ok_or_else(unknown)?;
                self.push(node);
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, line: usize, anchor: usize, is_map: bool) {
        self.open.push(Open {
            line,
            anchor,
            is_map,
            nodes: vec![],
        });
    }

    fn close(&mut self) {
        let Some(Open {
            line,
            anchor,
            is_map,
            nodes,
        }) = self.open.pop()
        else {
            return;
        };
        let content = if is_map {
            let mut nodes = nodes.into_iter();
            let pair = || Some((nodes.next()?, nodes.next()?));
            Content::Map(std::iter::from_fn(pair).collect())
        } else {
            Content::List(nodes)
        };
        self.add(Node { line, content }, anchor);
    }

    fn add(&mut self, node: Node, anchor: usize) {
        let node = Rc::new(node);
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.push(node);
    }

    fn push(&mut self, node: Rc<Node>) {
        match self.open.last_mut() {
            Some(open) => open.nodes.push(node),
            None => self.root = Some(node),
        }
    }
}

/// Whether a tag makes text of what looks like something else. Only the tags of numbers, booleans and
/// nothing leave it as it looks.
fn is_text(tag: Option<&Tag>) -> bool {
    tag.is_some_and(|tag| !matches!(tag.core_suffix(), Some("bool" | "int" | "float" | "null")))
}

impl Node {
    /// Nothing: `null`, `~` or no text, unquoted.
    fn is_null(&self) -> bool {
        self.plain()
            .is_some_and(|text| matches!(text, "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The text of an unquoted scalar.
    fn plain(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, plain: true } => Some(text),
            _ => None,
        }
    }

    /// A boolean of YAML 1.1.
    fn boolean(&self) -> Option<bool> {
        match self.plain()? {
            "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
                Some(true)
            }
            "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off"
            | "OFF" => Some(false),
            _ => None,
        }
    }

    /// What it is, for people.
    fn kind(&self) -> String {
        match &self.content {
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "a section".to_owned(),
            Content::Scalar { .. } if self.is_null() => "nothing".to_owned(),
            Content::Scalar { text, plain: true } => format!("`{text}`"),
            Content::Scalar { text, .. } => format!("the text {text:?}"),
        }
    }
}

#[cfg(test)]
mod tests;
