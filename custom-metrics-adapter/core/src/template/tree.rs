//! What a parsed template is made of.

use std::collections::BTreeMap;

use super::{functions::Function, value::Value};

/// A text with its actions, and the templates it defines.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) named: BTreeMap<String, Vec<Node>>,
}

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
    Break,
    Continue,
    /// What a `define` or `block` of this name holds.
    Template {
        name: String,
        subject: Option<Pipeline>,
        at: usize,
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
