//! A proposal to destroy as minutes: before it is carried out the list of case files to be considered (danh mục hồ sơ hết giá
//! trị), afterwards the minutes of their destruction (biên bản hủy). The circular's own form was not at hand.

use super::sheet::Minutes;
use crate::bench::find_object;
use crate::config::{ArchiveConfig, Layout};
use crate::destruction::{Tombstone, proposals};
use crate::ledger::Ledger;
use crate::volumes::counts;
use crate::{Obstacle, PipelineError, ProposedCase, pack};
use archive_store::{Archive, ArchiveReader};
use record::{Clock, Lang};
use std::path::Path;

/// Minutes of a proposal, by its number. Titles stand in them as long as the case file is there: the archive keeps none of
/// what was destroyed.
pub fn destruction_minutes(
    root: &Path,
    no: u64,
    clock: &dyn Clock,
    lang: Lang,
) -> Result<Minutes, PipelineError> {
    let found = proposals(root, clock)?.into_iter().find(|proposal| proposal.no == no);
    let proposal = found
        .ok_or_else(|| PipelineError::Refused { case: None, why: Box::new(Obstacle::NoProposal(no)) })?;
    let layout = Layout { root: root.to_owned() };
    let config = ArchiveConfig::read(&layout.config())?;
    let (store, ledger) = (Archive::open_read(root)?, Ledger::open_if_there(&layout.ledger())?);
    let is_done = proposal.is_carried_out();
    let mut sheet = match is_done {
        true => Minutes::new(
            lang,
            &config.agency,
            "BIÊN BẢN HỦY HỒ SƠ HẾT GIÁ TRỊ",
            "MINUTES OF THE DESTRUCTION OF CASE FILES",
        ),
        false => Minutes::new(
            lang,
            &config.agency,
            "DANH MỤC HỒ SƠ HẾT GIÁ TRỊ, XEM XÉT HỦY",
            "CASE FILES CONSIDERED FOR DESTRUCTION",
        ),
    };
    sheet.row("Cơ quan lưu trữ", "Archive of", &config.agency);
    sheet.row("Mã kho", "Archive's id", &config.id);
    sheet.row("Đề nghị số", "Proposal", proposal.no);
    sheet.row("Người đề nghị", "Proposed by", format!("{}, {}", proposal.by, proposal.at));
    sheet.row("Lý do", "Reason", &proposal.reason);
    for (by, at) in &proposal.approvals {
        sheet.row("Người phê duyệt", "Approved by", format!("{by}, {at}"));
    }
    let state = match proposal.state() {
        "carried-out" => lang.pick("đã hủy xong", "carried out"),
        "approved" => lang.pick("đã phê duyệt, chưa hủy xong", "approved, not carried out"),
        _ => lang.pick("chờ người thứ hai phê duyệt", "waits for a second person"),
    };
    sheet.row("Tình trạng", "State", state);
    sheet.row("Số hồ sơ", "Case files", proposal.cases.len());
    for (case, place) in proposal.cases.iter().zip(1u32..) {
        sheet.line("");
        sheet.line(format!("{place}. {}", case.code));
        if case.is_destroyed {
            destroyed(&mut sheet, &store, case, lang);
        } else if let Some(object) = find_object(&config, &store, &ledger, &case.code)? {
            let record = pack::read_case(&object)?;
            sheet.row("   Tiêu đề", "   Title", &record.case.header.title);
            let (documents, pages) = counts(&record);
            sheet.row("   Văn bản / trang", "   Documents / pages", format!("{documents} / {pages}"));
            sheet.row("   Bản", "   Version", case.version);
        }
        sheet.row("   Thời hạn lưu trữ đến hết năm", "   To be kept until the end of", case.kept_until);
        sheet.row("   Căn cứ", "   Basis", format!("{} ({})", case.basis, case.rule));
    }
    Ok(match is_done {
        true => sheet.signed_by(["NGƯỜI THỰC HIỆN", "NGƯỜI CHỨNG KIẾN"], ["CARRIED OUT BY", "WITNESSED BY"]),
        false => sheet.signed_by(["NGƯỜI LẬP DANH MỤC", "NGƯỜI PHÊ DUYỆT"], ["LISTED BY", "APPROVED BY"]),
    })
}

/// What the tombstone says of it.
fn destroyed(sheet: &mut Minutes, store: &ArchiveReader, case: &ProposedCase, lang: Lang) {
    let stone = store.tombstone(&case.id).and_then(|folder| Tombstone::read(&folder).ok());
    let Some((stone, digest)) = stone else {
        sheet.line(lang.pick("   KHÔNG CÒN BIA HỒ SƠ", "   ITS TOMBSTONE IS GONE"));
        return;
    };
    sheet.row("   Đã hủy lúc", "   Destroyed", &stone.destroyed);
    sheet.row("   Văn bản / trang", "   Documents / pages", format!("{} / {}", stone.documents, stone.pages));
    let volumes = stone.volumes.iter().flat_map(|volume| &volume.versions);
    let versions = || stone.versions.iter().chain(volumes.clone());
    let files: u64 = versions().map(|version| version.files).sum();
    let bytes: u64 = versions().map(|version| version.bytes).sum();
    let counts = format!("{} / {files} / {bytes}", stone.versions.len());
    sheet.row("   Bản / tệp / byte", "   Versions / files / bytes", counts);
    sheet.row("   Bia hồ sơ, SHA-256", "   Tombstone, SHA-256", digest);
}
