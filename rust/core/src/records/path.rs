//! The way to a value in a document: `info.agent.llm`, `eval{}[]`, `resps[0][#]`, `"pass@1"`.

use std::iter::Peekable;
use std::str::Chars;

/// Steps of a way at most.
const LONGEST: usize = 100;

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The member of an object with this key.
    Member(String),
    /// Each member of an object.
    Entries,
    /// Each element of an array.
    Each,
    /// One element of an array, from 0.
    At(u64),
    /// How many elements an array has.
    Length,
}

/// Reads a way: keys with dots between them, `{}` for each member, `[]` for each element, `[3]` for one, `[#]` for
/// their number. A key with one of these characters stands in double quotes.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse(way: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut rest = way.chars().peekable();
    let mut key_may_come = true;
    while let Some(&next) = rest.peek() {
        match next {
            '{' | '[' => {
                rest.next();
                steps.push(bracket(&mut rest, next).ok_or_else(|| {
                    format!("{way:?}: after {next:?} only one of {{}}, [], [3] and [#] can come")
                })?);
                key_may_come = false;
            }
            '.' if !key_may_come => {
                rest.next();
                key_may_come = true;
                if rest.peek().is_none() {
                    return Err(format!("{way:?}: a key must come after the last dot"));
                }
            }
            _ if key_may_come => {
                steps.push(Step::Member(key(&mut rest).ok_or_else(|| format!("{way:?}: a key is missing"))?));
                key_may_come = false;
            }
            _ => return Err(format!("{way:?}: a dot must come before the next key")),
        }
    }
    if steps.len() > LONGEST {
        return Err(format!("a way has at most {LONGEST} steps"));
    }
    match steps.iter().position(|step| *step == Step::Length) {
        Some(at) if at + 1 < steps.len() => Err(format!("{way:?}: [#] can only be the end")),
        _ => Ok(steps),
    }
}

fn bracket(rest: &mut Peekable<Chars<'_>>, open: char) -> Option<Step> {
    let close = if open == '{' { '}' } else { ']' };
    let mut inner = String::new();
    loop {
        match rest.next()? {
            next if next == close => break,
            next => inner.push(next),
        }
    }
    match (open, inner.as_str()) {
        ('{', "") => Some(Step::Entries),
        ('[', "") => Some(Step::Each),
        ('[', "#") => Some(Step::Length),
        ('[', number) => number.parse().ok().map(Step::At),
        _ => None,
    }
}

fn key(rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut key = String::new();
    if rest.next_if_eq(&'"').is_some() {
        loop {
            match rest.next()? {
                '"' => return Some(key),
                '\\' => key.push(rest.next()?),
                other => key.push(other),
            }
        }
    }
    while let Some(next) = rest.next_if(|next| !matches!(next, '.' | '[' | '{')) {
        key.push(next);
    }
    (!key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::Step::{At, Each, Entries, Length, Member};
    use super::parse;

    #[test]
    fn ways() {
        let member = |key: &str| Member(key.into());
        assert_eq!(parse(""), Ok(vec![]));
        assert_eq!(parse("a.b"), Ok(vec![member("a"), member("b")]));
        assert_eq!(parse("eval{}[]"), Ok(vec![member("eval"), Entries, Each]));
        assert_eq!(parse("[]"), Ok(vec![Each]));
        assert_eq!(parse("resps[0][#]"), Ok(vec![member("resps"), At(0), Length]));
        assert_eq!(parse("a[].b"), Ok(vec![member("a"), Each, member("b")]));
        assert_eq!(
            parse(r#"metric."pass@k:k=1&n=16""#),
            Ok(vec![member("metric"), member("pass@k:k=1&n=16")])
        );
        assert_eq!(parse(r#""a.\"b""#), Ok(vec![member("a.\"b")]));
        for wrong in ["a.", "a..b", ".a", "a[x]", "a[", "a{b}", "a[]b", "\"a", "a[#].b", &"[0]".repeat(101)] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
