//! Help in Vietnamese: the texts of `args` by command and argument. A test demands that none is missing.

use crate::args::LangArg;
use clap::Command;
use record::Lang;
use std::ffi::OsString;

/// The value of `--lang` before anything is parsed: help is printed while parsing.
pub(crate) fn flag(args: impl Iterator<Item = OsString>) -> Option<LangArg> {
    let args: Vec<String> = args.map(|a| a.to_string_lossy().into_owned()).collect();
    let value = args.iter().enumerate().find_map(|(i, arg)| match arg.strip_prefix("--lang") {
        Some("") => args.get(i + 1).map(String::as_str),
        Some(rest) => rest.strip_prefix('='),
        None => None,
    });
    match value {
        Some("vi") => Some(LangArg::Vi),
        Some("en") => Some(LangArg::En),
        _ => None,
    }
}

/// The command with its texts in this language.
pub(crate) fn command(command: Command, lang: Lang) -> Command {
    if lang == Lang::En { command } else { translated(command, "") }
}

fn translated(mut command: Command, path: &str) -> Command {
    if let Some(text) = text(path) {
        command = command.about(text).long_about(text);
    }
    let args: Vec<String> = command.get_arguments().map(|a| a.get_id().to_string()).collect();
    for id in args {
        if let Some(text) = text(&format!("{path} --{id}")).or_else(|| text(&format!("--{id}"))) {
            command = command.mut_arg(id, |a| a.help(text).long_help(text));
        }
    }
    let subs: Vec<String> = command.get_subcommands().map(|s| s.get_name().to_owned()).collect();
    for name in subs {
        let path = format!("{path} {name}").trim().to_owned();
        command = command.mut_subcommand(name, |s| translated(s, &path));
    }
    command
}

fn text(path: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(p, _)| *p == path.trim()).map(|(_, text)| *text)
}

