//! Pages without a word on them, from seeds: noise, grain, cloth, hatching, wood, leather, scrawl and what scanners add.

use native::PageRaster;
use record::PageSize;

/// Draws one page.
type Draw = fn(&mut Canvas, &mut Dice);

/// Twenty kinds; each draws ink of 0 to 1 on paper, its pitch, density and angle thrown anew for every page.
pub(super) const KINDS: [(&str, Draw); 20] = [
    ("white noise", white_noise),
    ("salt and pepper", salt_and_pepper),
    ("grain", grain),
    ("clouds", clouds),
    ("moire", moire),
    ("weave", weave),
    ("twill", twill),
    ("crosshatch", crosshatch),
    ("fine crosshatch", fine_crosshatch),
    ("wood", wood),
    ("stipple", stipple),
    ("specks", specks),
    ("stripes", stripes),
    ("scribbles", scribbles),
    ("leather", leather),
    ("scratches", scratches),
    ("JPEG noise", jpeg_noise),
    ("halftone", halftone),
    ("bricks", bricks),
    ("guilloche", guilloche),
];

/// Page `number` of the kinds in turn: grey, colour and black and white, at 100 to 300 dpi.
pub(super) fn page(number: usize) -> (&'static str, PageRaster) {
    let (name, draw) = KINDS[number % KINDS.len()];
    let dice = &mut Dice(number as u64 + 1);
    let dpi = [100, 150, 200, 300][dice.below(4)];
    // half a million pixels, whatever the resolution
    let (width, height) = (600, 850);
    let mut canvas = Canvas { width, height, dpi: dpi as f32, ink: vec![0.0; width * height] };
    draw(&mut canvas, dice);
    let size = PageSize { width_px: width as u32, height_px: height as u32, dpi: dpi as u32 };
    let depth = dice.between(90.0, 230.0);
    let grey = |ink: f32| (250.0 - depth * ink.clamp(0.0, 1.0)) as u8;
    let raster = match number / KINDS.len() % 3 {
        0 => PageRaster::from_pixels(size, 1, false, canvas.ink.iter().map(|&i| grey(i)).collect()),
        1 => {
            let tint = [dice.between(0.75, 1.0), dice.between(0.75, 1.0), dice.between(0.6, 1.0)];
            let rgb = |&i: &f32| tint.map(|t| (f32::from(grey(i)) * t) as u8);
            PageRaster::from_pixels(size, 3, false, canvas.ink.iter().flat_map(rgb).collect())
        }
        _ => {
            let bit = |&i: &f32| if i > 0.5 { 0 } else { 255 };
            PageRaster::from_pixels(size, 1, true, canvas.ink.iter().map(bit).collect())
        }
    };
    (name, raster)
}

/// Numbers that look thrown, the same ones for the same seed (splitmix64).
pub(super) struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 24) as f32
    }
    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    /// About normal, deviation 1.
    fn normal(&mut self) -> f32 {
        (0..4).map(|_| self.unit() - 0.5).sum::<f32>() * 1.73
    }
}

