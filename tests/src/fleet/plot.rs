//! Nodes resolved over time, as an SVG.

use super::world::Outcome;
use std::fmt::Write as _;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 520.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 330.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 60.0;
/// The time axis begins here, since it is logarithmic.
const FIRST_SECOND: f64 = 0.05;
const COLOURS: [&str; 8] =
    ["#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#8c564b", "#e377c2", "#17becf", "#7f7f7f"];

/// Draws them all; the time is logarithmic, since they differ by a factor of thousands.
pub fn svg(title: &str, outcomes: &[Outcome]) -> String {
    let last = outcomes.iter().filter_map(Outcome::last_seconds).fold(100.0, f64::max) * 1.2;
    let x = |seconds: f64| {
        let share = (seconds.max(FIRST_SECOND) / FIRST_SECOND).ln() / (last / FIRST_SECOND).ln();
        LEFT + share * (WIDTH - LEFT - RIGHT)
    };
    let y = |share: f64| HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" \
         fill=\"white\"/>\n<text x=\"{LEFT}\" y=\"22\" font-size=\"15\">{title}</text>\n"
    );
    for tenth in [0.0, 0.25, 0.5, 0.75, 1.0] {
        line(&mut text, [LEFT, y(tenth), WIDTH - RIGHT, y(tenth)], "#ddd");
        let (at, percent) = (y(tenth) + 4.0, tenth * 100.0);
        let _ = writeln!(text, "<text x=\"20\" y=\"{at:.1}\">{percent:.0} %</text>");
    }
    for second in [0.1, 1.0, 10.0, 45.0, 80.0, 200.0, 1000.0, 2000.0] {
        if second < last {
            line(&mut text, [x(second), TOP, x(second), y(0.0)], "#ddd");
            let (at, below) = (x(second) - 10.0, y(0.0) + 18.0);
            let _ = writeln!(text, "<text x=\"{at:.1}\" y=\"{below:.1}\">{second} s</text>");
        }
    }
    for (number, outcome) in outcomes.iter().enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        let points = steps(outcome, last)
            .iter()
            .fold(String::new(), |all, (s, n)| all + &format!("{:.1},{:.1} ", x(*s), y(*n)));
        let at = TOP + 20.0 * number as f64;
        let beside = WIDTH - RIGHT + 15.0;
        let _ = writeln!(
            text,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{points}\"/>\n\
             <text x=\"{beside}\" y=\"{at}\" fill=\"{colour}\">{}</text>",
            outcome.name.replace('&', "&amp;").replace('<', "&lt;")
        );
    }
    text + "</svg>\n"
}

fn line(text: &mut String, [x1, y1, x2, y2]: [f64; 4], colour: &str) {
    let _ = writeln!(
        text,
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{colour}\"/>"
    );
}

/// Time and share at two hundred places, and at both ends.
fn steps(outcome: &Outcome, last: f64) -> Vec<(f64, f64)> {
    let at = |place: i32| FIRST_SECOND * (last / FIRST_SECOND).powf(f64::from(place) / 200.0);
    (0..=200).map(|place| (at(place), outcome.share_within(at(place)))).collect()
}
