//! YAML documents with the line of every value (<https://yaml.org/spec/1.2.2/>), built
//! from the events of `granit-parser` under limits: depth, nodes, and what aliases repeat.

use super::lines::SyntaxError;
use granit_parser::{Event, Parser, ScalarStyle};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Collections inside one another.
pub const DEPTH_LIMIT: usize = 64;

/// Nodes of one text, what aliases repeat included. A lockfile of 10 MB has 600,000.
pub const NODE_LIMIT: usize = 5_000_000;

/// Nodes that all aliases of one text together may repeat. No lockfile has aliases; a
/// workflow has a few.
pub const ALIAS_LIMIT: usize = 10_000;

/// Anchors of one text.
const ANCHOR_LIMIT: usize = 1_000;

/// A text of one or several documents.
#[derive(Debug, Default)]
pub struct Stream<'a> {
    /// The root of each document, in order; documents without content are left out.
    pub documents: Vec<Node<'a>>,
    /// Keys that stand several times in one mapping, with the line of each repetition;
    /// at most 100. [`Node::member`] finds the last.
    pub repeated: Vec<(String, u32)>,
    /// What ended the reading early. What stood before it is in `documents`; the nodes
    /// that it broke off are marked ([`Node::is_cut`]).
    pub broken: Option<SyntaxError>,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node<'a> {
    /// 1-based line where it starts.
    pub line: u32,
    /// Whether a syntax error broke this collection off.
    pub is_cut: bool,
    /// What it is.
    pub value: Value<'a>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// A text, number, truth value or nothing: YAML tells them apart by schema only.
    Scalar {
        /// Unquoted and unescaped.
        text: Cow<'a, str>,
        /// Written without quotes.
        is_plain: bool,
    },
    /// A list.
    Sequence(Vec<Node<'a>>),
    /// Members in the order of the text, repetitions included.
    Mapping(Vec<Member<'a>>),
}

/// A member of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'a> {
    /// Unquoted and unescaped.
    pub key: Cow<'a, str>,
    /// 1-based line of the key.
    pub line: u32,
    /// Its value.
    pub value: Node<'a>,
}

impl<'a> Node<'a> {
    /// The text of a scalar as it stands there, so `1.0` stays `1.0`; none for a plain
    /// empty one, `~` or `null`.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// Whether it is nothing: plain and empty, `~` or `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, is_plain: true }
            if matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// A plain `true` or `false`.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        match &self.value {
            Value::Scalar {
                text,
                is_plain: true,
            } => match text.as_ref() {
                "true" | "True" | "TRUE" => Some(true),
                "false" | "False" | "FALSE" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The members of a mapping; none of anything else.
    #[must_use]
    pub fn members(&self) -> &[Member<'a>] {
        match &self.value {
            Value::Mapping(members) => members,
            _ => &[],
        }
    }

    /// The items of a sequence; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Node<'a>] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// Whether it is a mapping.
    #[must_use]
    pub fn is_mapping(&self) -> bool {
        matches!(self.value, Value::Mapping(_))
    }

    /// The last member of a mapping with this key.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<&Member<'a>> {
        self.members().iter().rfind(|member| member.key == key)
    }

    /// The value of the last member of a mapping with this key.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Node<'a>> {
        Some(&self.member(key)?.value)
    }

    /// The text of a scalar member of a mapping.
    #[must_use]
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.value(key)?.text()
    }

    /// How many nodes it holds, itself included; keys are not counted.
    fn size(&self) -> usize {
        let below = match &self.value {
            Value::Scalar { .. } => 0,
            Value::Sequence(items) => items.iter().map(Node::size).sum(),
            Value::Mapping(members) => members.iter().map(|member| member.value.size()).sum(),
        };
        1 + below
    }
}

/// Reads a text. A syntax error or a limit ends the reading; what stands before is kept.
#[must_use]
pub fn parse(text: &str) -> Stream<'_> {
    let mut builder = Builder::default();
    let options = granit_parser::options! {
        flow_nesting_limit: DEPTH_LIMIT,
        block_nesting_limit: DEPTH_LIMIT,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let broken = loop {
        match parser.next_event() {
            None => break None,
            Some(Ok((event, span))) => {
                let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX).max(1);
                if let Err(reason) = builder.take(event, line) {
                    break Some(SyntaxError { line, reason });
                }
            }
            Some(Err(error)) => {
                let line = u32::try_from(error.marker().line()).unwrap_or(u32::MAX);
                break Some(SyntaxError {
                    line: line.max(1),
                    reason: error.info(),
                });
            }
        }
    };
    builder.cut();
    Stream {
        documents: builder.documents,
        repeated: builder.repeated,
        broken,
    }
}

/// A collection whose end has not come yet.
struct Open<'a> {
    node: Node<'a>,
    anchor: usize,
    /// A mapping's key whose value has not come yet.
    key: Option<(Cow<'a, str>, u32)>,
}

