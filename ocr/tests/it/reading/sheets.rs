//! What a sheet of paper and a scanner add to the print: the other side, the lid past the edges and through punched holes, dust.

use super::{TEXT, error_rate, picture, read};
use native::PageRaster;
use ocr::without_back;

const DPI: u32 = 300;
/// What stands on the other side, and on a page that is none.
const BACK: &str = "Người làm chứng khai rằng chiều hôm đó trời mưa rất to\n\
nên đường phố vắng người, chỉ có một chiếc xe tải dừng ở cổng chợ\n\
với hai thanh niên bốc dỡ hàng hóa xuống vỉa hè trước cửa hiệu\n\
tạp hóa của bà Phượng, sau đó họ rời đi theo hướng bến phà cũ\n\
và không ai trong số những người có mặt nhìn rõ biển kiểm soát\n\
cho đến khi lực lượng tuần tra phát hiện chiếc xe bỏ lại bên đường\n\
cách hiện trường khoảng hai cây số về phía thượng nguồn con sông";
const OTHER: &str = "Biên bản được lập thành ba bản có giá trị như nhau\n\
giao cho bên liên quan giữ một bản, một bản lưu tại hồ sơ vụ án,\n\
bản còn lại gửi cơ quan chuyên môn để theo dõi và đối chiếu khi cần\n\
thiết, mọi sửa chữa phải được các bên ký xác nhận ngay bên cạnh,\n\
người chứng kiến đã nghe đọc lại toàn bộ nội dung, thừa nhận đúng\n\
và cùng ký tên dưới đây trước sự có mặt của đại diện chính quyền\n\
địa phương nơi xảy ra sự việc vào hồi mười giờ ba mươi cùng ngày";

const AT: [&str; 3] = ["+300+500", "+300+1400", "+300+2300"];

fn text(said: &'static str, ats: &[&'static str]) -> Vec<&'static str> {
    ats.iter().flat_map(|at| ["-annotate", *at, said]).collect()
}

/// A page of text; with `back`, that text shows through, mirrored, a little moved, as dark as `ghost` says.
fn page(said: &'static str, ghost: Option<(&'static str, &str)>) -> PageRaster {
    let fill = ghost.map_or(String::new(), |(_, grey)| format!("gray({grey})"));
    let mut draw = text(said, &AT[..1]);
    if let Some((back, _)) = ghost {
        draw.extend(["(", "-size", "2481x3507", "xc:white", "-fill", &fill]);
        draw.extend(text(back, &AT));
        draw.extend(["-flop", "-roll", "+14+21", ")", "-compose", "multiply", "-composite"]);
    }
    picture(DPI, 1, &draw)
}

fn back(said: &'static str) -> PageRaster {
    picture(DPI, 1, &text(said, &AT))
}

#[test]
fn what_shows_through_is_taken_out_with_the_back_and_more_is_read() {
    // 30 and 15 % of the ink
    for grey in ["178", "217"] {
        let front = page(TEXT, Some((BACK, grey)));
        let cleared = without_back(&front, [back(OTHER), back(BACK)]).expect("the second is behind it");
        let with = read(&front);
        let without = read(&cleared);
        // as dark as that it keeps layout from the first reading of the page
        assert!(
            grey != "178" || error_rate(&without) < error_rate(&with),
            "{} {}",
            without.recipe,
            with.recipe
        );
        assert!(error_rate(&without) < 0.005 && without.recipe.rung == 1, "{grey}: {}", without.recipe);
        // the strokes of the print are as they were
        let print = |page: &PageRaster| page.pixels().iter().map(|v| *v < 120).collect::<Vec<_>>();
        assert!(print(&cleared) == print(&front), "{grey}");
        let pale = |page: &PageRaster| page.pixels().iter().filter(|v| (120..230).contains(*v)).count();
        assert!(pale(&cleared) * 4 < pale(&front), "{grey}: {} of {}", pale(&cleared), pale(&front));
    }
}

#[test]
fn a_page_that_is_not_the_back_changes_no_byte() {
    let front = page(TEXT, Some((BACK, "190")));
    assert!(without_back(&front, [back(OTHER), back(TEXT), picture(DPI, 1, &[])]).is_none());
    // a back of another size, and a page on which nothing is pale: its neighbours are not even asked for
    assert!(without_back(&front, [picture(200, 1, &["-rotate", "90"])]).is_none());
    let clean = page(TEXT, None);
    assert!(without_back(&clean, std::iter::from_fn(|| panic!("not asked for"))).is_none());
}

#[test]
fn borders_and_holes_are_no_text_and_hide_none() {
    let plain = ["-annotate", "+420+700", TEXT];
    let lid = "polygon 0,0 40,0 95,3507 0,3507 polygon 0,3440 2481,3400 2481,3507 0,3507 \
               circle 130,1280 130,1247 circle 130,2225 130,2192 polygon 2481,0 2481,3507 2400,3507 2440,0";
    let with = [&plain[..], &["-fill", "rgb(18,18,20)", "-draw", lid]].concat();
    let (plain, with) = (read(&picture(DPI, 1, &plain)), read(&picture(DPI, 1, &with)));
    let body = |reading: &ocr::PageReading| reading.outcome.text().map(|t| t.body()).unwrap_or_default();
    assert_eq!(body(&with), body(&plain));
    assert!(error_rate(&with) <= 0.01, "{}", error_rate(&with));
}

#[test]
fn dust_costs_neither_text_nor_the_dots_of_tones() {
    const DOTS: &str = "Mệnh lệnh được đọc tại trụ sở, cạnh chợ Mộc Bội, một buổi chiều đẹp trời\n\
        bị can nhận một hộp bịt kín, ngoại hình lạ, đựng vật dụng cũ, thực phẩm nguội\n\
        Nội dung: việc tự nguyện nộp lại ........................ đồng tại trại giam\n\
        Họ lập tức thực hiện nhiệm vụ, mượn thợ mộc dựng lại trạm gác sập";
    let bilevel = |dpi: u32, dust: bool| {
        let at = format!("+{dpi}+{dpi}");
        let page = picture(dpi, 1, &["-annotate", &at, DOTS]);
        let mut pixels: Vec<u8> = page.pixels().iter().map(|v| if *v < 140 { 0 } else { 255 }).collect();
        // one speck on each square inch or so
        for n in (0..90_usize).filter(|_| dust) {
            let (x, y) = (n * 7919 % page.size.width_px as usize, n * 104_729 % page.size.height_px as usize);
            pixels[y * page.size.width_px as usize + x] = 0;
        }
        PageRaster::from_pixels(page.size, 1, true, pixels)
    };
    for dpi in [100, 200] {
        let read = |dust| read(&bilevel(dpi, dust)).outcome.text().map(|t| t.body()).unwrap_or_default();
        let rate = |body: &str| vitext::cer::cer(DOTS, body, vitext::cer::Level::Exact).rate();
        let (clean, dusty) = (read(false), read(true));
        assert!(rate(&dusty) <= rate(&clean) + 0.005, "{dpi}: {dusty}");
        assert!(rate(&clean) < 0.03, "{dpi}: {clean}");
    }
}
