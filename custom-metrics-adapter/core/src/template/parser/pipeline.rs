//! What stands inside an action: declarations, commands, operands.

use super::{Parser, Result};
use crate::template::{
    Problem,
    functions::Function,
    lexer::{Kind, Token},
    tree::{Base, Command, Operand, Pipeline},
    value::Value,
};

impl Parser {
    pub(super) fn pipeline(&mut self) -> Result<Pipeline> {
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
