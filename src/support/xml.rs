//! XML documents with the line of every element, read without DTD and under limits.

use super::lines::{Lines, SyntaxError};
use roxmltree::{Document, Node, ParsingOptions};
use std::borrow::Cow;

/// Bytes of one document. The reader reserves memory by the number of `<`.
const SIZE_LIMIT: usize = 20_000_000;

/// Nodes of one document, texts between elements included.
const NODE_LIMIT: u32 = 2_000_000;

/// A document.
#[derive(Debug)]
pub struct Xml<'a> {
    document: Document<'a>,
    lines: Lines<'a>,
}

impl<'a> Xml<'a> {
    /// Reads a document.
    ///
    /// # Errors
    /// The first syntax error, a DTD, or a limit.
    pub fn parse(text: &'a str) -> Result<Self, SyntaxError> {
        if text.len() > SIZE_LIMIT {
            return Err(SyntaxError {
                line: 1,
                reason: format!("it is larger than the limit of {SIZE_LIMIT} bytes for XML"),
            });
        }
        let options = ParsingOptions {
            allow_dtd: false,
            nodes_limit: NODE_LIMIT,
            ..ParsingOptions::default()
        };
        let document =
            Document::parse_with_options(text, options).map_err(|error| SyntaxError {
                line: error.pos().row.max(1),
                reason: error.to_string(),
            })?;
        Ok(Self {
            document,
            lines: Lines::new(text),
        })
    }

    /// The root element.
    pub fn root(&self) -> Node<'_, 'a> {
        self.document.root_element()
    }

    /// The 1-based line that a node starts in.
    pub fn line(&self, node: Node<'_, 'a>) -> u32 {
        self.lines.at(node.range().start)
    }
}

/// The child elements of a name, in whatever namespace.
pub fn children<'d, 'a: 'd>(
    node: Node<'d, 'a>,
    name: &'d str,
) -> impl Iterator<Item = Node<'d, 'a>> {
    node.children()
        .filter(move |child| child.is_element() && child.tag_name().name() == name)
}

/// The first child element of a name.
pub fn child<'d, 'a: 'd>(node: Node<'d, 'a>, name: &'d str) -> Option<Node<'d, 'a>> {
    children(node, name).next()
}

/// The text of the first child element of a name, trimmed; none where it is empty.
pub fn child_text<'d, 'a: 'd>(node: Node<'d, 'a>, name: &'d str) -> Option<Cow<'d, str>> {
    text(child(node, name)?)
}

/// The text of an element, trimmed; none where it is empty. A comment parts a text and is
/// no part of it: readers of XML join what stands around it.
pub fn text<'d, 'a: 'd>(node: Node<'d, 'a>) -> Option<Cow<'d, str>> {
    let mut parts = node
        .children()
        .filter(Node::is_text)
        .filter_map(|part| part.text());
    let first = parts.next()?;
    let whole = match parts.next() {
        None => Cow::Borrowed(first.trim()),
        Some(second) => {
            let joined = [first, second].into_iter().chain(parts).collect::<String>();
            Cow::Owned(joined.trim().to_owned())
        }
    };
    Some(whole).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_lines_and_texts_are_trimmed() {
        let text = "<a xmlns='u:x'>\n <b/>\n <b> x\n </b>\n <c><!-- no -->y</c></a>";
        let xml = Xml::parse(text).unwrap();
        let lines: Vec<u32> = children(xml.root(), "b").map(|b| xml.line(b)).collect();
        assert_eq!(lines, [2, 3]);
        let second = children(xml.root(), "b").nth(1).unwrap();
        assert_eq!(super::text(second).as_deref(), Some("x"));
        assert_eq!(child_text(xml.root(), "c").as_deref(), Some("y"));
        assert_eq!(child_text(xml.root(), "b"), None);
    }

    #[test]
    fn a_comment_is_no_part_of_a_text_and_does_not_end_it() {
        let xml = Xml::parse("<a><b> 1<!-- x -->.2<?y?>.<![CDATA[3]]> </b></a>").unwrap();
        assert_eq!(child_text(xml.root(), "b").as_deref(), Some("1.2.3"));
    }

    #[test]
    fn entities_of_a_dtd_and_endless_nesting_are_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY x 'y'><!ENTITY z '&x;&x;'>]>\n<a>&z;</a>";
        assert!(Xml::parse(bomb).unwrap_err().reason.contains("DTD"));
        let deep = "<a>".repeat(500_000);
        assert!(Xml::parse(&deep).is_err());
        let deep = format!("{}{}", "<a>".repeat(500_000), "</a>".repeat(500_000));
        // No recursion: neither reading nor dropping it costs stack.
        assert!(child(Xml::parse(&deep).unwrap().root(), "a").is_some());
        assert!(Xml::parse(&"<".repeat(SIZE_LIMIT + 1)).is_err());
        assert_eq!(Xml::parse("<a>\n<b></a>").unwrap_err().line, 2);
    }
}
