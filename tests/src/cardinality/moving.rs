//! A scrape's text whose counters go up, so that Prometheus compresses what a working node sends.

use std::fmt::Write as _;

/// One draw at each scrape is below this, so no counter goes down.
const STEP: u64 = 1000;

/// A text of Prometheus' format 0.0.4.
///
/// Counters and histograms that are not zero move: by about 1,000 a scrape where they are whole
/// numbers, by about one where they are not. All else stays, as on a node whose other targets rest.
#[derive(Debug)]
pub struct Moving {
    pieces: Vec<Piece>,
    end: String,
    series: usize,
}

#[derive(Debug)]
struct Piece {
    before: String,
    begins: Value,
}

#[derive(Debug)]
enum Value {
    Whole(u64),
    Fraction(f64),
}

impl Moving {
    /// Finds what moves.
    pub fn new(scrape: &str) -> Self {
        let (mut pieces, mut fixed, mut series) = (Vec::new(), String::new(), 0);
        let mut counts = false;
        for line in scrape.lines() {
            if let Some(comment) = line.strip_prefix('#') {
                if comment.starts_with(" TYPE ") {
                    counts = comment.ends_with(" counter") || comment.ends_with(" histogram");
                }
            } else {
                series += 1;
                if let Some((name, begins)) = line.rsplit_once(' ').filter(|_| counts)
                    && let Some(begins) = Value::that_moves(begins)
                {
                    fixed += name;
                    fixed.push(' ');
                    pieces.push(Piece { before: std::mem::take(&mut fixed), begins });
                    fixed.push('\n');
                    continue;
                }
            }
            fixed += line;
            fixed.push('\n');
        }
        Self { pieces, end: fixed, series }
    }

    /// How many samples it has.
    pub fn series(&self) -> usize {
        self.series
    }

    /// How many of them move.
    pub fn moving(&self) -> usize {
        self.pieces.len()
    }

    /// The text that a node answers to its scrape of that number.
    pub fn text(&self, node: usize, scrape: u32) -> String {
        let mut draws = fastrand::Rng::with_seed(((node as u64) << 32) | u64::from(scrape));
        let mut text = String::new();
        for piece in &self.pieces {
            text += &piece.before;
            let moved = u64::from(scrape) * STEP + draws.u64(..STEP);
            // Writing to a String cannot fail.
            let _ = match piece.begins {
                Value::Whole(begins) => write!(text, "{}", begins.saturating_add(moved)),
                #[expect(clippy::cast_precision_loss, reason = "thousandths of some scrapes")]
                Value::Fraction(begins) => write!(text, "{:.6}", begins + moved as f64 / 1e3),
            };
        }
        text + &self.end
    }
}

impl Value {
    /// A value that is a number above zero.
    fn that_moves(text: &str) -> Option<Self> {
        if let Ok(whole) = text.parse() {
            return (whole > 0).then_some(Self::Whole(whole));
        }
        let fraction: f64 = text.parse().ok()?;
        (fraction.is_finite() && fraction > 0.0).then_some(Self::Fraction(fraction))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_above_zero_go_up_and_all_else_stays() {
        let scrape = "# TYPE a_total counter\na_total{x=\"1\"} 5\na_total{x=\"2\"} 0\n\
                      # TYPE b gauge\nb 7\n# TYPE c histogram\nc_sum 0.5\nc_count 1\n# EOF\n";
        let moving = Moving::new(scrape);
        assert_eq!((moving.series(), moving.moving()), (5, 3));
        let value = |text: &str, name: &str| -> f64 {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            line.rsplit(' ').next().unwrap().parse().unwrap()
        };
        let texts: Vec<_> = (0..5).map(|scrape| moving.text(3, scrape)).collect();
        for pair in texts.windows(2) {
            for name in ["a_total{x=\"1\"}", "c_sum", "c_count"] {
                assert!(value(&pair[0], name) < value(&pair[1], name) + 1e-9, "{name} {pair:?}");
            }
            assert_eq!(value(&pair[1], "a_total{x=\"2\"}").to_string(), "0");
            assert_eq!(value(&pair[1], "b").to_string(), "7");
        }
        assert!(value(&texts[0], "c_sum") < value(&texts[4], "c_sum"));
        let names = |text: &str| -> Vec<String> {
            text.lines().filter_map(|line| line.split(' ').next().map(str::to_owned)).collect()
        };
        assert_eq!(names(&texts[4]), names(scrape));
        assert_ne!(moving.text(4, 2), moving.text(3, 2), "each node has its own numbers");
    }
}
