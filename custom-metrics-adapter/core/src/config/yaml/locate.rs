//! From a path in the structure back to a line of the file.

use std::rc::Rc;

use super::{
    Content, Node,
    mapping::{Budget, Keys, entries},
};

/// The line of the deepest part of `path` that is there.
pub(super) fn line_of(root: &Rc<Node>, path: &str) -> Option<usize> {
    let budget = Budget::new();
    let (mut node, mut line) = (Rc::clone(root), None);
    for segment in path.split(['.', '[']).filter(|segment| !segment.is_empty()) {
        let found = match &node.content {
            Content::List(nodes) => {
                let index = segment.trim_end_matches(']').parse::<usize>().ok()?;
                nodes.get(index).map(|found| (found.line, Rc::clone(found)))
            }
            Content::Map(_) => entries(&node, Keys::Fixed, &budget, 0)
                .ok()?
                .into_iter()
                .find(|entry| entry.key == segment)
                .map(|entry| (entry.line, entry.value)),
            Content::Scalar { .. } => None,
        };
        let Some((at, next)) = found else { break };
        line = Some(at);
        node = next;
    }
    line
}
