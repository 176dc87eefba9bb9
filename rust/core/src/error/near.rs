//! The name that was probably meant.

/// The one of `names`, a list with commas, that is nearest to `name`; none where all are far from it.
pub(super) fn nearest<'a>(name: &str, names: &'a str) -> Option<&'a str> {
    let near = names.split(", ").map(|known| (edits(name, known), known)).min()?;
    (5 * near.0 <= 2 * name.chars().count()).then_some(near.1)
}

/// How many characters have to be put in, taken out or changed.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &right) in b.iter().enumerate() {
            let changed = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("é", "é"), 0);
    }

    #[test]
    fn what_is_near() {
        assert_eq!(nearest("problm", "model, problem, correct"), Some("problem"));
        assert_eq!(nearest("modle", "model, problem"), Some("model"));
        assert_eq!(nearest("step", "stem_no, id"), None);
        assert_eq!(nearest("step", ""), None);
    }
}