fn mixed(seed: u64) -> u64 {
    let z = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

pub(super) struct Canvas {
    width: usize,
    height: usize,
    dpi: f32,
    ink: Vec<f32>,
}

impl Canvas {
    fn each(&mut self, mut ink: impl FnMut(f32, f32) -> f32) {
        for y in 0..self.height {
            for x in 0..self.width {
                self.ink[y * self.width + x] = ink(x as f32, y as f32);
            }
        }
    }

    fn dot(&mut self, x: f32, y: f32, radius: f32, ink: f32) {
        let span =
            |at: f32, end: usize| (at - radius).max(0.0) as usize..((at + radius) as usize + 2).min(end);
        for row in span(y, self.height) {
            for column in span(x, self.width) {
                let far = (column as f32 - x).hypot(row as f32 - y);
                let cover = (radius + 0.5 - far).clamp(0.0, 1.0) * ink;
                let at = &mut self.ink[row * self.width + column];
                *at = at.max(cover);
            }
        }
    }

    fn stroke(&mut self, points: &[(f32, f32)], radius: f32) {
        for pair in points.windows(2) {
            let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
            let steps = (to_x - x).hypot(to_y - y).ceil().max(1.0);
            for step in 0..steps as u32 {
                let part = step as f32 / steps;
                self.dot(x + (to_x - x) * part, y + (to_y - y) * part, radius, 1.0);
            }
        }
    }
}

/// Smooth noise of 0 to 1 with features of `cell` pixels.
fn cloud(x: f32, y: f32, cell: f32, seed: u64) -> f32 {
    let (x, y) = (x / cell, y / cell);
    let corner = |i: f32, j: f32| {
        let at =
            (i as i64 as u64).wrapping_mul(0x9e37_79b9) ^ (j as i64 as u64).wrapping_mul(0x85eb_ca6b_27d4);
        (mixed(at ^ seed) >> 40) as f32 / (1 << 24) as f32
    };
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (i, j, u, v) = (x.floor(), y.floor(), ease(x.fract()), ease(y.fract()));
    let row = |j: f32| corner(i, j) * (1.0 - u) + corner(i + 1.0, j) * u;
    row(j) * (1.0 - v) + row(j + 1.0) * v
}

/// 0 to 1, back and forth once in `pitch` pixels.
fn wave(at: f32, pitch: f32) -> f32 {
    0.5 + 0.5 * (at / pitch * std::f32::consts::TAU).sin()
}

/// Where a point lies across lines at an angle of `degrees`.
fn across(x: f32, y: f32, degrees: f32) -> f32 {
    let (sin, cos) = degrees.to_radians().sin_cos();
    x * cos + y * sin
}

fn white_noise(canvas: &mut Canvas, dice: &mut Dice) {
    let (mean, deviation) = (dice.between(0.0, 0.6), dice.between(0.1, 0.6));
    canvas.each(|_, _| mean + deviation * dice.normal());
}

fn salt_and_pepper(canvas: &mut Canvas, dice: &mut Dice) {
    let share = dice.between(0.002, 0.4);
    canvas.each(|_, _| if dice.unit() < share { 1.0 } else { 0.0 });
}

fn grain(canvas: &mut Canvas, dice: &mut Dice) {
    let (cell, gain, seed) = (dice.between(1.5, 8.0), dice.between(2.0, 8.0), dice.next());
    canvas.each(|x, y| (cloud(x, y, cell, seed) - 0.5) * gain + 0.4);
}

fn clouds(canvas: &mut Canvas, dice: &mut Dice) {
    let (cell, hard, seed) = (dice.between(60.0, 300.0), dice.between(1.0, 4.0), dice.next());
    canvas.each(|x, y| {
        let octave = |n: i32| cloud(x, y, cell / 2_f32.powi(n), seed + n as u64) / 2_f32.powi(n + 1);
        ((0..6).map(octave).sum::<f32>() - 0.5) * hard + 0.5
    });
}

fn moire(canvas: &mut Canvas, dice: &mut Dice) {
    let (pitch, angle, twist) = (dice.between(3.0, 12.0), dice.between(0.0, 90.0), dice.between(1.0, 9.0));
    let other = pitch * dice.between(0.92, 1.08);
    canvas.each(|x, y| wave(across(x, y, angle), pitch) * wave(across(x, y, angle + twist), other) * 1.6);
}

fn weave(canvas: &mut Canvas, dice: &mut Dice) {
    let (pitch, angle, hard) = (dice.between(2.5, 16.0), dice.between(-50.0, 50.0), dice.between(1.0, 6.0));
    canvas.each(|x, y| {
        let (u, v) = (across(x, y, angle) / pitch, across(x, y, angle + 90.0) / pitch);
        let over = (u.floor() + v.floor()).rem_euclid(2.0) == 0.0;
        let thread = if over { u } else { v };
        ((thread.rem_euclid(1.0) - 0.5).abs() * 2.0 - 0.5) * hard + 0.4 + 0.1 * dice.normal()
    });
}

fn twill(canvas: &mut Canvas, dice: &mut Dice) {
    let (pitch, angle, hard) = (dice.between(3.0, 14.0), dice.between(20.0, 70.0), dice.between(1.0, 8.0));
    canvas.each(|x, y| {
        (wave(across(x, y, angle), pitch) * wave(x + 0.3 * y, pitch * 0.6).max(0.4) - 0.5) * hard + 0.4
    });
}

fn crosshatch(canvas: &mut Canvas, dice: &mut Dice) {
    hatched(canvas, dice, (9.0, 40.0));
}

fn fine_crosshatch(canvas: &mut Canvas, dice: &mut Dice) {
    hatched(canvas, dice, (3.0, 9.0));
}

fn hatched(canvas: &mut Canvas, dice: &mut Dice, pitch: (f32, f32)) {
    let pitch = dice.between(pitch.0, pitch.1);
    let thick = (pitch * dice.between(0.15, 0.5)).max(1.0);
    let (first, apart, seed) = (dice.between(0.0, 90.0), dice.between(40.0, 90.0), dice.next());
    let line =
        |at: f32| (thick / 2.0 + 0.5 - ((at / pitch).fract().abs() - 0.5).abs() * pitch).clamp(0.0, 1.0);
    canvas.each(|x, y| {
        let shake = 2.0 * cloud(x, y, 25.0, seed);
        line(across(x, y, first) + shake).max(line(across(x, y, first + apart) + shake))
    });
}

fn wood(canvas: &mut Canvas, dice: &mut Dice) {
    let (pitch, bend, seed) = (dice.between(4.0, 30.0), dice.between(20.0, 160.0), dice.next());
    let hard = dice.between(1.0, 5.0);
    canvas.each(|x, y| {
        let ring = wave(y + bend * cloud(x / 6.0, y, 60.0, seed), pitch);
        (ring + 0.3 * cloud(x / 20.0, y, 2.0, seed) - 0.6) * hard + 0.4
    });
}

fn stipple(canvas: &mut Canvas, dice: &mut Dice) {
    let radius = dice.between(0.8, 4.0);
    let dots = (canvas.ink.len() as f32 * dice.between(0.02, 0.3) / (radius * radius * 3.2)) as u32;
    scatter(canvas, dice, dots, radius);
}

fn specks(canvas: &mut Canvas, dice: &mut Dice) {
    let dots = dice.between(5_000.0, 60_000.0) as u32;
    scatter(canvas, dice, dots, 0.7);
}

fn scatter(canvas: &mut Canvas, dice: &mut Dice, dots: u32, radius: f32) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    for _ in 0..dots {
        let (x, y) = (dice.between(0.0, width), dice.between(0.0, height));
        canvas.dot(x, y, radius * dice.between(0.6, 1.4), dice.between(0.6, 1.0));
    }
}

