//! What a parsed template is made of.

use super::{functions::Function, value::Value};

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
