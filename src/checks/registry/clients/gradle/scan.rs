//! The text of a build script as it is compared: comments left out, and of the literals
//! only those left that say what they look like. Groovy and Kotlin, told apart by the
//! file's name (<https://groovy-lang.org/syntax.html#all-strings>,
//! <https://kotlinlang.org/docs/strings.html>).

/// Stands for a literal that is more than its characters: an escape, a `$`, three quotes,
/// slashes. No literal that is taken at its word has a `$`.
const COMPUTED: &str = "\"$\"";

/// Strings inside templates inside strings.
const DEPTH_LIMIT: usize = 32;

/// Words after which Groovy takes a slash for the beginning of a string.
const BEFORE_A_STRING: [&str; 9] = [
    "return",
    "in",
    "case",
    "else",
    "assert",
    "throw",
    "as",
    "new",
    "instanceof",
];

/// A script without comments; lines stay.
pub(super) struct Scanned {
    pub text: String,
    /// 1-based line of what is not followed: nesting over the limit, or a Unicode escape
    /// outside of strings, which old Groovys put in place before they read anything.
    pub lost: Option<u32>,
}

pub(super) fn scan(text: &str, is_groovy: bool) -> Scanned {
    let mut scanner = Scanner {
        chars: text.chars().collect(),
        at: 0,
        line: 1,
        is_groovy,
        out: String::with_capacity(text.len()),
        lost: None,
    };
    scanner.code(0);
    Scanned {
        text: scanner.out,
        lost: scanner.lost,
    }
}

struct Scanner {
    chars: Vec<char>,
    at: usize,
    line: u32,
    is_groovy: bool,
    out: String,
    lost: Option<u32>,
}

/// What ends a literal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Literal {
    Quote(char),
    Triple(char),
    Slashy,
    DollarSlashy,
}

