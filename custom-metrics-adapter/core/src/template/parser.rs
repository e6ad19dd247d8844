//! Tokens → tree. Undefined variables and functions are found here, as in Go.

mod named;
mod pipeline;

use std::collections::BTreeMap;

use super::{
    Problem,
    lexer::{Kind, Token},
    tree::{Node, Tree},
};

/// Blocks and brackets nest at most this deep, so that no rule can exhaust the stack.
const DEPTH_MAX: usize = 100;

pub(super) fn parse(tokens: Vec<Token>, end: usize) -> Result<Tree> {
    let mut parser = Parser {
        tokens,
        next: 0,
        variables: vec![String::new()],
        named: BTreeMap::new(),
        loops: 0,
        depth: 0,
        end,
    };
    match parser.block()? {
        (nodes, Ending::Text) => Ok(Tree {
            nodes,
            named: parser.named,
        }),
        (_, Ending::End(at) | Ending::Else(at)) => Err(Problem::new(at, "nothing is open here")),
    }
}

enum Ending {
    Text,
    End(usize),
    Else(usize),
}

struct Parser {
    tokens: Vec<Token>,
    /// Index of the token to read next.
    next: usize,
    /// Variables in scope; `$` has the empty name.
    variables: Vec<String>,
    /// What `define` and `block` made.
    named: BTreeMap<String, Vec<Node>>,
    /// Ranges that are open, for `break` and `continue`.
    loops: usize,
    depth: usize,
    /// Length of the template, the place of problems at its end.
    end: usize,
}

type Result<T> = std::result::Result<T, Problem>;

impl Parser {
    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    fn place(&self) -> usize {
        self.tokens
            .get(self.next)
            .map_or(self.end, |token| token.at)
    }

    fn advance(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.next).cloned();
        self.next += 1;
        token
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Problem::new(
                self.place(),
                "blocks and brackets nest too deep",
            ));
        }
        let known = self.variables.len();
        let parsed = parse(self);
        self.variables.truncate(known);
        self.depth -= 1;
        parsed
    }

    fn close(&mut self) -> Result<()> {
        let at = self.place();
        match self.advance().map(|token| token.kind) {
            Some(Kind::Close) => Ok(()),
            _ => Err(Problem::new(at, "expected >> here")),
        }
    }

    /// Nodes up to `end`, `else` or the end of the text. After `else` its action stays open.
    fn block(&mut self) -> Result<(Vec<Node>, Ending)> {
        let mut nodes = vec![];
        while let Some(token) = self.advance() {
            if let Kind::Verbatim(text) = token.kind {
                nodes.push(Node::Verbatim(text));
                continue;
            }
            let at = token.at;
            let keyword = match self.peek() {
                Some(Kind::Word(word)) => word.clone(),
                _ => String::new(),
            };
            match keyword.as_str() {
                "end" => {
                    self.advance();
                    self.close()?;
                    return Ok((nodes, Ending::End(at)));
                }
                "else" => {
                    self.advance();
                    return Ok((nodes, Ending::Else(at)));
                }
                "if" | "with" | "range" => {
                    self.advance();
                    nodes.push(self.deeper(|parser| parser.control(&keyword, at))?);
                }
                "break" | "continue" => {
                    self.advance();
                    if self.loops == 0 {
                        return Err(Problem::new(at, format!("`{keyword}` outside of `range`")));
                    }
                    self.close()?;
                    nodes.push(if keyword == "break" {
                        Node::Break
                    } else {
                        Node::Continue
                    });
                }
                "define" => {
                    self.advance();
                    self.define(at)?;
                }
                "template" | "block" => {
                    self.advance();
                    nodes.push(self.template(keyword == "block", at)?);
                }
                _ => {
                    let pipeline = self.pipeline()?;
                    self.close()?;
                    nodes.push(Node::Print(pipeline));
                }
            }
        }
        Ok((nodes, Ending::Text))
    }

    /// `if`, `with` or `range` after its keyword, up to and with its `end`.
    fn control(&mut self, keyword: &str, at: usize) -> Result<Node> {
        let pipeline = self.pipeline()?;
        if pipeline.variables.len() > 1 && keyword != "range" {
            return Err(Problem::new(
                pipeline.at,
                format!("`{keyword}` declares one variable at most"),
            ));
        }
        self.close()?;
        let looping = usize::from(keyword == "range");
        self.loops += looping;
        let (then, ending) = self.block()?;
        // The `else` of a range is not part of its loop.
        self.loops -= looping;
        let otherwise = match ending {
            Ending::End(_) => vec![],
            Ending::Text => {
                return Err(Problem::new(
                    at,
                    format!("`{keyword}` is not closed by `end`"),
                ));
            }
            Ending::Else(_)
                if matches!(self.peek(), Some(Kind::Word(word)) if word == keyword)
                    && keyword != "range" =>
            {
                self.advance();
                vec![self.deeper(|parser| parser.control(keyword, at))?]
            }
            Ending::Else(at) => {
                self.close()?;
                match self.block()? {
                    (nodes, Ending::End(_)) => nodes,
                    _ => return Err(Problem::new(at, "`else` is not closed by `end`")),
                }
            }
        };
        Ok(match keyword {
            "if" => Node::If {
                condition: pipeline,
                then,
                otherwise,
            },
            "with" => Node::With {
                subject: pipeline,
                then,
                otherwise,
            },
            _ => Node::Range {
                items: pipeline,
                body: then,
                otherwise,
            },
        })
    }
}
