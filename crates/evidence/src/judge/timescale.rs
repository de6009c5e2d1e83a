//! A time axis for pages: where on it a time lies, and which times it names.

use crate::values::UnixSeconds;

/// Steps between ticks, in seconds: the smallest is taken that gives few enough.
const STEPS: [u64; 23] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
    2_592_000, 7_776_000, 31_536_000,
];
/// Most ticks that fit beside one another on a narrow screen.
const TICKS_MAX: u64 = 4;
const DAY: u64 = 86_400;

/// From a first to a last time, with a margin on each side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    first: u64,
    last: u64,
    step: u64,
}

impl Scale {
    /// Over all of these times; none if there are none.
    pub(super) fn over(times: impl Iterator<Item = UnixSeconds>) -> Option<Self> {
        let (first, last) = times.fold(None, |range: Option<(u64, u64)>, time| {
            let (first, last) = range.unwrap_or((time.value(), time.value()));
            Some((first.min(time.value()), last.max(time.value())))
        })?;
        let span = last - first;
        let fits = STEPS.into_iter().find(|step| span / step <= TICKS_MAX);
        // Beyond years: whole multiples of the longest step.
        let step = fits.unwrap_or_else(|| STEPS[STEPS.len() - 1] * (span / STEPS[STEPS.len() - 1]).div_ceil(TICKS_MAX));
        Some(Self { first, last, step })
    }

    /// Per cent of the width, between 6 and 94.
    pub(super) fn place(&self, time: UnixSeconds) -> f64 {
        let span = self.last - self.first;
        if span == 0 {
            return 50.0;
        }
        // A place on a screen: nothing is decided by these figures.
        let at = time.value().clamp(self.first, self.last) - self.first;
        6.0 + 88.0 * (at as f64 / span as f64)
    }

    /// Place and label of each tick.
    pub(super) fn ticks(&self) -> impl Iterator<Item = (f64, String)> {
        let (scale, step) = (*self, self.step);
        let count = if scale.first == scale.last {
            1
        } else {
            (scale.last / step).saturating_sub(scale.first.div_ceil(step)) + 1
        };
        let start = if scale.first == scale.last { scale.first } else { scale.first.div_ceil(step) * step };
        (0..count).map(move |n| UnixSeconds::new(start + n * step)).filter(move |t| t.value() <= scale.last).map(
            move |time| {
                let text = time.to_string();
                // 2026-12-03T14:00:00Z
                let label = if step >= DAY {
                    &text[..10]
                } else if step % 60 == 0 {
                    &text[11..16]
                } else {
                    &text[11..19]
                };
                (scale.place(time), label.to_owned())
            },
        )
    }

    /// The day or days that it covers.
    pub(super) fn dates(&self) -> String {
        let day = |seconds: u64| UnixSeconds::new(seconds).to_string()[..10].to_owned();
        let (first, last) = (day(self.first), day(self.last));
        if first == last { first } else { format!("{first} to {last}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(times: &[u64]) -> Option<Scale> {
        Scale::over(times.iter().map(|t| UnixSeconds::new(*t)))
    }

    #[test]
    fn no_time_has_no_scale_and_one_time_stands_in_the_middle() {
        assert!(scale(&[]).is_none());
        let one = scale(&[1_000]).unwrap();
        assert_eq!(one.ticks().collect::<Vec<_>>(), [(50.0, "00:16:40".to_owned())]);
    }

    #[test]
    fn ticks_are_few_within_the_scale_and_in_order() {
        for last in [1_001, 1_007, 1_100, 5_000, 100_000, 9_000_000, 253_402_300_799] {
            let ticks: Vec<(f64, String)> = scale(&[1_000, last]).unwrap().ticks().collect();
            assert!((1..=6).contains(&ticks.len()), "{last}: {ticks:?}");
            assert!(ticks.windows(2).all(|w| w[0].0 < w[1].0), "{last}: {ticks:?}");
            assert!(ticks.iter().all(|(at, _)| (6.0..=94.0).contains(at)), "{last}: {ticks:?}");
        }
    }
}