impl Scanner {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at.saturating_add(ahead)).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at = self.at.saturating_add(1);
        if c == '\n' {
            self.line = self.line.saturating_add(1);
        }
        Some(c)
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
        }
    }

    fn is_next(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(ahead, c)| self.peek(ahead) == Some(c))
    }

    /// Notes an escape of a character at a backslash that is the next one.
    fn escape(&mut self) {
        let has_digits = (2..6).all(|n| self.peek(n).is_some_and(|c| c.is_ascii_hexdigit()));
        if self.is_groovy && self.peek(1) == Some('u') && has_digits {
            self.lost.get_or_insert(self.line);
        }
    }

    /// Code up to the end, or in a template (`depth` over 0) up to the brace that closes
    /// it. What stands in a template is left out.
    fn code(&mut self, depth: usize) {
        let mut braces = 0_usize;
        while let Some(c) = self.peek(0) {
            if let Some(literal) = self.literal() {
                self.string(literal, depth);
                continue;
            }
            match c {
                '/' if self.is_next("//") => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        if self.peek(0) == Some('\\') {
                            self.escape();
                        }
                        self.next();
                    }
                    continue;
                }
                '/' if self.is_next("/*") => {
                    self.comment(depth);
                    continue;
                }
                '`' if !self.is_groovy => {
                    self.quoted_name(depth);
                    continue;
                }
                '\\' => self.escape(),
                '{' => braces = braces.saturating_add(1),
                '}' if depth > 0 && braces == 0 => {
                    self.next();
                    return;
                }
                '}' => braces = braces.saturating_sub(1),
                _ => {}
            }
            self.next();
            self.emit(c, depth);
        }
    }

    fn emit(&mut self, c: char, depth: usize) {
        if depth == 0 {
            self.out.push(c);
        }
    }

    /// A comment of several lines; Kotlin has such inside one another.
    fn comment(&mut self, depth: usize) {
        let mut open = 0_usize;
        while self.peek(0).is_some() {
            if self.is_next("/*") && (open == 0 || !self.is_groovy) {
                open = open.saturating_add(1);
                self.skip(2);
            } else if self.is_next("*/") {
                open = open.saturating_sub(1);
                self.skip(2);
                if open == 0 {
                    break;
                }
            } else {
                if self.peek(0) == Some('\\') {
                    self.escape();
                }
                if self.next() == Some('\n') {
                    self.emit('\n', depth);
                }
            }
        }
        // What stands on both sides are two words.
        self.emit(' ', depth);
    }

    /// A Kotlin name between backticks is the name.
    fn quoted_name(&mut self, depth: usize) {
        self.next();
        while let Some(c) = self.peek(0) {
            if c == '\n' {
                return;
            }
            self.next();
            if c == '`' {
                return;
            }
            let is_plain = c.is_alphanumeric() || c == '_';
            self.emit(if is_plain { c } else { '_' }, depth);
        }
    }

    /// The literal that begins here.
    fn literal(&self) -> Option<Literal> {
        match self.peek(0)? {
            quote @ ('"' | '\'') => {
                let triple: String = std::iter::repeat_n(quote, 3).collect();
                let has_triple = quote == '"' || self.is_groovy;
                Some(match has_triple && self.is_next(&triple) {
                    true => Literal::Triple(quote),
                    false => Literal::Quote(quote),
                })
            }
            '$' if self.is_groovy && self.is_next("$/") => Some(Literal::DollarSlashy),
            '/' if self.is_groovy
                && !self.is_next("//")
                && !self.is_next("/*")
                && self.is_string_expected() =>
            {
                Some(Literal::Slashy)
            }
            _ => None,
        }
    }

    /// A slash behind an operand divides; anywhere else it begins a string.
    fn is_string_expected(&self) -> bool {
        let before = self.chars.get(..self.at).unwrap_or_default();
        let mut back = before.iter().rev().skip_while(|c| matches!(c, ' ' | '\t'));
        let last = back.clone().next().copied();
        match last {
            Some(')' | ']' | '}' | '"' | '\'' | '/') => false,
            Some(c) if c.is_alphanumeric() || matches!(c, '_' | '$') => {
                let is_name = |c: &&char| c.is_alphanumeric() || matches!(**c, '_' | '$');
                let word: Vec<char> = back.by_ref().take_while(is_name).copied().collect();
                let word: String = word.into_iter().rev().collect();
                BEFORE_A_STRING.contains(&word.as_str())
            }
            _ => true,
        }
    }

    fn string(&mut self, literal: Literal, depth: usize) {
        let opening = match literal {
            Literal::Quote(_) | Literal::Slashy => 1,
            Literal::DollarSlashy => 2,
            Literal::Triple(_) => 3,
        };
        self.skip(opening);
        let mut inside = String::new();
        let mut is_plain = matches!(literal, Literal::Quote(_));
        let mut lines = 0_usize;
        let has_templates =
            !(self.is_groovy && matches!(literal, Literal::Quote('\'') | Literal::Triple('\'')));
        // Kotlin's three quotes know no escape.
        let has_escapes = match literal {
            Literal::Triple(_) => self.is_groovy,
            Literal::DollarSlashy => false,
            _ => true,
        };
        loop {
            let Some(c) = self.peek(0) else {
                is_plain = false;
                break;
            };
            if let Some(length) = self.closing(literal) {
                self.skip(length);
                break;
            }
            match c {
                // Without its end on this line it is no string.
                '\n' if matches!(literal, Literal::Quote(_)) => {
                    is_plain = false;
                    break;
                }
                '\\' => {
                    is_plain = false;
                    if has_escapes {
                        self.next();
                    }
                }
                '$' if literal == Literal::DollarSlashy
                    && matches!(self.peek(1), Some('$' | '/')) =>
                {
                    self.next();
                }
                '$' if has_templates && self.peek(1) == Some('{') => {
                    is_plain = false;
                    self.skip(2);
                    if depth >= DEPTH_LIMIT {
                        self.lost.get_or_insert(self.line);
                        self.at = self.chars.len();
                        break;
                    }
                    let before = self.line;
                    self.code(depth.saturating_add(1));
                    let passed = self.line.saturating_sub(before);
                    lines = lines.saturating_add(usize::try_from(passed).unwrap_or(0));
                    continue;
                }
                '$' => is_plain = false,
                _ => {}
            }
            if let Some(c) = self.next() {
                lines = lines.saturating_add(usize::from(c == '\n'));
                inside.push(c);
            }
        }
        if depth > 0 {
            return;
        }
        match literal {
            Literal::Quote(quote) if is_plain => {
                self.out.push(quote);
                self.out.push_str(&inside);
                self.out.push(quote);
            }
            _ => self.out.push_str(COMPUTED),
        }
        self.out.extend(std::iter::repeat_n('\n', lines));
    }

    /// The length of what ends a literal, if it is next. Of more than three quotes the
    /// last three end it.
    fn closing(&self, literal: Literal) -> Option<usize> {
        match literal {
            Literal::Quote(quote) => (self.peek(0) == Some(quote)).then_some(1),
            Literal::Triple(quote) => {
                let run = (0..6).take_while(|n| self.peek(*n) == Some(quote)).count();
                (run >= 3).then_some(if self.is_groovy { 3 } else { run })
            }
            Literal::Slashy => (self.peek(0) == Some('/')).then_some(1),
            Literal::DollarSlashy => self.is_next("/$").then_some(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(script: &str, is_groovy: bool) -> String {
        scan(script, is_groovy).text
    }

    #[test]
    fn comments_go_and_literals_that_are_computed_are_told_apart() {
        for is_groovy in [true, false] {
            assert_eq!(text("a // b\nc /* d\ne */ f", is_groovy), "a \nc \n  f");
            assert_eq!(text("u = \"x // y\"", is_groovy), "u = \"x // y\"");
            assert_eq!(text("u = \"\\u002F\" {", is_groovy), "u = \"$\" {");
            assert_eq!(text("u = \"a\\\"b\" {", is_groovy), "u = \"$\" {");
            assert_eq!(text("\"${f { \"}\" }}\" {", is_groovy), "\"$\" {");
            assert_eq!(text("\"\"\"\n/*\n\"\"\" {", is_groovy), "\"$\"\n\n {");
        }
        assert_eq!(text("u = /a\"\\/{/ }", true), "u = \"$\" }");
        assert_eq!(text("u = $/a//{\"/$ }", true), "u = \"$\" }");
        assert_eq!(text("n = a / b / c", true), "n = a / b / c");
        assert_eq!(text("/* /* */ a */ b", false), "  b");
        assert_eq!(text("/* /* */ a", true), "  a");
        assert_eq!(text("`maven`(x)", false), "maven(x)");
    }

    #[test]
    fn what_is_not_followed_is_told() {
        assert_eq!(scan("a\n// \\u000a b", true).lost, Some(2));
        assert_eq!(scan("a\n// \\u000a b", false).lost, None);
        assert_eq!(scan("// C:\\users", true).lost, None);
        let deep = "\"${".repeat(100);
        assert_eq!(scan(&deep, false).lost, Some(1));
    }
}