fn stripes(canvas: &mut Canvas, dice: &mut Dice) {
    let (pitch, angle, hard) = (dice.between(3.0, 60.0), dice.between(-90.0, 90.0), dice.between(1.0, 20.0));
    canvas.each(|x, y| (wave(across(x, y, angle), pitch) - 0.5) * hard + 0.5);
}

fn scribbles(canvas: &mut Canvas, dice: &mut Dice) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let size = canvas.dpi * dice.between(0.03, 0.3);
    for _ in 0..20 + dice.below(300) {
        let (mut x, mut y) = (dice.between(0.0, width), dice.between(0.0, height));
        let (mut heading, mut bend) = (dice.between(0.0, 6.3), 0.0);
        let mut points = vec![(x, y)];
        for _ in 0..8 + dice.below(40) {
            bend = (bend + dice.between(-0.5, 0.5)).clamp(-1.2, 1.2);
            heading += bend;
            (x, y) = (x + heading.cos() * size / 4.0, y + heading.sin() * size / 4.0);
            points.push((x, y));
        }
        canvas.stroke(&points, (canvas.dpi / 150.0).max(0.7));
    }
}

fn leather(canvas: &mut Canvas, dice: &mut Dice) {
    let (cell, hard, seed) = (dice.between(5.0, 40.0), dice.between(1.5, 6.0), dice.next());
    canvas.each(|x, y| {
        let (i, j) = ((x / cell).floor(), (y / cell).floor());
        let (mut near, mut next) = (f32::MAX, f32::MAX);
        for (di, dj) in (-1..=1).flat_map(|di| (-1..=1).map(move |dj| (di as f32, dj as f32))) {
            let (ci, cj) = (i + di, j + dj);
            let thrown = mixed((ci as i64 as u64) << 32 ^ (cj as i64 as u64 & 0xffff_ffff) ^ seed);
            let at = |part: u64| (part & 0xffff) as f32 / 65_536.0;
            let far = ((ci + at(thrown)) * cell - x).hypot((cj + at(thrown >> 16)) * cell - y);
            (near, next) = if far < near { (far, near) } else { (near, next.min(far)) };
        }
        1.0 - (next - near) / cell * hard
    });
}

