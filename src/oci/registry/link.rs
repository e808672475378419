//! The address of a list's next page.
//!
//! Source: RFC 8288, sections 3 and 3.3, with the quoted strings of RFC 9110.

/// The one target with the relation `next`, as written; `None` where no link has it. An address
/// may hold commas and semicolons, and a relation may be one of several.
///
/// # Errors
/// What is wrong with a header: one that is not understood may be the one that counts.
pub(super) fn next_page<'a>(headers: &[&'a str]) -> Result<Option<&'a str>, &'static str> {
    let mut next: Option<&str> = None;
    for header in headers {
        let mut rest = *header;
        loop {
            // Empty elements of a list count for nothing.
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                break;
            }
            let link;
            (link, rest) = one_link(rest)?;
            if !link.is_next || next == Some(link.target) {
                continue;
            }
            if next.replace(link.target).is_some() {
                return Err("it names two next pages");
            }
        }
    }
    Ok(next)
}

struct Link<'a> {
    target: &'a str,
    is_next: bool,
}

/// `<target>; name=value; name="value"`, and what follows.
fn one_link(text: &str) -> Result<(Link<'_>, &str), &'static str> {
    let (target, mut rest) = text
        .strip_prefix('<')
        .and_then(|text| text.split_once('>'))
        .ok_or("a link has no address in `<` and `>`")?;
    let mut relations: Option<String> = None;
    loop {
        rest = trim(rest);
        let Some(after) = rest.strip_prefix(';') else {
            break;
        };
        rest = trim(after);
        // A semicolon may end the link.
        if rest.is_empty() || rest.starts_with([',', ';']) {
            continue;
        }
        let (name, after) = token(rest);
        if name.is_empty() {
            return Err("a parameter has no name");
        }
        rest = trim(after);
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            (value, rest) = value_of(trim(after))?;
        }
        // Of several only the first counts.
        if name.eq_ignore_ascii_case("rel") && relations.is_none() {
            relations = Some(value);
        }
    }
    if !rest.is_empty() && !rest.starts_with(',') {
        return Err("something stands behind a link");
    }
    let is_next = relations.is_some_and(|relations| {
        let mut each = relations.split_ascii_whitespace();
        each.any(|relation| relation.eq_ignore_ascii_case("next"))
    });
    Ok((Link { target, is_next }, rest))
}

fn value_of(text: &str) -> Result<(String, &str), &'static str> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (word, rest) = token(text);
        return match word {
            "" => Err("a parameter has no value"),
            word => Ok((word.to_owned(), rest)),
        };
    };
    let mut value = String::new();
    let mut rest = quoted.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => return Ok((value, rest.as_str())),
            '\\' => value.extend(rest.next()),
            c => value.push(c),
        }
    }
    Err("a quoted value has no end")
}

/// A token of RFC 9110 and the rest; some servers write `/` and `:` in one, too.
fn token(text: &str) -> (&str, &str) {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/:".contains(c);
    text.split_once(|c| !is_inside(c))
        .map_or((text, ""), |(word, _)| text.split_at(word.len()))
}

fn trim(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::next_page;

    #[test]
    fn the_next_page_is_found_however_it_is_written() {
        for header in [
            "</next>; rel=\"next\"",
            "</next>; rel=next",
            "</next>;rel=NEXT",
            "</next> ; rel = \"next\"",
            "</next>; rel=\"last next\"",
            "</next>; rel=\"next\tlast\"; title=\"a, \\\"b\\\"; c\"",
            "</next>; title*=UTF-8'en'x; rel=next;",
            "</last>; rel=last, </next>; rel=next",
            "</last>; rel=last,, </next>; rel=next,",
            "</next>; rel=next, </next>; rel=next",
            "</next>; crossorigin; rel=next; rel=last",
        ] {
            assert_eq!(next_page(&[header]), Ok(Some("/next")), "{header}");
        }
        assert_eq!(
            next_page(&["</r?last=a,b;rel=x&n=1>; rel=\"next\""]),
            Ok(Some("/r?last=a,b;rel=x&n=1"))
        );
        assert_eq!(
            next_page(&["</a>; rel=last", "</b>; rel=next"]),
            Ok(Some("/b"))
        );
    }

    #[test]
    fn other_relations_are_no_next_page() {
        for header in [
            "</a>; rel=last",
            "</a>; rel=\"nextly prev\"",
            "</a>; title=\"; rel=next\"",
            "</a?rel=next>",
            "</a>; rel=last; rel=next",
            "</a>; rel",
            "",
        ] {
            assert_eq!(next_page(&[header]), Ok(None), "{header}");
        }
        assert_eq!(next_page(&[]), Ok(None));
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for header in [
            "/next; rel=next",
            "</next; rel=next",
            "</next>; rel=\"next",
            "</next>; rel=\"next\" x",
            "</next>; =next",
            "</next>; rel=",
            "</next> rel=next",
            "</last>; rel=last, next",
            "</a>; rel=next, </b>; rel=next",
        ] {
            assert!(next_page(&[header]).is_err(), "{header}");
        }
    }
}
