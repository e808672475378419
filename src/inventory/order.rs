//! Texts in order, told apart by their first bytes as one number: most comparisons of a sort
//! or a search end there, without a look at the text.

/// The first eight bytes of a text. Numbers of texts are in the order of the texts, but for
/// those that are equal.
#[must_use]
pub fn leading(text: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(text) {
        *to = *from;
    }
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn numbers_do_not_contradict_the_order(a in "[a-c]{0,10}", b in "[a-c\\x00]{0,10}") {
            let number = leading(a.as_bytes()).cmp(&leading(b.as_bytes()));
            proptest::prop_assert_eq!(number.then_with(|| a.cmp(&b)), a.cmp(&b));
        }
    }
}
