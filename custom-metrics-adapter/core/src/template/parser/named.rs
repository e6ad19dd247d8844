//! `define`, `template` and `block`.

use super::{Ending, Parser, Result};
use crate::template::{
    Problem,
    lexer::{Kind, Token},
    tree::Node,
};

impl Parser {
    /// `define "name"` after its keyword, up to and with its `end`.
    pub(super) fn define(&mut self, at: usize) -> Result<()> {
        if self.depth > 0 {
            return Err(Problem::new(at, "`define` inside of a block"));
        }
        let name = self.name()?;
        self.close()?;
        self.body("define", &name, at)
    }

    /// `template "name" subject` after its keyword; with `block`, also what it stands for.
    pub(super) fn template(&mut self, is_block: bool, at: usize) -> Result<Node> {
        let name = self.name()?;
        let alone = matches!(self.peek(), Some(Kind::Close));
        let subject = if alone { None } else { Some(self.pipeline()?) };
        if is_block && alone {
            return Err(Problem::new(self.place(), "a value is missing here"));
        }
        self.close()?;
        if is_block {
            self.body("block", &name, at)?;
        }
        Ok(Node::Template { name, subject, at })
    }

    fn name(&mut self) -> Result<String> {
        let at = self.place();
        match self.advance() {
            Some(Token {
                kind: Kind::Text(name),
                ..
            }) => Ok(name),
            _ => Err(Problem::new(at, "expected a name in quotes here")),
        }
    }

    /// Nodes up to `end`, with variables and loops of their own.
    fn body(&mut self, keyword: &str, name: &str, at: usize) -> Result<()> {
        let variables = std::mem::replace(&mut self.variables, vec![String::new()]);
        let loops = std::mem::take(&mut self.loops);
        let parsed = self.deeper(Self::block)?;
        self.variables = variables;
        self.loops = loops;
        let (nodes, Ending::End(_)) = parsed else {
            return Err(Problem::new(
                at,
                format!("`{keyword}` is not closed by `end`"),
            ));
        };
        if self.named.insert(name.to_owned(), nodes).is_some() {
            return Err(Problem::new(
                at,
                format!("template {name:?} is defined twice"),
            ));
        }
        Ok(())
    }
}
