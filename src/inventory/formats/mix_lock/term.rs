//! The Elixir terms that Mix writes: maps, tuples, lists, strings, atoms, numbers
//! (<https://hexdocs.pm/elixir/syntax-reference.html>). They are read, never evaluated.

/// Collections inside one another.
const DEPTH_LIMIT: usize = 16;

/// A term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// `:name`, `true`, `nil`.
    Atom(String),
    /// `"text"`.
    Text(String),
    /// Digits, as written.
    Number(String),
    /// `[…]`; `a: 1` in it is the tuple `{:a, 1}`.
    List(Vec<Term>),
    /// `{…}`.
    Tuple(Vec<Term>),
}

impl Term {
    /// A string.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The name of an atom.
    pub fn atom(&self) -> Option<&str> {
        match self {
            Self::Atom(name) => Some(name),
            _ => None,
        }
    }

    /// The items of a list or tuple; none of anything else.
    pub fn items(&self) -> &[Term] {
        match self {
            Self::List(items) | Self::Tuple(items) => items,
            _ => &[],
        }
    }

    /// The value of a key in a keyword list.
    pub fn option(&self, key: &str) -> Option<&Term> {
        self.items().iter().find_map(|pair| match pair.items() {
            [Self::Atom(name), value] if name == key => Some(value),
            _ => None,
        })
    }
}

/// Reads terms off a text.
pub struct Terms<'t> {
    text: &'t str,
    /// Byte offset of what comes next.
    pub at: usize,
}

impl<'t> Terms<'t> {
    /// At the start of a text.
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Skips blanks and comments.
    pub fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.skip_line();
        }
    }

    /// Goes to the start of the next line.
    pub fn skip_line(&mut self) {
        let rest = self.rest();
        self.at += rest.find('\n').map_or(rest.len(), |end| end + 1);
    }

    /// Whether nothing is left.
    pub fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    /// Takes a token, if it comes next.
    pub fn eat(&mut self, token: &str) -> bool {
        self.skip();
        let is_next = self.rest().starts_with(token);
        if is_next {
            self.at += token.len();
        }
        is_next
    }

    /// The key of an entry of the map: `"name":` or `"name" =>`.
    pub fn key(&mut self) -> Result<String, String> {
        self.skip();
        let key = match self.rest().chars().next() {
            Some('"') => self.string()?,
            Some(':') => {
                self.at += 1;
                self.name()?
            }
            _ => self.name()?,
        };
        if self.eat("=>") || self.eat(":") {
            return Ok(key);
        }
        Err(format!("no value follows the key `{key}`"))
    }

    /// The next term.
    pub fn term(&mut self) -> Result<Term, String> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Result<Term, String> {
        if depth > DEPTH_LIMIT {
            return Err(format!("more than {DEPTH_LIMIT} levels"));
        }
        self.skip();
        match self.rest().chars().next() {
            Some('{') => Ok(Term::Tuple(self.list("{", "}", depth)?)),
            Some('[') => Ok(Term::List(self.list("[", "]", depth)?)),
            Some('"') => Ok(Term::Text(self.string()?)),
            Some(':') => {
                self.at += 1;
                if self.rest().starts_with('"') {
                    return Ok(Term::Atom(self.string()?));
                }
                Ok(Term::Atom(self.name()?))
            }
            Some(c) if c.is_ascii_digit() => {
                let digits: String = self
                    .rest()
                    .chars()
                    .take_while(|c| c.is_ascii_digit() || *c == '.')
                    .collect();
                self.at += digits.len();
                Ok(Term::Number(digits))
            }
            Some(_) => match self.name()?.as_str() {
                word @ ("true" | "false" | "nil") => Ok(Term::Atom(word.to_owned())),
                word => Err(format!("`{word}` is no value that Mix writes")),
            },
            None => Err("the file ends inside an entry".to_owned()),
        }
    }

    fn list(&mut self, open: &str, close: &str, depth: usize) -> Result<Vec<Term>, String> {
        let mut items = Vec::new();
        self.eat(open);
        while !self.eat(close) {
            let item = match self.keyword()? {
                Some(key) => Term::Tuple(vec![Term::Atom(key), self.nested(depth + 1)?]),
                None => self.nested(depth + 1)?,
            };
            items.push(item);
            if !self.eat(",") {
                if self.eat(close) {
                    break;
                }
                return Err(format!("`,` or `{close}` is missing"));
            }
        }
        Ok(items)
    }

    /// The key of `key: value` or `"key": value`, if that comes next.
    fn keyword(&mut self) -> Result<Option<String>, String> {
        self.skip();
        let before = self.at;
        let key = match self.rest().chars().next() {
            Some('"') => self.string()?,
            Some(c) if c.is_ascii_alphabetic() || c == '_' => self.name()?,
            _ => return Ok(None),
        };
        let rest = self.rest();
        if rest.starts_with(':') && !rest.starts_with("::") {
            self.at += 1;
            return Ok(Some(key));
        }
        self.at = before;
        Ok(None)
    }

    fn name(&mut self) -> Result<String, String> {
        let name: String = self
            .rest()
            .chars()
            .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '@' | '?' | '!' | '.'))
            .collect();
        if name.is_empty() {
            let found: String = self.rest().chars().take(1).collect();
            return Err(format!("`{found}` does not belong here"));
        }
        self.at += name.len();
        Ok(name)
    }

    fn string(&mut self) -> Result<String, String> {
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += offset + 1;
                    return Ok(text);
                }
                '\n' => break,
                '\\' => match chars.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, c)) if !c.is_alphanumeric() => text.push(c),
                    _ => return Err("a string holds an escape that Mix does not write".to_owned()),
                },
                '#' if self
                    .rest()
                    .get(offset + 1..)
                    .is_some_and(|r| r.starts_with('{')) =>
                {
                    return Err("a string holds code".to_owned());
                }
                c => text.push(c),
            }
        }
        Err("a string does not end".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(text: &str) -> Result<Term, String> {
        Terms::new(text).term()
    }

    #[test]
    fn the_terms_of_a_lockfile_are_read() {
        let read = term("{:hex, :\"a b\", \"1\\\"\\#\", [], [opt: true, \"k\": 12], nil}").unwrap();
        let [hex, name, text, empty, options, nil] = read.items() else {
            panic!("{read:?}")
        };
        assert_eq!((hex.atom(), name.atom()), (Some("hex"), Some("a b")));
        assert_eq!(text.text(), Some("1\"#"));
        assert!(empty.items().is_empty());
        assert_eq!(options.option("opt").and_then(Term::atom), Some("true"));
        assert_eq!(options.option("k"), Some(&Term::Number("12".to_owned())));
        assert_eq!(nil.atom(), Some("nil"));
        assert_eq!(Terms::new("\"a\" => 1").key().as_deref(), Ok("a"));
        assert_eq!(Terms::new("# c\n a: 1").key().as_deref(), Ok("a"));
    }

    #[test]
    fn code_and_endless_nesting_are_refused() {
        for text in [
            "System.cmd(\"x\", [])",
            "\"#{x}\"",
            "[1 2]",
            "{:a",
            "\"a\nb\"",
            "~w(a)",
            "\"\\x00\"",
            "",
        ] {
            assert!(term(text).is_err(), "{text}");
        }
        assert!(term(&"[".repeat(100_000)).unwrap_err().contains("levels"));
    }
}
