//! Between the numbers of an exposition and whole ones.

/// A whole number of what is not negative and can be told exactly.
pub(crate) fn whole(value: f64) -> Option<u64> {
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    let is_whole = (0.0..=LARGEST).contains(&value);
    // Through text, since no conversion of the language refuses what it would change.
    is_whole.then(|| format!("{value:.0}").parse().ok()).flatten()
}

/// The nearest number with a fraction.
pub(crate) fn float(count: u64) -> f64 {
    let part = |bits: u64| f64::from(u32::try_from(bits & 0xffff_ffff).unwrap_or(u32::MAX));
    part(count >> 32) * 4_294_967_296.0 + part(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for number in [0, 1, 4_294_967_295, 4_294_967_296, 9_007_199_254_740_992] {
            assert_eq!(whole(float(number)), Some(number));
        }
        for none in [-1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
            assert_eq!(whole(none), None, "{none}");
        }
        assert_eq!(whole(1.4), Some(1));
    }
}
