//! Tokens → tree. Undefined variables and functions are found here, as in Go.

use super::{
    Problem,
    functions::Function,
    lexer::{Kind, Token},
    value::Value,
};

#[derive(Clone, Debug)]
pub(super) enum Node {
    Verbatim(String),
    Print(Pipeline),
    If {
        condition: Pipeline,
        then: Vec<Self>,
        otherwise: Vec<Self>,
    },
    With {
        subject: Pipeline,
        then: Vec<Self>,
        otherwise: Vec<Self>,
    },
    Range {
        items: Pipeline,
        body: Vec<Self>,
        otherwise: Vec<Self>,
    },
}

/// `$a, $b := command | command`
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    pub(super) variables: Vec<String>,
    /// `=` instead of `:=`.
    pub(super) assigns: bool,
    pub(super) commands: Vec<Command>,
    pub(super) at: usize,
}

/// One operand, or a function and its arguments.
#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) function: Option<Function>,
    pub(super) operands: Vec<Operand>,
    pub(super) at: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub(super) base: Base,
    /// `.a.b` after the base.
    pub(super) fields: Vec<String>,
    pub(super) at: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Base {
    Dot,
    Variable(String),
    Constant(Value),
    Pipeline(Box<Pipeline>),
    /// A function without arguments in the place of an operand.
    Call(Function),
}

/// Blocks and brackets nest at most this deep, so that no rule can exhaust the stack.
const DEPTH_MAX: usize = 100;

pub(super) fn parse(tokens: Vec<Token>, end: usize) -> Result<Vec<Node>> {
    let mut parser = Parser {
        tokens,
        next: 0,
        variables: vec![String::new()],
        depth: 0,
        end,
    };
    match parser.block()? {
        (nodes, Ending::Text) => Ok(nodes),
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
                "define" | "template" | "block" | "break" | "continue" => {
                    return Err(Problem::new(
                        at,
                        format!("`{keyword}` is not supported in rules"),
                    ));
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
        let (then, ending) = self.block()?;
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

    fn pipeline(&mut self) -> Result<Pipeline> {
        let at = self.place();
        let (variables, assigns) = self.declaration()?;
        let mut commands = vec![self.command()?];
        while matches!(self.peek(), Some(Kind::Pipe)) {
            self.advance();
            let command = self.command()?;
            if command.function.is_none() {
                return Err(Problem::new(
                    command.at,
                    "only a function can stand after |",
                ));
            }
            commands.push(command);
        }
        if !assigns {
            self.variables.extend(variables.iter().cloned());
        }
        Ok(Pipeline {
            variables,
            assigns,
            commands,
            at,
        })
    }

    /// `$a :=`, `$a, $b :=`, `$a =`, or nothing.
    fn declaration(&mut self) -> Result<(Vec<String>, bool)> {
        let start = self.next;
        let mut names = vec![];
        while let Some(Kind::Variable(name)) = self.advance().map(|token| token.kind) {
            names.push(name);
            match self.advance().map(|token| token.kind) {
                Some(Kind::Comma) if names.len() == 1 => {}
                Some(kind @ (Kind::Declare | Kind::Assign)) => {
                    let assigns = kind == Kind::Assign;
                    if let Some(name) = names
                        .iter()
                        .find(|name| assigns && !self.variables.contains(name))
                    {
                        return Err(Problem::new(
                            self.place(),
                            format!("undefined variable ${name}"),
                        ));
                    }
                    return Ok((names, assigns));
                }
                _ => break,
            }
        }
        self.next = start;
        Ok((vec![], false))
    }

    fn command(&mut self) -> Result<Command> {
        let at = self.place();
        let function = match self.peek() {
            Some(Kind::Word(word)) => Function::named(word),
            _ => None,
        };
        if function.is_some() {
            self.advance();
        }
        let mut operands = vec![];
        while !matches!(
            self.peek(),
            None | Some(Kind::Close | Kind::Pipe | Kind::RightParen)
        ) {
            operands.push(self.operand()?);
        }
        match (&function, operands.as_slice()) {
            (None, []) => Err(Problem::new(at, "a value is missing here")),
            (None, [_, second, ..]) => {
                Err(Problem::new(second.at, "only a function takes arguments"))
            }
            _ => Ok(Command {
                function,
                operands,
                at,
            }),
        }
    }

    fn operand(&mut self) -> Result<Operand> {
        let Some(Token { kind, at, .. }) = self.advance() else {
            return Err(Problem::new(self.end, "a value is missing here"));
        };
        let mut fields = vec![];
        let base = match kind {
            Kind::Dot => Base::Dot,
            Kind::Field(name) => {
                fields.push(name);
                Base::Dot
            }
            Kind::Variable(name) if self.variables.contains(&name) => Base::Variable(name),
            Kind::Variable(name) => {
                return Err(Problem::new(at, format!("undefined variable ${name}")));
            }
            Kind::Text(text) => Base::Constant(Value::Text(text)),
            Kind::Int(number) => Base::Constant(Value::Int(number)),
            Kind::Float(number) => Base::Constant(Value::Float(number)),
            Kind::Word(word) if word == "true" || word == "false" => {
                Base::Constant(Value::Bool(word == "true"))
            }
            Kind::Word(word) => match Function::named(&word) {
                Some(function) => Base::Call(function),
                None => {
                    return Err(Problem::new(
                        at,
                        format!("function {word:?} is not defined"),
                    ));
                }
            },
            Kind::LeftParen => {
                let inner = self.deeper(Self::pipeline)?;
                let end = self.place();
                if self.advance().map(|token| token.kind) != Some(Kind::RightParen) {
                    return Err(Problem::new(end, "expected ) here"));
                }
                Base::Pipeline(Box::new(inner))
            }
            _ => return Err(Problem::new(at, "a value is missing here")),
        };
        while self
            .tokens
            .get(self.next)
            .is_some_and(|token| token.glued && matches!(token.kind, Kind::Field(_)))
        {
            if let Some(Token {
                kind: Kind::Field(name),
                ..
            }) = self.advance()
            {
                fields.push(name);
            }
        }
        Ok(Operand { base, fields, at })
    }
}
