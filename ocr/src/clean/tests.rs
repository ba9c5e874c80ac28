use super::*;
use record::PageSize;

/// A page at `dpi` with 40 lines of letter-like bars; `ink` and `paper` are grey levels, letters `x_px` tall.
fn page(dpi: u32, x_px: u32, ink: u8, paper: u8) -> Grey<'static> {
    let (width, height) = (dpi * 8, dpi * 11);
    let mut pixels = vec![paper; (width * height) as usize];
    let pitch = x_px * 3;
    for line in 0..(height - 2 * dpi) / pitch {
        for letter in 0..(width - 2 * dpi) / x_px {
            let (left, top) = (dpi + letter * x_px, dpi + line * pitch);
            for y in top..top + x_px {
                let row = &mut pixels[(y * width) as usize..][..width as usize];
                // an upright and a foot, as of the letter L
                let right = if y + x_px / 4 >= top + x_px { left + x_px * 3 / 4 } else { left + x_px / 4 };
                row[left as usize..right as usize].fill(ink);
            }
        }
    }
    Grey::new(width, height, pixels)
}

fn size(grey: &Grey<'_>, dpi: u32) -> PageSize {
    PageSize { width_px: grey.width, height_px: grey.height, dpi }
}

const AIMS: Aims = Aims {
    clean_capital_px: 36.0,
    worn_capital_px: 28.0,
    clean_noise: 3.0,
    default_dpi: 200,
    level_from_degrees: 0.3,
};

#[test]
fn capitals_are_measured_in_pixels_of_the_page() {
    for (dpi, x_px) in [(300, 24), (200, 16), (100, 8)] {
        let grey = page(dpi, x_px, 20, 250);
        let look = Look::at(&grey, dpi);
        let capital = look.capital_px.unwrap();
        let expected = x_px as f32 * 1.42;
        assert!((capital / expected - 1.0).abs() < 0.12, "{dpi}: {capital} for {expected}");
        assert!(look.letters.len() > 200, "{}", look.letters.len());
    }
}

#[test]
fn low_contrast_is_stretched_and_full_contrast_is_not() {
    let faint = page(200, 16, 190, 230);
    let look = Look::at(&faint, 200);
    let plan = Plan::for_page(size(&faint, 200), false, &look, &AIMS);
    let out =
        plan.carry_out(&faint, size(&faint, 200), &look.paper, &(0..plan.working_px(size(&faint, 200)).1));
    let (least, most) = (out.pixels.iter().min().unwrap(), out.pixels.iter().max().unwrap());
    assert!(*least < 80 && *most > 250, "{least} {most}");

    let full = page(200, 16, 20, 255);
    let look = Look::at(&full, 200);
    assert!((Plan::for_page(size(&full, 200), false, &look, &AIMS).gain - 1.0).abs() < 0.05);
}

#[test]
fn small_print_is_enlarged_and_coarse_print_reduced() {
    let aim = |dpi, x_px| {
        let grey = page(dpi, x_px, 20, 250);
        Plan::for_page(size(&grey, dpi), false, &Look::at(&grey, dpi), &AIMS).scale
    };
    assert!(aim(100, 8) > 1.5);
    assert!(aim(600, 48) < 0.7);
    assert_eq!(aim(300, 26), 1.0);
}

#[test]
fn a_shadow_is_taken_out() {
    let mut grey = page(200, 16, 60, 250);
    let width = grey.width as usize;
    for (i, v) in grey.pixels.to_mut().iter_mut().enumerate() {
        *v = (u32::from(*v) * (100 - (i % width * 50 / width) as u32) / 100) as u8;
    }
    let look = Look::at(&grey, 200);
    let plan = Plan::for_page(size(&grey, 200), false, &look, &AIMS);
    assert!(plan.flatten);
    let out = plan.carry_out(&grey, size(&grey, 200), &look.paper, &(0..plan.working_px(size(&grey, 200)).1));
    let corner = |x: usize, y: usize| out.pixels[y * out.width as usize + x];
    let right = out.width as usize - 60;
    assert!(corner(60, 60) > 240 && corner(right, 60) > 240, "{} {}", corner(60, 60), corner(right, 60));
}

#[test]
fn nothing_is_measured_on_an_empty_or_tiny_page() {
    for (width, height) in [(1, 1), (3, 700), (1700, 2200)] {
        let grey = Grey::new(width, height, vec![240; (width * height) as usize]);
        let look = Look::at(&grey, 200);
        assert_eq!((look.capital_px, look.components.len(), look.ink_depth), (None, 0, None));
        let plan = Plan::for_page(size(&grey, 200), false, &look, &AIMS);
        let out =
            plan.carry_out(&grey, size(&grey, 200), &look.paper, &(0..plan.working_px(size(&grey, 200)).1));
        assert!(out.width >= 1 && out.height >= 1);
    }
}

#[test]
fn some_rows_come_out_as_with_the_whole() {
    let (width, height) = (300, 900);
    let texture = |at: u32| (at % width * 7 + at / width * 13) % 61 + (at / width / 20 % 2) * 90 + 60;
    let grey = Grey::new(width, height, (0..width * height).map(|at| texture(at) as u8).collect());
    let page = size(&grey, 200);
    let look = Look::at(&grey, 200);
    let plain = Plan { scale: 1.0, flatten: false, dead_zone: 5, gain: 1.2, degrees: 0.0, soften: false };
    for plan in [
        plain,
        Plan { scale: 0.8, soften: true, ..plain },
        Plan { scale: 1.3, flatten: true, ..plain },
        Plan { scale: 0.7, degrees: 1.5, flatten: true, ..plain },
        Plan { degrees: 4.5, ..plain },
    ] {
        let (across, down) = plan.working_px(page);
        let whole = plan.carry_out(&grey, page, &look.paper, &(0..down));
        for rows in [0..40, 200..260, down - 30..down] {
            let part = plan.carry_out(&grey, page, &look.paper, &rows);
            let same = &whole.pixels[(rows.start * across) as usize..(rows.end * across) as usize];
            assert_eq!((part.width, part.height), (across, rows.len() as u32));
            let most = part.pixels.iter().zip(same).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(most <= Some(2), "{plan:?} {rows:?}: {most:?}");
        }
    }
}
