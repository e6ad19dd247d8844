//! Tree and data → text.

use super::{
    OUTPUT_MAX, Problem, STEPS_MAX,
    functions::Function,
    tree::{Base, Command, Node, Operand, Pipeline, Tree},
    value::Value,
};

type Result<T> = std::result::Result<T, Problem>;

/// Templates call each other at most this deep; only one that calls itself for ever goes deeper.
const CALLS_MAX: usize = 100;

pub(super) fn run(tree: &Tree, data: &Value) -> Result<String> {
    let mut run = Run {
        tree,
        variables: vec![(String::new(), data.clone())],
        out: String::new(),
        steps: 0,
        calls: 0,
    };
    run.nodes(&tree.nodes, data)?;
    Ok(run.out)
}

struct Run<'a> {
    tree: &'a Tree,
    /// Innermost last; `$` has the empty name.
    variables: Vec<(String, Value)>,
    out: String,
    steps: usize,
    calls: usize,
}

/// What comes after a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

impl Run<'_> {
    fn nodes(&mut self, nodes: &[Node], dot: &Value) -> Result<Flow> {
        for node in nodes {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                let text = format!("it takes more than {STEPS_MAX} steps");
                return Err(Problem::new(0, text));
            }
            let known = self.variables.len();
            let flow = match node {
                Node::Verbatim(text) => self.push(text).map(|()| Flow::Next)?,
                Node::Print(pipeline) => {
                    let value = self.pipeline(pipeline, dot)?;
                    if pipeline.variables.is_empty() {
                        self.push(&value.print())?;
                    }
                    // A variable declared by an action lives on to the end of its block.
                    continue;
                }
                Node::If {
                    condition,
                    then,
                    otherwise,
                } => {
                    let truth = self.pipeline(condition, dot)?.truth();
                    self.nodes(if truth { then } else { otherwise }, dot)?
                }
                Node::With {
                    subject,
                    then,
                    otherwise,
                } => {
                    let value = self.pipeline(subject, dot)?;
                    if value.truth() {
                        self.nodes(then, &value)?
                    } else {
                        self.nodes(otherwise, dot)?
                    }
                }
                Node::Range {
                    items,
                    body,
                    otherwise,
                } => self.range(items, body, otherwise, dot)?,
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
                Node::Template { name, subject, at } => {
                    let subject = match subject {
                        Some(pipeline) => self.pipeline(pipeline, dot)?,
                        None => Value::Missing,
                    };
                    self.call(name, &subject, *at)?
                }
            };
            self.variables.truncate(known);
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    /// A named template sees its subject and nothing else.
    fn call(&mut self, name: &str, subject: &Value, at: usize) -> Result<Flow> {
        let Some(nodes) = self.tree.named.get(name) else {
            return Err(Problem::new(
                at,
                format!("template {name:?} is not defined"),
            ));
        };
        if self.calls == CALLS_MAX {
            return Err(Problem::new(
                at,
                format!("template {name:?} calls itself too often"),
            ));
        }
        self.calls += 1;
        let scope = vec![(String::new(), subject.clone())];
        let outer = std::mem::replace(&mut self.variables, scope);
        let flow = self.nodes(nodes, subject)?;
        self.variables = outer;
        self.calls -= 1;
        Ok(flow)
    }

    fn push(&mut self, text: &str) -> Result<()> {
        if self.out.len() + text.len() > OUTPUT_MAX {
            return Err(Problem::new(
                0,
                format!("the result is longer than {OUTPUT_MAX} bytes"),
            ));
        }
        self.out.push_str(text);
        Ok(())
    }

    fn range(
        &mut self,
        items: &Pipeline,
        body: &[Node],
        otherwise: &[Node],
        dot: &Value,
    ) -> Result<Flow> {
        let pairs: Vec<(Value, Value)> = match self.commands(items, dot)? {
            Value::List(items) => (0..).map(Value::Int).zip(items).collect(),
            Value::Map(entries) => entries
                .into_iter()
                .map(|(key, value)| (Value::Text(key), value))
                .collect(),
            Value::Missing => vec![],
            other => {
                return Err(Problem::new(
                    items.at,
                    format!("range cannot iterate over a {}", other.kind()),
                ));
            }
        };
        if pairs.is_empty() {
            return self.nodes(otherwise, dot);
        }
        for (key, value) in pairs {
            let known = self.variables.len();
            match items.variables.as_slice() {
                [] => {}
                [one] => self.set(one, value.clone(), items.assigns),
                [one, other, ..] => {
                    self.set(one, key, items.assigns);
                    self.set(other, value.clone(), items.assigns);
                }
            }
            let flow = self.nodes(body, &value)?;
            self.variables.truncate(known);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::Next)
    }

    fn set(&mut self, name: &str, value: Value, assigns: bool) {
        let existing = self
            .variables
            .iter_mut()
            .rev()
            .find(|(known, _)| assigns && known == name);
        match existing {
            Some((_, place)) => *place = value,
            None => self.variables.push((name.to_owned(), value)),
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Value) -> Result<Value> {
        let value = self.commands(pipeline, dot)?;
        if let [name, ..] = pipeline.variables.as_slice() {
            self.set(name, value.clone(), pipeline.assigns);
        }
        Ok(value)
    }

    fn commands(&mut self, pipeline: &Pipeline, dot: &Value) -> Result<Value> {
        let mut piped = None;
        for command in &pipeline.commands {
            piped = Some(self.command(command, piped, dot)?);
        }
        Ok(piped.unwrap_or(Value::Missing))
    }

    fn command(&mut self, command: &Command, piped: Option<Value>, dot: &Value) -> Result<Value> {
        let Some(function) = command.function else {
            // The parser lets exactly one operand stand without a function.
            return command
                .operands
                .first()
                .map_or(Ok(Value::Missing), |operand| self.operand(operand, dot));
        };
        let mut arguments = vec![];
        for operand in &command.operands {
            let value = self.operand(operand, dot)?;
            let decided = match function {
                Function::And => !value.truth(),
                Function::Or => value.truth(),
                _ => false,
            };
            if decided {
                return Ok(value);
            }
            arguments.push(value);
        }
        arguments.extend(piped);
        function
            .call(&arguments)
            .map_err(|text| Problem::new(command.at, text))
    }

    fn operand(&mut self, operand: &Operand, dot: &Value) -> Result<Value> {
        let computed;
        let base = match &operand.base {
            Base::Dot => dot,
            Base::Constant(value) => value,
            Base::Variable(name) => self.variable(name),
            Base::Pipeline(pipeline) => {
                let known = self.variables.len();
                computed = self.pipeline(pipeline, dot)?;
                self.variables.truncate(known);
                &computed
            }
            Base::Call(function) => {
                computed = function
                    .call(&[])
                    .map_err(|text| Problem::new(operand.at, text))?;
                &computed
            }
        };
        let mut value = base;
        for field in &operand.fields {
            value = get(value, field).map_err(|text| Problem::new(operand.at, text))?;
        }
        Ok(value.clone())
    }

    fn variable(&self, name: &str) -> &Value {
        let known = self.variables.iter().rev().find(|(known, _)| known == name);
        // The parser has refused unknown ones.
        known.map_or(&Value::Missing, |(_, value)| value)
    }
}

fn get<'a>(value: &'a Value, field: &str) -> std::result::Result<&'a Value, String> {
    match value {
        Value::Map(entries) => Ok(entries.get(field).unwrap_or(&Value::Missing)),
        Value::Record(fields) => {
            let found = fields.iter().find(|(name, _)| *name == field);
            found.map(|(_, value)| value).ok_or_else(|| {
                let known: Vec<_> = fields.iter().map(|(name, _)| format!(".{name}")).collect();
                format!("there is no field .{field}; there are {}", known.join(", "))
            })
        }
        other => Err(format!("a {} has no field .{field}", other.kind())),
    }
}
