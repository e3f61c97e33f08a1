//! The figures of `scale.rs`: a panel a row, number of servers and nanoseconds both in powers of ten, the same in all panels.

use std::fmt::Write as _;

use crate::scale::{Line, ROWS, SIDES, Which};

const COLUMNS: usize = 3;
const WIDTH: f64 = 900.0;
/// Of a panel's plot, and the way from one to the next.
const PANEL: (f64, f64) = (200.0, 140.0);
const STEP: (f64, f64) = (290.0, 208.0);
/// Where the first begins.
const ORIGIN: (f64, f64) = (58.0, 112.0);
/// The powers of ten at the ends of the axes.
const SERVERS: (i32, i32) = (3, 6);
const NANOSECONDS: (i32, i32) = (0, 4);

/// It brings its own background: the page around it may be light or dark.
const STYLE: &str = "\
    svg { color: #1f2328; font: 12px system-ui, 'Helvetica Neue', Arial, sans-serif }\n\
    .paper { fill: #ffffff }\n\
    text { fill: currentColor }\n\
    .title { font-size: 17px; font-weight: 600 }\n\
    .head { font-size: 13px; font-weight: 600 }\n\
    .quiet { opacity: 0.7 }\n\
    .grid { stroke: currentColor; stroke-opacity: 0.15 }\n\
    .line { fill: none; stroke-width: 2.2; stroke-linejoin: round }\n\
    .beamish { stroke: #6f42c1 } .raw { stroke: #d9730d; stroke-dasharray: 5 3 } .memory { stroke: #57606a }\n\
    circle { stroke: none }\n\
    circle.beamish, text.beamish { fill: #6f42c1; stroke: none }\n\
    circle.raw, text.raw { fill: #c2650a; stroke: none }\n\
    circle.memory, text.memory { fill: #57606a; stroke: none }\n\
    @media (prefers-color-scheme: dark) {\n\
    svg { color: #e6edf3 } .paper { fill: #161b22 }\n\
    .beamish { stroke: #b392f0 } circle.beamish, text.beamish { fill: #b392f0 }\n\
    .raw { stroke: #f0a04b } circle.raw, text.raw { fill: #f0a04b }\n\
    .memory { stroke: #9ba5b0 } circle.memory, text.memory { fill: #9ba5b0 }\n\
    }\n";

fn class(side: &str) -> &str {
    if side.is_empty() { "memory" } else { side }
}

/// Where a value stands between two powers of ten, from 0 to 1.
fn share(value: f64, (from, to): (i32, i32)) -> f64 {
    (value.log10() - f64::from(from)) / f64::from(to - from)
}

fn servers(power: i32) -> String {
    if power < 6 {
        format!("{}k", 10_f64.powi(power - 3))
    } else {
        format!("{}M", 10_f64.powi(power - 6))
    }
}

fn time(power: i32) -> String {
    if power < 3 {
        format!("{} ns", 10_f64.powi(power))
    } else {
        format!("{} µs", 10_f64.powi(power - 3))
    }
}

/// The figure of these lines.
pub fn figure(which: Which, lines: &[&Line]) -> String {
    let rows = ROWS.into_iter();
    let rows: Vec<_> = rows
        .filter(|row| lines.iter().any(|line| line.row == *row))
        .collect();
    let height = ORIGIN.1 + rows.len().div_ceil(COLUMNS) as f64 * STEP.1 - 8.0;
    let title = match which {
        Which::Same => "The same server again and again",
        Which::Random => "Another server each time, at random",
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\">\n<title>{title}: nanoseconds an operation, by the number of servers</title>\n\
         <style>\n{STYLE}</style>\n<rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\" rx=\"8\"/>\n\
         <text class=\"title\" x=\"20\" y=\"32\">{title}</text>\n\
         <text class=\"quiet\" x=\"20\" y=\"54\">nanoseconds an operation, by the number of idle servers that are there; \
         minima, one thread</text>\n"
    );
    for (at, side) in SIDES.into_iter().enumerate() {
        let x = WIDTH - 300.0 + at as f64 * 110.0;
        let label = if side == "raw" {
            "raw tokio actor"
        } else {
            side
        };
        let _ = writeln!(
            svg,
            "<path class=\"line {side}\" d=\"M{x} 28h28\"/><circle class=\"{side}\" cx=\"{}\" cy=\"28\" r=\"3.2\"/>\
             <text x=\"{}\" y=\"32\">{label}</text>",
            x + 14.0,
            x + 35.0,
        );
    }
    for (at, row) in rows.into_iter().enumerate() {
        let x = ORIGIN.0 + (at % COLUMNS) as f64 * STEP.0;
        let y = ORIGIN.1 + (at / COLUMNS) as f64 * STEP.1;
        let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">");
        axes(&mut svg, row);
        let of_row: Vec<_> = lines.iter().filter(|line| line.row == row).collect();
        for line in &of_row {
            draw(&mut svg, line);
        }
        label(&mut svg, &of_row);
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

fn axes(svg: &mut String, row: &str) {
    let (width, height) = PANEL;
    let _ = writeln!(svg, "<text class=\"head\" x=\"0\" y=\"-12\">{row}</text>");
    for power in SERVERS.0..=SERVERS.1 {
        let x = width * share(10_f64.powi(power), SERVERS);
        let label = servers(power);
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{x:.1} 0V{height}\"/>\
             <text class=\"quiet\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
            height + 17.0,
        );
    }
    for power in NANOSECONDS.0..=NANOSECONDS.1 {
        let y = height * (1.0 - share(10_f64.powi(power), NANOSECONDS));
        let label = time(power);
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M0 {y:.1}H{width}\"/>\
             <text class=\"quiet\" x=\"-8\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            y + 4.0,
        );
    }
}

fn place(count: usize, nanoseconds: f64) -> (f64, f64) {
    let x = PANEL.0 * share(count as f64, SERVERS);
    (x, PANEL.1 * (1.0 - share(nanoseconds, NANOSECONDS)))
}

fn draw(svg: &mut String, line: &Line) {
    let class = class(line.side);
    let points: Vec<_> = line
        .points
        .iter()
        .map(|point| place(point.count, point.min))
        .collect();
    let path: Vec<_> = points
        .iter()
        .map(|(x, y)| format!("{x:.1} {y:.1}"))
        .collect();
    let _ = writeln!(
        svg,
        "<path class=\"line {class}\" d=\"M{}\"/>",
        path.join("L")
    );
    for (x, y) in points {
        let _ = writeln!(
            svg,
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.2\"/>"
        );
    }
}

/// What the lines come to at their right ends, one not on the other.
fn label(svg: &mut String, lines: &[&&Line]) {
    const APART: f64 = 13.0;
    let mut ends: Vec<_> = lines
        .iter()
        .filter_map(|line| {
            let point = line.points.last()?;
            Some((place(point.count, point.min).1, point.min, class(line.side)))
        })
        .collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    if let [upper, lower] = &mut ends[..] {
        let push = (APART - (lower.0 - upper.0)).max(0.0) / 2.0;
        upper.0 -= push;
        lower.0 += push;
    }
    for (y, nanoseconds, class) in ends {
        let mut label = format!("{nanoseconds:.0}");
        if label.len() > 3 {
            label.insert(label.len() - 3, ',');
        }
        let _ = writeln!(
            svg,
            "<text class=\"{class}\" x=\"{}\" y=\"{:.1}\">{label}</text>",
            PANEL.0 + 8.0,
            y + 4.0,
        );
    }
}