#[derive(Default)]
struct Builder<'a> {
    documents: Vec<Node<'a>>,
    repeated: Vec<(String, u32)>,
    open: Vec<Open<'a>>,
    anchors: HashMap<usize, Node<'a>>,
    nodes: usize,
    repeated_nodes: usize,
}

impl<'a> Builder<'a> {
    fn take(&mut self, event: Event<'a>, line: u32) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let value = Value::Scalar {
                    text,
                    is_plain: style == ScalarStyle::Plain,
                };
                self.close(node(line, value), anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.begin(node(line, Value::Sequence(Vec::new())), anchor)
            }
            Event::MappingStart(_, anchor, _) => {
                self.begin(node(line, Value::Mapping(Vec::new())), anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => {
                    self.note_repeated(&open.node);
                    self.close(open.node, open.anchor)
                }
                None => Ok(()),
            },
            Event::Alias(anchor) => self.repeat(anchor, line),
            Event::DocumentStart(..) => {
                // Anchors end with their document.
                self.anchors.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn count(&mut self, nodes: usize) -> Result<(), String> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > NODE_LIMIT {
            return Err(format!("more than {NODE_LIMIT} values"));
        }
        Ok(())
    }

    fn begin(&mut self, node: Node<'a>, anchor: usize) -> Result<(), String> {
        // Block and flow collections have a limit each in the scanner; this is their sum.
        if self.open.len() >= DEPTH_LIMIT {
            return Err(format!("more than {DEPTH_LIMIT} levels of nesting"));
        }
        if let Some(Open {
            node: outer,
            key: None,
            ..
        }) = self.open.last()
            && outer.is_mapping()
        {
            return Err("a key is a list or a mapping".to_owned());
        }
        self.count(1)?;
        self.open.push(Open {
            node,
            anchor,
            key: None,
        });
        Ok(())
    }

    /// Puts a finished node where it belongs.
    fn close(&mut self, node: Node<'a>, anchor: usize) -> Result<(), String> {
        if matches!(node.value, Value::Scalar { .. }) {
            self.count(1)?;
        }
        if anchor > 0 {
            if self.anchors.len() >= ANCHOR_LIMIT {
                return Err(format!("more than {ANCHOR_LIMIT} anchors"));
            }
            // The copy is paid for as if it were an alias.
            self.pay(node.size())?;
            self.anchors.insert(anchor, node.clone());
        }
        self.place(node)
    }

    fn pay(&mut self, nodes: usize) -> Result<(), String> {
        self.repeated_nodes = self.repeated_nodes.saturating_add(nodes);
        if self.repeated_nodes > ALIAS_LIMIT {
            return Err(format!(
                "anchors and aliases repeat more than {ALIAS_LIMIT} values"
            ));
        }
        self.count(nodes)
    }

    fn repeat(&mut self, anchor: usize, line: u32) -> Result<(), String> {
        let Some(found) = self.anchors.get(&anchor) else {
            return Err("an alias stands inside what it repeats".to_owned());
        };
        let mut copy = found.clone();
        copy.line = line;
        let depth = depth(&copy).saturating_add(self.open.len());
        if depth > DEPTH_LIMIT {
            return Err(format!("more than {DEPTH_LIMIT} levels of nesting"));
        }
        self.pay(copy.size())?;
        self.place(copy)
    }

    fn place(&mut self, node: Node<'a>) -> Result<(), String> {
        let Some(outer) = self.open.last_mut() else {
            if !node.is_null() {
                self.documents.push(node);
            }
            return Ok(());
        };
        match &mut outer.node.value {
            Value::Sequence(items) => items.push(node),
            Value::Mapping(members) => match outer.key.take() {
                Some((key, line)) => members.push(Member {
                    key,
                    line,
                    value: node,
                }),
                None => match node.value {
                    Value::Scalar { text, .. } => outer.key = Some((text, node.line)),
                    _ => return Err("a key is a list or a mapping".to_owned()),
                },
            },
            Value::Scalar { .. } => {}
        }
        Ok(())
    }

    fn note_repeated(&mut self, node: &Node<'a>) {
        let members = node.members();
        // Most mappings are small: comparing pairs is faster than hashing then.
        let mut seen = HashSet::new();
        for (place, member) in members.iter().enumerate() {
            let repeats = if members.len() <= 8 {
                members.iter().take(place).any(|m| m.key == member.key)
            } else {
                !seen.insert(member.key.as_ref())
            };
            if repeats && self.repeated.len() < 100 {
                self.repeated.push((member.key.to_string(), member.line));
            }
        }
    }

    /// Closes, as cut, what is open where the reading ends early.
    fn cut(&mut self) {
        while let Some(mut open) = self.open.pop() {
            self.note_repeated(&open.node);
            open.node.is_cut = true;
            // A key without its value is dropped with the rest.
            if self.place(open.node).is_err() {
                return;
            }
        }
    }
}

fn node(line: u32, value: Value<'_>) -> Node<'_> {
    Node {
        line,
        is_cut: false,
        value,
    }
}

/// Levels of collections; bounded by [`DEPTH_LIMIT`], as every node that was built.
fn depth(node: &Node<'_>) -> usize {
    let below = match &node.value {
        Value::Scalar { .. } => return 0,
        Value::Sequence(items) => items.iter().map(depth).max(),
        Value::Mapping(members) => members.iter().map(|member| depth(&member.value)).max(),
    };
    1 + below.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_line_and_every_document_its_root() {
        let text = "---\na: 1.0\n'b c': {d: [x, \"y\"]}\n---\n# nothing\n---\ne:\n  f: ~\n";
        let stream = parse(text);
        assert!(stream.broken.is_none() && stream.repeated.is_empty());
        let [one, two] = stream.documents.as_slice() else {
            panic!("{:?}", stream.documents)
        };
        assert_eq!(one.text_of("a"), Some("1.0"));
        let inner = one.member("b c").unwrap();
        assert_eq!(inner.line, 3);
        let items = inner.value.value("d").unwrap().items();
        assert_eq!(items[1].text(), Some("y"));
        let f = two.value("e").unwrap().member("f").unwrap();
        assert_eq!((f.line, f.value.text(), f.value.is_null()), (8, None, true));
        assert_eq!(parse("true").documents[0].flag(), Some(true));
        assert_eq!(parse("'true'").documents[0].flag(), None);
        assert!(parse("").documents.is_empty());
    }

    #[test]
    fn what_precedes_a_syntax_error_is_kept_and_what_it_breaks_off_is_marked() {
        let stream = parse("a:\n  x: {v: 1}\n  y:\n    v: 2\n    w: [1, }\n");
        assert_eq!(stream.broken.unwrap().line, 5);
        let a = stream.documents[0].value("a").unwrap();
        let cut: Vec<(&str, bool)> = a
            .members()
            .iter()
            .map(|m| (m.key.as_ref(), m.value.is_cut))
            .collect();
        assert_eq!(cut, [("x", false), ("y", true)]);
        let two = parse("a: 1\n---\nb: ]\n");
        assert_eq!(two.documents[0].text_of("a"), Some("1"));
        assert_eq!(two.broken.unwrap().line, 3);
    }

    #[test]
    fn the_last_of_equal_keys_is_found_and_the_repetition_is_told() {
        let stream = parse("a: 1\nb: 2\na: 3\n");
        assert_eq!(stream.documents[0].text_of("a"), Some("3"));
        assert_eq!(stream.repeated, [("a".to_owned(), 3)]);
        let many: String = (0..20).map(|i| format!("k{}: x\n", i % 19)).collect();
        assert_eq!(parse(&many).repeated, [("k0".to_owned(), 20)]);
    }

    #[test]
    fn aliases_are_repeated_up_to_a_bound() {
        let stream = parse("a: &x {b: [1]}\nc: *x\n");
        let c = stream.documents[0].member("c").unwrap();
        assert_eq!((c.line, c.value.line), (2, 2));
        assert_eq!(c.value.value("b").unwrap().items().len(), 1);
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..10 {
            let inner = format!("*a{}, ", i - 1).repeat(9);
            bomb.push_str(&format!("a{i}: &a{i} [{inner}]\n"));
        }
        let reason = parse(&bomb).broken.unwrap().reason;
        assert_eq!(reason, "anchors and aliases repeat more than 10000 values");
        let anchors: String = (0..2000).map(|i| format!("k{i}: &k{i} x\n")).collect();
        assert_eq!(parse(&anchors).broken.unwrap().line, 1001);
        assert!(parse("a: *x\n").broken.is_some());
        assert!(parse("a: &x\n  b: *x\n").broken.is_some());
        // An anchor ends with its document.
        assert!(parse("a: &x 1\n---\nb: *x\n").broken.is_some());
    }

    #[test]
    fn depth_is_bounded_whatever_it_is_made_of() {
        let flow = "[".repeat(100_000);
        let dashes = "- ".repeat(100_000);
        let keys = "? ".repeat(100_000);
        let block: String = (0..1000)
            .map(|i| format!("{}a:\n", " ".repeat(i)))
            .collect();
        let mixed = format!("{}{}", "- ".repeat(60), "[".repeat(60));
        let alias = format!(
            "- &x {}{}\n- {}*x",
            "[".repeat(40),
            "]".repeat(40),
            "- ".repeat(40)
        );
        for text in [flow, dashes, keys, block, mixed, alias] {
            let stream = parse(&text);
            assert!(stream.broken.is_some());
            assert!(
                stream
                    .documents
                    .iter()
                    .all(|root| depth(root) <= DEPTH_LIMIT)
            );
        }
        assert!(
            parse(&format!("{}{}", "[".repeat(64), "]".repeat(64)))
                .broken
                .is_none()
        );
    }

    #[test]
    fn a_key_must_be_a_scalar() {
        assert!(parse("? [a]\n: b\n").broken.is_some());
        assert!(parse("x: &x [a]\n*x : b\n").broken.is_some());
        assert_eq!(parse("? a\n: b\n").documents[0].text_of("a"), Some("b"));
    }
}
