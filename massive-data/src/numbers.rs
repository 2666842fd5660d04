//! Numbers for readers.

/// A number in groups of three digits, `151,674`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn digits_are_grouped() {
        let shown: Vec<String> = [0, 999, 1_000, 151_674, 1_000_000].map(grouped).into();
        assert_eq!(shown, ["0", "999", "1,000", "151,674", "1,000,000"]);
    }
}
