//! A map with its merges made.

use std::{cell::Cell, collections::HashSet, rc::Rc};

use super::{Content, DEPTH_MAX, Node, VISITS_MAX, YamlError};

/// One key of a map.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    /// Of the key.
    pub(super) line: usize,
    pub(super) value: Rc<Node>,
}

/// How a second value for one key is taken when a merge brought the first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Keys {
    /// Known keys: later values overwrite, sections grow together.
    Fixed,
    /// Keys of people's own: a second value is an error, as in a Go map.
    Free,
}

/// Nodes that may still be looked at.
pub(super) struct Budget(Cell<usize>);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Cell::new(VISITS_MAX))
    }

    pub(super) fn spend(&self, line: usize, depth: usize) -> Result<(), YamlError> {
        let left = self.0.get().checked_sub(1);
        match left.filter(|_| depth < DEPTH_MAX) {
            Some(left) => {
                self.0.set(left);
                Ok(())
            }
            None => Err(YamlError::at(line, "too much nesting or too many aliases")),
        }
    }
}

/// The entries of a map, each key once.
///
/// # Errors
/// When a key stands twice or is no text, or what is merged is no map.
pub(super) fn entries(
    node: &Node,
    keys: Keys,
    budget: &Budget,
    depth: usize,
) -> Result<Vec<Entry>, YamlError> {
    budget.spend(node.line, depth)?;
    let Content::Map(pairs) = &node.content else {
        return Err(YamlError::at(
            node.line,
            "only a section can be merged; write `<<: *ANCHOR` of one",
        ));
    };
    let mut own = HashSet::new();
    let mut entries: Vec<Entry> = vec![];
    for (key, value) in pairs {
        if key.plain() == Some("<<") {
            for source in sources(value) {
                for entry in self::entries(source, keys, budget, depth + 1)? {
                    assign(&mut entries, entry, keys)?;
                }
            }
            continue;
        }
        let Content::Scalar { text, .. } = &key.content else {
            return Err(YamlError::at(
                key.line,
                format!("a key must be text, not {}", key.kind()),
            ));
        };
        // As text, nothing is the empty one.
        let text = if key.is_null() { "" } else { text };
        if !own.insert(text) {
            return Err(YamlError::at(
                key.line,
                format!("key `{text}` stands here twice; keep one"),
            ));
        }
        let entry = Entry {
            key: text.to_owned(),
            line: key.line,
            value: Rc::clone(value),
        };
        assign(&mut entries, entry, keys)?;
    }
    Ok(entries)
}

/// What a merge names: one map, or several of which the first wins.
fn sources(value: &Rc<Node>) -> Vec<&Rc<Node>> {
    match &value.content {
        Content::List(nodes) => nodes.iter().rev().collect(),
        _ => vec![value],
    }
}

fn assign(entries: &mut Vec<Entry>, entry: Entry, keys: Keys) -> Result<(), YamlError> {
    let Some(known) = entries.iter_mut().find(|known| known.key == entry.key) else {
        entries.push(entry);
        return Ok(());
    };
    if keys == Keys::Free {
        let problem = format!("key `{}` is there already by a merge; keep one", entry.key);
        return Err(YamlError::at(entry.line, problem));
    }
    known.line = entry.line;
    known.value = combine(&known.value, entry.value);
    Ok(())
}

/// Two sections for one key are one section: the former merged into the latter.
fn combine(former: &Rc<Node>, latter: Rc<Node>) -> Rc<Node> {
    let (Content::Map(_), Content::Map(pairs)) = (&former.content, &latter.content) else {
        return latter;
    };
    let merge = Node {
        line: former.line,
        content: Content::Scalar {
            text: "<<".to_owned(),
            plain: true,
        },
    };
    let mut all = vec![(Rc::new(merge), Rc::clone(former))];
    all.extend(pairs.iter().cloned());
    Rc::new(Node {
        line: latter.line,
        content: Content::Map(all),
    })
}
