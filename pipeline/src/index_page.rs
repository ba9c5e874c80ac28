//! What the index is told of a page: its text, and what the fields of its document say of it.

use index::{CaseKind, IndexPage};
use record::{CaseFile, DocType, Document, Field, Page, PageText};
use std::collections::BTreeMap;

/// A page of a document. Of the document's fields only what needs no person's look goes into the index; a number or a person on
/// the page where it was read, the issuing units on all pages.
pub(crate) fn index_page(document: &Document, page: &Page, text: Option<PageText>) -> IndexPage {
    let fields = &document.fields;
    let number = fields.number.as_ref().and_then(|field| on_page(field, page));
    let symbol = fields.symbol.as_ref().and_then(|field| on_page(field, page));
    let units = [&fields.issuing_body, &fields.superior_body];
    let persons = fields.persons.iter().filter_map(|person| on_page(&person.name, page));
    let signer = fields.signer.as_ref().and_then(|field| on_page(field, page)).map(|signer| &signer.name);
    IndexPage {
        document: document.no,
        page: page.no,
        folio: page.folio.as_ref().map(|f| f.label.clone()),
        doc_type: document.doc_type,
        date: document.date,
        number: number.zip(symbol).map(|(number, symbol)| format!("{number}/{symbol}")),
        units: units
            .into_iter()
            .flatten()
            .filter_map(Field::accepted)
            .map(|unit| unit.name.clone())
            .collect(),
        persons: persons.chain(signer).cloned().collect(),
        text,
    }
}

/// What a field says, if it was read on this page and is a fact.
fn on_page<'a, T>(field: &'a Field<T>, page: &Page) -> Option<&'a T> {
    let places = &field.reading().places;
    let is_here = places.is_empty() || places.iter().any(|place| place.page == page.no);
    field.accepted().filter(|_| is_here)
}

/// Which procedure a case file belongs to: that which the symbols of most of its documents name; of one with an indictment or a
/// conclusion of the investigation, and no such symbol, the criminal one.
pub(crate) fn case_kind(case: &CaseFile) -> Option<CaseKind> {
    let symbols = case.documents.iter().filter_map(|document| document.fields.symbol.as_ref()?.accepted());
    let mut counts: BTreeMap<CaseKind, usize> = BTreeMap::new();
    for kind in symbols.filter_map(|symbol| CaseKind::of_symbol(symbol)) {
        *counts.entry(kind).or_default() += 1;
    }
    let of_symbols = counts.iter().max_by_key(|(kind, count)| (**count, std::cmp::Reverse(**kind)));
    let is_criminal =
        |document: &Document| matches!(document.doc_type, Some(DocType::CaoTrang | DocType::KetLuanDieuTra));
    of_symbols
        .map(|(kind, _)| *kind)
        .or_else(|| case.documents.iter().any(is_criminal).then_some(CaseKind::HinhSu))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_name_the_procedure() {
        for (symbol, kind) in [
            ("2021/HS-ST", Some(CaseKind::HinhSu)),
            ("HSST", Some(CaseKind::HinhSu)),
            ("2019/HNGĐ-PT", Some(CaseKind::HonNhan)),
            ("DSPT", Some(CaseKind::DanSu)),
            ("LĐ-ST", Some(CaseKind::LaoDong)),
            ("CT-VKS-P1", None),
            ("QĐ-VKSHS", None),
        ] {
            assert_eq!(CaseKind::of_symbol(symbol), kind, "{symbol}");
        }
    }
}
