//! A service that takes so many calls a second.

/// A token bucket: full at first, refilled steadily; a call that finds it empty takes nothing.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    filled_at: f64,
}

impl Bucket {
    /// Of that rate, with room for one second of it.
    pub(super) fn new(rate: f64) -> Self {
        Self { rate, burst: rate, tokens: rate, filled_at: 0.0 }
    }

    /// Whether a call at this time, in seconds, is taken.
    pub(super) fn takes(&mut self, now: f64) -> bool {
        self.tokens = (self.tokens + (now - self.filled_at) * self.rate).min(self.burst);
        self.filled_at = now;
        let is_taken = self.tokens >= 1.0;
        if is_taken {
            self.tokens -= 1.0;
        }
        is_taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_takes_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::new(10.0);
        let taken = |bucket: &mut Bucket, from: f64, to: f64| {
            (0..1000).filter(|n| bucket.takes(from + (to - from) * f64::from(*n) / 1000.0)).count()
        };
        assert_eq!((0..100).filter(|_| bucket.takes(0.0)).count(), 10);
        let later = taken(&mut bucket, 0.0, 10.0);
        assert!((99..=101).contains(&later), "{later}");
    }
}