/// Command path, or path and argument, or argument alone; the Vietnamese text.
const TEXTS: &[(&str, &str)] = &[
    ("", "Số hóa hồ sơ giấy thành kho lưu trữ có chữ ký, tìm kiếm được, dùng được tại tòa."),
    ("--lang", "Ngôn ngữ thông báo; mặc định theo môi trường (LANG=vi*)"),
    ("--json", "In từng dòng JSON, mỗi dòng có `type` và `v`"),
    ("--libdir", "Thư mục chứa hoso-worker, Pdfium và mô hình, khi không nằm cạnh chương trình"),
    ("--archive", "Thư mục kho"),
    ("--workers", "Số trang đọc cùng lúc; mặc định mỗi nhân một trang"),
    (
        "--engine",
        "Bộ đọc dòng chữ: của hoso ở mọi nơi đọc được (auto), của hoso hoặc báo lỗi (own), hay Tesseract (tesseract)",
    ),
    (
        "--layout",
        "Bộ tìm dòng chữ: của hoso trên trang chữ in thường (auto), hay Tesseract trên mọi trang (tesseract)",
    ),
    ("--kernels", "Tập lệnh mà bộ đọc dòng của hoso dùng; để kiểm thử"),
    ("--id", "Mã lô; không ghi thì lấy lô mới nhất phù hợp"),
    ("init", "Tạo kho: cấu hình, khóa thử nghiệm, kho rỗng, sổ theo dõi, chỉ mục"),
    ("init --archive", "Thư mục sẽ tạo; chưa có kho"),
    ("init --fonds", "Mã phông: chữ cái ASCII, chữ số, `.`, `-`"),
    ("init --agency", "Cơ quan lưu giữ kho"),
    (
        "init --on_network_disk",
        "Cho phép đặt kho trên đĩa mạng (NFS, SMB…), nơi mất điện hay đứt mạng có thể làm mất cả thứ đã báo là lưu xong",
    ),
    ("init --user", "Tên tài khoản cục bộ duy nhất"),
    ("init --password_file", "Tệp chứa mật khẩu; không có thì tự sinh và hiện một lần"),
    ("batch", "Việc chính: nhận, đọc, đóng gói, niêm phong, lưu và lập chỉ mục hồ sơ"),
    ("batch run", "Làm việc chính cho mọi hồ sơ trong một thư mục"),
    ("batch run --folder", "Thư mục lô: mỗi hồ sơ một thư mục con (hoặc một PDF, TIFF)"),
    ("batch run --secrecy", "Độ mật của cả lô, ví dụ `thuong`; batch.csv có thể ghi cho từng hồ sơ"),
    ("batch run --dry_run", "Chỉ xem: đếm hồ sơ và trang, nêu lỗi, không thay đổi gì"),
    ("batch status", "Các lô đang đến đâu"),
    ("batch resume", "Đi tiếp sau khi dừng, hoặc sau khi sửa tệp mà hồ sơ đang chờ; chỉ làm phần còn thiếu"),
    (
        "--without_missing",
        "Niêm phong cả hồ sơ có tệp không nhận được (liên kết, không có quyền, đang ghi…); gói ghi rõ tệp thiếu. Không có cờ này thì hồ sơ chờ đến khi sửa xong",
    ),
    (
        "--stamps_checked",
        "Niêm phong cả hồ sơ có trang đóng dấu độ mật: đã có người xem các trang nêu tên và chúng không mật. Không có cờ này thì hồ sơ chờ",
    ),
    (
        "--correct",
        "Lý do đính chính: hồ sơ đã lưu nay được đưa lại với nội dung khác sẽ có bản mới, bản cũ vẫn đọc được. Không có cờ này thì bản đã lưu giữ nguyên",
    ),
    ("--by", "Người quyết định đính chính: họ tên, chức vụ"),
    ("--may_remove", "Hồ sơ đính chính được phép thiếu tệp mà bản đã lưu đang có"),
    ("batch report", "Biên bản đối chiếu: nhận = lưu = chỉ mục, nếu không thì nêu tên"),
    ("ocr", "Đọc một tệp, không cần kho"),
    ("ocr --files", "Ảnh hoặc PDF"),
    ("ocr --format", "Dạng kết quả"),
    (
        "ocr --pdf",
        "Ảnh trong PDF: nguyên như khi nhận (faithful), hoặc tách lớp cho đường truyền hẹp (compact: nhỏ hơn nhiều, từng trang được so với bản gốc)",
    ),
    ("ocr --out", "Tệp (một đầu vào) hoặc thư mục (nhiều); không có thì in ra màn hình"),
    ("eval", "Đánh giá chữ đọc được: sai số so với dữ liệu chuẩn, trang kém nhất, trường thông tin"),
    (
        "eval --truth",
        "Dữ liệu chuẩn: một tệp văn bản, một thư mục văn bản hoặc ALTO, hoặc thư mục `truth` của bộ tự sinh",
    ),
    ("eval --hypothesis", "Kết quả đọc: tệp văn bản, thư mục tên tệp giống nhau, kho, hoặc hồ sơ đã xuất"),
    ("eval --worst", "Số trang kém nhất được nêu"),
    ("eval --html", "Ghi báo cáo đặt các trang đó cạnh nhau: ảnh, dữ liệu chuẩn, chữ đọc được"),
    ("search", "Tìm trong kho"),
    (
        "search --query",
        "Từ, \"cụm từ\", trộm HOẶC cướp, -không-có, khở*, =đúng-dấu, ~đọc-sai, bl:45, so:, dieu:, ngay:, nguoi:, loai:, ho-so:, cccd: (docs/search.md)",
    ),
    ("search --limit", "Số kết quả hiện"),
    ("search --offset", "Bỏ qua số kết quả đầu"),
    (
        "search --facets",
        "Các trang tìm được có gì chung: đơn vị, năm, loại án, loại văn bản, điều luật; mỗi mục bao nhiêu trang",
    ),
    ("search --group", "Một kết quả là gì: một trang, hay một hồ sơ với trang khớp nhất của nó"),
    ("search --explain", "Nói câu tìm được hiểu thế nào và vì sao mỗi kết quả đứng ở đó"),
    (
        "ask",
        "Các đoạn trả lời một câu hỏi, mỗi đoạn kèm chỗ đứng trong văn bản đã niêm phong; và đoạn như thế có đúng không",
    ),
    ("ask --question", "Một câu hỏi bằng lời thường"),
    ("ask --limit", "Số đoạn"),
    (
        "ask --check",
        "Nói từng đoạn trong tệp (dòng như --json in ra; - là đầu vào chuẩn) có đứng đúng chỗ đã nêu không",
    ),
    ("search --save", "Lưu câu tìm vào thư mục kho với tên này, thay câu cùng tên, rồi tìm"),
    ("search --saved", "Tìm theo câu đã lưu với tên này"),
    ("search --list_saved", "Liệt kê các câu tìm đã lưu"),
    ("search --forget", "Bỏ câu tìm đã lưu với tên này"),
    ("case", "Hồ sơ trong kho"),
    ("case related", "Hồ sơ có cùng người, cùng số văn bản, hoặc có trang gần giống"),
    ("case related --code", "Mã hồ sơ"),
    ("case show", "Hồ sơ gồm những gì: văn bản, trang, bút lục"),
    ("case show --code", "Mã hồ sơ; không ghi thì liệt kê tất cả"),
    (
        "case list",
        "Mục lục hồ sơ: mỗi hồ sơ một dòng, không mở hồ sơ nào; hoặc danh mục theo thông tư, ghi ra tệp",
    ),
    ("case list --profile", "Hai danh mục của thông tư này, hồ sơ và văn bản, lấy từ bảng kê đã niêm phong"),
    ("case list --out", "Tệp chưa có: TÊN.xlsx, hoặc TÊN.csv để có TÊN.ho-so.csv và TÊN.van-ban.csv"),
    ("case show --version", "Một bản trước, đếm từ 1"),
    ("case diff", "Hai bản của một hồ sơ khác nhau ở đâu: danh mục, trang, bút lục, chữ"),
    ("case diff --code", "Mã hồ sơ"),
    ("case diff --earlier", "Bản trước, đếm từ 1"),
    ("case diff --later", "Bản sau; không ghi thì lấy bản mới nhất"),
    ("case export", "Xuất hồ sơ để nơi khác dùng và kiểm tra được bằng công cụ thông thường"),
    ("case export --code", "Mã hồ sơ"),
    (
        "case export --profile",
        "Dạng xuất: gói theo Thông tư 05/2025 đúng như trong kho, túi BagIt chứa gói đó, gói trích ra để nộp (SIP) hay khai thác (DIP), hoặc thư mục cho Tòa án",
    ),
    ("case export --with_masters", "Với tt05-sip và tt05-dip: kèm tệp nhận được và chữ của từng trang"),
    ("case export --version", "Một bản trước; không ghi thì lấy bản mới nhất"),
    ("case export --zip", "Xuất thành một tệp zip"),
    (
        "case export --sign",
        "Thay cho gói: một thư mục gồm các tệp PDF, mỗi tệp là bản sao được ký ở mức này của ETSI EN 319 142-1, nơi nhận tự kiểm tra được",
    ),
    ("case export --agency", "Với --sign: khóa của cơ quan, theo tên trong hoso.toml"),
    ("case export --officer", "Với --sign: khóa của người có thẩm quyền, nếu người đó cùng ký"),
    (
        "case export --agency_secret_file",
        "Tệp chứa mật khẩu hoặc PIN của khóa cơ quan, chỉ chủ tệp đọc được; không có thì chương trình hỏi",
    ),
    (
        "case export --officer_secret_file",
        "Tệp chứa mật khẩu hoặc PIN của khóa người ký; không có thì chương trình hỏi",
    ),
    (
        "case export --out",
        "Thư mục hoặc tệp zip chưa tồn tại; mặc định là `urn_<phông>_uuid_<UUID>` tại thư mục hiện hành. Hồ sơ nhiều tập thành \
         một thư mục gồm nhiều gói: gói của hồ sơ và mỗi tập một gói",
    ),
    ("import", "Nhận hồ sơ từ kho khác hoặc hồ sơ đã xuất, giữ nguyên các bản và niêm phong"),
    (
        "import --source",
        "Kho, gốc lưu trữ hay đối tượng OCFL, hoặc hồ sơ đã xuất: thư mục, zip hay túi BagIt",
    ),
    (
        "import --anchor",
        "Chứng thư (PEM) của nơi cấp cho kho nguồn; được tin cậy từ đó về sau nếu hồ sơ được nhận cần đến",
    ),
    ("import --dry_run", "Chỉ kiểm tra và so sánh, không nhận gì"),
    (
        "import --secrecy",
        "Nhận gói do chương trình khác lập (túi BagIt, đối tượng OCFL, gói có METS): khai độ mật, ví dụ `thuong`. Gói được giữ nguyên, các trang được đọc như một lô",
    ),
    ("import --code", "Mã hồ sơ của gói đó, khi gói không nói hoặc cần mã khác"),
    ("import --title", "Tiêu đề của gói đó"),
    ("import --unit", "Đơn vị của gói đó"),
    ("import --year", "Năm của gói đó"),
    ("import --retention", "Thời hạn bảo quản của gói đó, ví dụ \"Vĩnh viễn\""),
    ("import --pages", "Thư mục trong gói chứa các trang, khi không phải chỗ thường lệ"),
    ("verify", "Kiểm tra kho hoặc hồ sơ đã xuất, không cần mạng; niêm phong hỏng thì mã thoát 7"),
    ("verify --path", "Kho, hồ sơ đã xuất (thư mục, zip hay túi BagIt), hoặc một tệp PDF"),
    (
        "verify --anchor",
        "Chứng thư (PEM) được tin cậy, hoặc thư mục: kho tin cậy, hay chứng thư cùng danh sách thu hồi và trả lời OCSP; kho có sẵn của mình",
    ),
    (
        "verify --seal",
        "Đường dẫn là một trang hay một tệp: thư mục `seal/` của gói chứa nó, có bảng kê và chữ ký",
    ),
    ("verify --at", "Thời điểm xét, ví dụ 2026-11-30T08:00:00+07:00; không ghi thì là bây giờ"),
    (
        "verify --checkpoint",
        "Điểm kiểm của nhật ký kho, giữ ở nơi khác: nhật ký hiện nay phải chứa đúng điểm kiểm đó",
    ),
    ("seal", "Niêm phong hồ sơ đã đối chiếu bằng chữ ký của người có thẩm quyền và của cơ quan"),
    ("seal --codes", "Các hồ sơ cần niêm phong, đều đã đối chiếu (`hoso case review`)"),
    ("seal --reviewed", "Niêm phong mọi hồ sơ đã đối chiếu mà chưa niêm phong"),
    ("seal --officer", "Khóa của người có thẩm quyền, theo tên trong hoso.toml"),
    ("seal --agency", "Khóa của cơ quan, theo tên trong hoso.toml"),
    ("seal --pages_on_paper", "Số trang đếm được trên giấy, của một hồ sơ chưa đối chiếu"),
    ("seal --counted_by", "Người đếm: họ tên, chức vụ. Không phải người ký"),
    (
        "seal --level",
        "Mức của hai chữ ký theo ETSI EN 319 122-1; không ghi thì theo hoso.toml. Mức b-t cần nối được máy chủ dấu thời gian; với b-b, thời gian do hồ sơ chứng cứ chứng minh, có thể làm sau",
    ),
    (
        "seal --pdf",
        "Tệp PDF trong kho mang chữ ký của ai: không (none), cơ quan (agency), cả hai (both); không ghi thì theo hoso.toml. Mỗi tệp được ký sẽ lưu thêm một lần",
    ),
    (
        "seal --pdf_level",
        "Mức của các chữ ký đó theo ETSI EN 319 142-1; không ghi thì theo hoso.toml. Từ b-t phải nối được máy chủ dấu thời gian, từ b-lt còn cần danh sách thu hồi",
    ),
    (
        "seal --granularity",
        "Một chữ ký cho từng hồ sơ (case) hay cho cả đợt (batch); không ghi thì theo hoso.toml",
    ),
    (
        "seal --officer_secret_file",
        "Tệp chứa mật khẩu hoặc PIN của khóa người ký, chỉ chủ tệp đọc được; không có thì chương trình hỏi",
    ),
    (
        "seal --agency_secret_file",
        "Tệp chứa mật khẩu hoặc PIN của khóa cơ quan; không có thì chương trình hỏi",
    ),
    ("case export --on_final_try", "Gửi PIN cả khi sai thêm một lần là token bị khóa"),
    ("seal --on_final_try", "Gửi PIN cả khi sai thêm một lần là token bị khóa"),
    ("key", "Khóa của người có thẩm quyền và của cơ quan"),
    ("key list", "Các khóa ghi trong hoso.toml: của ai, ở đâu, đến khi nào"),
    ("key show", "Mọi điều chứng thư của khóa ghi"),
    ("key show --name", "Tên khóa trong hoso.toml"),
    ("key trial", "Tạo khóa thử nghiệm của người có thẩm quyền và của cơ quan, không có giá trị pháp lý"),
    ("key trial --officer_name", "Họ tên người có thẩm quyền"),
    (
        "key ml-dsa",
        "Thử nghiệm: tạo khóa ML-DSA-65; từ đó mỗi niêm phong có thêm chữ ký thứ hai, không có giá trị pháp lý",
    ),
    ("trust", "Kho tin nơi cấp chứng thư nào, và biết gì về các chứng thư bị thu hồi"),
    ("trust list", "Mọi nơi cấp, với mục đích và trạng thái"),
    ("trust add", "Từ nay tin một nơi cấp"),
    ("trust add --file", "Chứng thư của nơi cấp (PEM); một tệp có nhiều chứng thư thì nhận từng cái"),
    ("trust add --purpose", "Cho việc gì; có thể ghi nhiều lần; không ghi thì cho chữ ký và dấu thời gian"),
    ("trust retire", "Nơi cấp thôi dùng, không có gì đáng ngờ: những gì ký trước đó vẫn đúng"),
    ("trust retire --fingerprint", "Vân tay (SHA-256) của chứng thư, hoặc phần đầu của nó"),
    ("trust retire --since", "Từ khi nào; không ghi thì từ bây giờ"),
    ("trust distrust", "Không còn tin nơi cấp: chỉ những gì được chứng minh là cũ hơn mới còn đúng"),
    ("trust distrust --fingerprint", "Vân tay (SHA-256) của chứng thư, hoặc phần đầu của nó"),
    ("trust distrust --since", "Từ khi nào; không ghi thì từ bây giờ"),
    (
        "trust add-revocation",
        "Nhận danh sách thu hồi và trả lời OCSP từ tệp, khi mạng không tới được nơi cấp",
    ),
    ("trust add-revocation --files", "Các tệp"),
    ("trust fetch", "Hỏi nơi cấp qua mạng xem chứng thư có bị thu hồi không, và giữ lại trả lời"),
    ("trust fetch --files", "Chứng thư (PEM) kèm nơi cấp, hoặc chữ ký (`manifest.p7s`)"),
    ("trust add --by", "Người quyết định"),
    ("trust add --reason", "Lý do"),
    ("trust retire --by", "Người quyết định"),
    ("trust retire --reason", "Lý do"),
    ("trust distrust --by", "Người quyết định"),
    ("trust distrust --reason", "Lý do"),
    ("verify --log_key", "Tệp khóa công khai của nhật ký, để kiểm tra thư mục cho Tòa án; kho đã có sẵn"),
    (
        "verify --time_anchor",
        "Tệp chứng thư gốc (PEM) của máy chủ dấu thời gian, để kiểm tra thư mục cho Tòa án; kho đã có sẵn",
    ),
    ("verify --report", "Ghi báo cáo để in: TỆP.html hoặc TỆP.pdf, chưa có sẵn"),
    ("case export --page", "Với court: chỉ một trang, đếm từ 1, là tệp gốc của trang đó"),
    (
        "case export --since",
        "Với court: số mục của điểm kiểm mà người đọc đang giữ, để chứng minh nhật ký nối tiếp nó",
    ),
    (
        "stamp",
        "Dấu thời gian cho những gì đã niêm phong: đóng cho những bản đang chờ, gia hạn những bản sắp hết hạn",
    ),
    ("stamp due", "Những bản phải gia hạn, kèm ngày được bảo vệ đến"),
    ("stamp due --within", "Số ngày kể từ nay"),
    ("stamp renew", "Gia hạn bằng một dấu thời gian mới trên các dấu cũ"),
    ("stamp renew --due", "Những bản được bảo vệ không quá số ngày này"),
    ("stamp renew --hash", "Băm lại bằng thuật toán này, trước khi thuật toán cũ yếu đi"),
    ("log", "Nhật ký minh bạch của kho: những gì đã lưu, theo thứ tự không ai sửa được mà không lộ"),
    ("log show", "Có bao nhiêu mục, gốc, ai đã ký, và các mục cuối"),
    ("log show --entries", "Số mục hiện ra"),
    ("log prove", "Ghi bằng chứng rằng một hồ sơ, hoặc một trang của hồ sơ, có trong nhật ký"),
    ("log prove --code", "Mã hồ sơ"),
    ("log prove --page", "Trang, đếm từ 1: tệp gốc chứa trang đó"),
    ("log prove --file", "Tệp trong gói, theo đường dẫn"),
    ("log prove --version", "Một bản trước, đếm từ 1; không ghi thì lấy bản mới nhất"),
    ("log prove --out", "Tệp để ghi; không có thì in ra màn hình"),
    (
        "log verify",
        "Kiểm tra bằng chứng đó, không cần mạng, không cần kho; không chứng minh được thì mã thoát 7",
    ),
    ("log verify --proof", "Bằng chứng"),
    ("log verify --file", "Trang hoặc tệp được chứng minh"),
    ("log verify --key", "Tệp khóa công khai của nhật ký, `log.vkey`"),
    ("log verify --witness", "Tệp khóa công khai của nhân chứng phải đã ký; có thể ghi nhiều lần"),
    ("log trust", "Từ nay tin một nhân chứng"),
    ("log trust --key", "Tệp khóa công khai của nhân chứng, `witness.vkey`"),
    ("log trust --url", "Địa chỉ của nhân chứng, ví dụ http://10.1.2.3:8090"),
    ("log cosign", "Xin mọi nhân chứng nối mạng được ký điểm kiểm mới nhất"),
    ("log export-checkpoint", "Ghi tệp để mang đến nhân chứng không nối mạng"),
    ("log export-checkpoint --out", "Tệp để ghi; không có thì in ra màn hình"),
    (
        "log export-checkpoint --witness",
        "Tên nhân chứng: chứng minh nối tiếp từ lần ký trước của nhân chứng đó",
    ),
    ("log export-checkpoint --old", "Số mục mà nhân chứng đã ký lần trước, khi kho này không biết"),
    ("log import-cosignature", "Nhận chữ ký của nhân chứng"),
    ("log import-cosignature --file", "Tệp do `hoso witness cosign` ghi"),
    ("log print", "In điểm kiểm mới nhất thành mã QR kèm âm tiết của gốc, để dán vào sổ niêm phong"),
    ("log print --out", "SVG (một tờ) hoặc PNG (riêng mã QR), theo đuôi tệp"),
    ("witness", "Nhân chứng do đơn vị cấp trên giữ: ký điểm kiểm nhật ký của các kho và ghi nhớ"),
    ("witness init", "Tạo nhân chứng: thư mục có khóa và những gì đã ghi nhớ"),
    ("witness init --name", "Tên, ví dụ vks-tinh.example/witness; không có khoảng trắng, không có `+`"),
    ("--folder", "Thư mục của nhân chứng"),
    ("witness watch", "Từ nay theo dõi nhật ký của một kho"),
    ("witness watch --key", "Tệp khóa công khai của nhật ký, `log.vkey`"),
    ("witness cosign", "Ký tệp do `hoso log export-checkpoint` ghi, nếu nối tiếp những gì đã ký"),
    ("witness cosign --request", "Tệp được mang đến"),
    ("witness cosign --out", "Tệp để ghi và mang về; không có thì in ra màn hình"),
    ("witness serve", "Ký qua HTTP"),
    ("witness serve --listen", "Địa chỉ và cổng; cổng 0 là cổng trống bất kỳ"),
    ("archive", "Giữ kho: kiểm tra từng byte, sửa chỗ hỏng, giữ bản sao thứ hai"),
    (
        "archive check",
        "Đọc từng byte của hồ sơ, hồ sơ lâu chưa đọc nhất trước, và ghi biên bản có chữ ký; có hư hỏng thì mã thoát 7",
    ),
    ("archive check --subset", "Một phần trong nhiều phần, ví dụ 3/7: mỗi hồ sơ thuộc đúng một phần"),
    ("archive check --since", "Chỉ hồ sơ chưa được kiểm tra trong chừng ấy thời gian, ví dụ 90d hoặc 12h"),
    (
        "archive check --due",
        "Chỉ hồ sơ chưa được kiểm tra trong 90 ngày: chạy hằng ngày thì mọi byte được đọc lại trong hạn đó",
    ),
    ("archive check --budget", "Dừng trước khi đọc quá chừng này, ví dụ 500GB"),
    ("archive check --jobs", "Số hồ sơ đọc cùng lúc; mặc định mỗi nhân một hồ sơ"),
    (
        "archive minutes",
        "In biên bản để ký trên giấy: kiểm tra, sao lưu, phục hồi, diễn tập, sự cố, khắc phục, hủy hồ sơ",
    ),
    ("archive minutes --incident", "Biên bản sự cố: hư hỏng trong báo cáo và việc khắc phục sau đó"),
    ("archive minutes --repair", "Biên bản khắc phục của một hồ sơ"),
    ("archive minutes --destruction", "Biên bản của một đề nghị hủy: danh mục hồ sơ và việc hủy"),
    ("archive check --replica", "Kiểm tra bản sao này của kho thay vì kho: thư mục hoặc s3://BUCKET/THƯ_MỤC"),
    ("archive backup", "Sao lưu mọi hồ sơ, có mã hóa; chỉ đọc và ghi phần mới"),
    ("archive backup --to", "Kho sao lưu, nằm ngoài kho"),
    ("archive backup --new", "Tạo kho sao lưu trước, trong thư mục chưa có hoặc rỗng"),
    ("--password_file", "Tệp chứa mật khẩu của kho sao lưu, chỉ chủ tệp đọc được; không có thì hỏi"),
    ("archive backups", "Liệt kê các bản trong kho sao lưu"),
    ("archive backups --from", "Kho sao lưu"),
    (
        "archive restore",
        "Phục hồi một bản sao lưu vào thư mục mới: kho không có khóa của trạm, tìm kiếm được ngay",
    ),
    ("archive restore --from", "Kho sao lưu"),
    ("archive restore --to", "Thư mục chưa có hoặc rỗng"),
    ("--snapshot", "Phần đầu mã của một bản sao lưu; không ghi thì lấy bản mới nhất"),
    (
        "archive drill",
        "Diễn tập: phục hồi hồ sơ mới nhất và một phần ngẫu nhiên ra chỗ tạm, kiểm tra và tìm kiếm ở đó, ghi báo cáo có chữ ký; hỏng hoặc thiếu thì mã thoát 7",
    ),
    ("archive drill --from", "Phục hồi từ kho sao lưu này"),
    ("archive drill --replica", "Phục hồi từ bản sao này"),
    ("archive drill --sample", "Phần hồ sơ chọn ngẫu nhiên, ít nhất một hồ sơ"),
    ("archive drill --newest", "Số hồ sơ mới nhất, ngoài phần ngẫu nhiên"),
    ("archive drill --scratch", "Chỗ tạm để phục hồi; không ghi thì dùng thư mục work của kho"),
    ("archive drill --keep", "Giữ lại bản đã phục hồi"),
    ("archive drill --rocfl", "Chương trình kiểm tra rocfl, khi không nằm trong PATH"),
    ("archive drill --ocfl_py", "Chương trình kiểm tra ocfl-root.py của ocfl-py, khi không nằm trong PATH"),
    ("archive minutes --of", "Biên bản của việc gì, khi lấy lần mới nhất"),
    ("archive minutes --report", "Thư mục của báo cáo; không ghi thì lấy lần mới nhất"),
    ("archive minutes --paper", "Ghi biên bản để in và ký: TỆP.html hoặc TỆP.pdf, chưa có sẵn"),
    ("archive repair", "Sửa chỗ hỏng bằng byte của bản sao khớp với niêm phong; không xóa gì"),
    ("archive repair --codes", "Mã hồ sơ; không ghi thì kiểm tra mọi hồ sơ và sửa hồ sơ hỏng"),
    ("archive repair --from", "Bản sao mà `hoso archive replicate` ghi: thư mục hoặc s3://BUCKET/THƯ_MỤC"),
    ("archive replicate", "Đưa vào bản sao thứ hai mọi thứ bản đó còn thiếu; không bao giờ ghi đè thứ đã có"),
    (
        "archive replicate --target",
        "Nơi để bản sao: thư mục hoặc s3://BUCKET/THƯ_MỤC; chưa có, rỗng, hoặc bản sao của kho này",
    ),
    (
        "archive replicate --carry_out_destructions",
        "Hủy cả ở bản sao những hồ sơ đã hủy ở kho; không có cờ này thì chỉ báo",
    ),
    ("archive retention", "Liệt kê hồ sơ hết thời hạn lưu trữ để xem xét hủy, và hồ sơ không rõ thời hạn"),
    ("archive retention --as_of", "Tính đến ngày này, ví dụ 2040-01-01; mặc định là hôm nay"),
    ("archive retention --all", "Mọi hồ sơ, kể cả hồ sơ còn trong thời hạn"),
    ("archive destroy", "Hủy hồ sơ hết thời hạn theo quyết định của hai người; để lại bia hồ sơ có chữ ký"),
    ("archive destroy propose", "Đề nghị hủy; in số của đề nghị. Người đề nghị là người thứ nhất"),
    ("archive destroy propose --codes", "Mã hồ sơ"),
    ("archive destroy propose --by", "Người đề nghị: họ tên, chức vụ"),
    ("archive destroy propose --reason", "Lý do"),
    ("archive destroy approve", "Phê duyệt một đề nghị, với tư cách người thứ hai"),
    ("archive destroy approve --id", "Số của đề nghị"),
    ("archive destroy approve --by", "Người phê duyệt: họ tên, chức vụ"),
    ("archive destroy carry-out", "Thực hiện đề nghị đã phê duyệt: hồ sơ rời kho vĩnh viễn"),
    ("archive destroy carry-out --id", "Số của đề nghị"),
    ("archive destroy list", "Mọi đề nghị và tình trạng"),
    (
        "case review",
        "Xác nhận đã đếm giấy: đúng bằng số trang trong gói, nếu không thì từ chối và nêu số lệch",
    ),
    ("case review --code", "Mã hồ sơ"),
    ("case review --by", "Người đếm: họ tên, chức vụ"),
    ("case review --pages_on_paper", "Số trang đếm được trên giấy"),
    ("case hold", "Giữ hồ sơ: không bị hủy cho đến khi có người bỏ giữ"),
    ("case hold --code", "Mã hồ sơ"),
    ("case hold --reason", "Lý do"),
    ("case hold --by", "Người yêu cầu: họ tên, chức vụ"),
    ("case release", "Bỏ giữ"),
    ("case release --code", "Mã hồ sơ"),
    ("case release --reason", "Lý do"),
    ("case release --by", "Người yêu cầu: họ tên, chức vụ"),
    ("index", "Chỉ mục và sổ theo dõi: dựng lại được từ kho"),
    ("index rebuild", "Dựng lại chỉ mục và sổ theo dõi từ kho"),
    (
        "index lexicon",
        "Các chữ mà tìm kiếm có thể điền dấu hoặc gợi ý khi gõ sai: bản đã công bố, hoặc công bố bản mới",
    ),
    (
        "index lexicon --publish",
        "Đếm chữ trong kho và công bố những chữ có ở ít nhất 5 đơn vị và 50 hồ sơ thuộc loại thường",
    ),
    ("serve", "Tìm kiếm, đọc và trình chiếu tại tòa trong trình duyệt"),
    ("serve --listen", "Địa chỉ và cổng; cổng 0 là cổng trống bất kỳ"),
    ("config", "Cấu hình của kho"),
    ("config show", "In cấu hình"),
    ("doctor", "Đã cài gì, bản nào, thiếu gì và cách có được"),
    ("doctor --archive", "Xem cả một kho: phần bị cách ly, tệp lạ, hồ sơ biến mất"),
    ("man", "In trang hướng dẫn (man), hoặc ghi mọi trang vào một thư mục"),
    ("man --folder", "Thư mục để ghi"),
    ("completions", "In phần gợi ý lệnh cho shell"),
    ("completions --shell", "Tên shell"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::CommandFactory;

    fn walk(command: &Command, path: &str, missing: &mut Vec<String>) {
        if text(path).is_none() {
            missing.push(path.to_owned());
        }
        for arg in command.get_arguments().map(|a| a.get_id().as_str()) {
            if text(&format!("{path} --{arg}")).or_else(|| text(&format!("--{arg}"))).is_none() {
                missing.push(format!("{path} --{arg}"));
            }
        }
        for sub in command.get_subcommands() {
            walk(sub, format!("{path} {}", sub.get_name()).trim(), missing);
        }
    }

    #[test]
    fn every_text_is_translated() {
        Cli::command().debug_assert();
        let mut missing = Vec::new();
        walk(&Cli::command(), "", &mut missing);
        assert!(missing.is_empty(), "{missing:?}");
    }
}