fn scratches(canvas: &mut Canvas, dice: &mut Dice) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    for _ in 0..10 + dice.below(120) {
        let (x, y, long) =
            (dice.between(0.0, width), dice.between(-200.0, height), dice.between(20.0, height));
        let lean = dice.between(-0.03, 0.03) * long;
        canvas.stroke(&[(x, y), (x + lean, y + long)], dice.between(0.5, 1.5));
    }
    for _ in 0..dice.below(900) {
        let (x, y, long) = (dice.between(0.0, width), dice.between(0.0, height), dice.between(2.0, 25.0));
        let (up, right) = (dice.normal() * long, dice.normal() * long);
        canvas.stroke(&[(x, y), (x + right, y + up), (x + right + up * 0.4, y)], dice.between(0.5, 1.2));
    }
}

fn jpeg_noise(canvas: &mut Canvas, dice: &mut Dice) {
    let (strength, seed) = (dice.between(0.3, 1.5), dice.next());
    let mean = dice.between(0.1, 0.6);
    canvas.each(|x, y| {
        let block = mixed((x as u64 / 8) << 32 ^ (y as u64 / 8) ^ seed);
        let ((u, v), sign) = ((block % 8, block / 8 % 8), if block >> 20 & 1 == 0 { 1.0 } else { -1.0 });
        let cos = |at: f32, n: u64| ((at % 8.0 + 0.5) * n as f32 * std::f32::consts::PI / 8.0).cos();
        mean + sign * strength * cos(x, u) * cos(y, v) * 0.6
    });
}

fn halftone(canvas: &mut Canvas, dice: &mut Dice) {
    let (pitch, angle, seed) = (dice.between(3.0, 14.0), dice.between(0.0, 90.0), dice.next());
    canvas.each(|x, y| {
        let shade = cloud(x, y, 220.0, seed);
        let dot = wave(across(x, y, angle), pitch) + wave(across(x, y, angle + 90.0), pitch);
        (dot / 2.0 - 1.0 + shade) * 5.0 + 0.5
    });
}

fn bricks(canvas: &mut Canvas, dice: &mut Dice) {
    let high = dice.between(5.0, 40.0);
    let (wide, joint) = (high * dice.between(1.0, 3.0), dice.between(1.0, 3.0));
    canvas.each(|x, y| {
        let row = (y / high).floor();
        let x = x + (row.rem_euclid(2.0)) * wide / 2.0;
        let is_joint = x.rem_euclid(wide) < joint || y.rem_euclid(high) < joint;
        (if is_joint { 1.0 } else { 0.0 }) + 0.05 * dice.normal()
    });
}

fn guilloche(canvas: &mut Canvas, dice: &mut Dice) {
    let (pitch, swing, long) = (dice.between(4.0, 20.0), dice.between(4.0, 40.0), dice.between(40.0, 200.0));
    let thick = dice.between(0.6, 1.6);
    let line = |at: f32| (thick + 0.5 - (at.rem_euclid(pitch) - pitch / 2.0).abs()).clamp(0.0, 1.0);
    canvas.each(|x, y| {
        let wavy = |phase: f32| y + swing * (x / long * std::f32::consts::TAU + phase).sin();
        line(wavy(0.0)).max(line(wavy(2.1))).max(line(wavy(4.2)))
    });
}
