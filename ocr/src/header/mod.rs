//! What a document says of itself: issuing body, number and symbol, place and date, type, subject, stamps, signer,
//! people, charges. Pure rules on the text of its pages; read folded, so that a wrong tone kills nothing.
//!
//! The header comes from the first page, the signer from the last page that has one, people and charges from all. Each
//! field carries its place, its confidence and the name of the rule; below [`ACCEPT`] it is a proposal. Text is never repaired:
//! where a value differs from what stands on the page, the field says what stands there. Sizes are bounded:
//! a page of thousands of lines costs no more than a long one.

mod body;
mod charges;
mod date;
mod names;
mod number;
mod persons;
mod sheet;
mod signer;
mod stamps;
mod title;
mod units;

#[cfg(test)]
mod tests;

pub use units::{Unit, Units, UnitsError};

use record::{DocType, DocumentFields, Field, PageNo, PageText, Place, Reading};
use sheet::{Flow, Row, Sheet};

/// From this confidence on a field is accepted without a person's look.
pub const ACCEPT: u8 = 80;
/// Pages of a document of which people and charges are taken; the header and the signer come from any.
const MOST_PAGES: usize = 400;

fn field<T>(
    value: T,
    read: Option<String>,
    places: Vec<Place>,
    confidence: u8,
    rule: &'static str,
    least: u8,
) -> Field<T> {
    Field::judged(Reading { value, read, places, confidence: confidence.min(100), rule: rule.into() }, least)
}

/// Reads a document page by page, in order; holds no more than what it found.
pub struct Reader<'a> {
    units: &'a Units,
    fields: DocumentFields,
    pages: usize,
    /// Whether the first page that is not blank could be read.
    header_lost: bool,
    persons: persons::Collector,
    charges: charges::Collector,
    closing: date::Found,
}

impl<'a> Reader<'a> {
    /// A reader for one document.
    pub fn new(units: &'a Units) -> Self {
        Self {
            units,
            fields: DocumentFields::default(),
            pages: 0,
            header_lost: false,
            persons: persons::Collector::default(),
            charges: charges::Collector::default(),
            closing: date::Found::default(),
        }
    }

    /// The next page that is not blank; `None` when it could not be read: a header on it is lost, and what follows is none.
    pub fn page(&mut self, no: PageNo, text: Option<&PageText>) {
        self.pages += 1;
        let Some(text) = text else {
            self.header_lost |= self.pages == 1;
            return;
        };
        let sheet = Sheet::new(no, text);
        if self.pages == 1 && !self.header_lost {
            self.header(&sheet);
        }
        if let Some(signer) = signer::find(&sheet) {
            self.fields.signer = Some(signer);
            let rows: Vec<&Row> = sheet.body().collect();
            self.closing = date::above_signature(&sheet, &rows);
        }
        if self.pages <= MOST_PAGES {
            let flow = Flow::new(&sheet);
            self.persons.page(&flow, self.doc_type());
            self.charges.page(&flow);
        }
    }

    fn doc_type(&self) -> Option<DocType> {
        self.fields.doc_type.as_ref().map(|f| f.reading().value)
    }

    fn header(&mut self, sheet: &Sheet) {
        let rows: Vec<&Row> = sheet.body().collect();
        let title = title::find(sheet, &rows);
        let doc_type = title.doc_type.as_ref().map(|f| f.reading().value);
        let zone = sheet.size.height_px * 2 / 5;
        let above_title = title.top.unwrap_or(zone).min(zone);
        let head: Vec<&Row> =
            rows.iter().filter(|row| row.bbox.top < above_title.max(zone / 2)).copied().collect();
        // the number line ends the issuing body, and the body's number is a witness for the symbol
        let dated = date::find(sheet, &rows, title.top, title.foot);
        let year = dated.date.as_ref().and_then(|d| d.accepted()).map(|d| d.year);
        let line = number::find(sheet, &head, number::Witnesses { doc_type, region: None, year });
        let body = body::find(sheet, &rows, self.units, [line.top, title.top]);
        let region = body.region.as_deref();
        let line = number::find(sheet, &head, number::Witnesses { doc_type, region, year });
        let date = date::with_number_year(dated.date, line.symbol.as_ref(), line.year);
        let (secrecy, urgency) = stamps::find(sheet);
        self.fields = DocumentFields {
            doc_type: title.doc_type,
            subject: title.subject,
            issuing_body: body.issuing,
            superior_body: body.superior,
            number: line.number,
            symbol: line.symbol,
            place: dated.place,
            date,
            secrecy,
            urgency,
            ..DocumentFields::default()
        };
    }

    /// All that was found.
    pub fn finish(mut self) -> DocumentFields {
        if self.fields.date.is_none() {
            self.fields.date = self.closing.date.take();
        }
        if self.fields.place.is_none() {
            self.fields.place = self.closing.place.take();
        }
        self.fields.persons = self.persons.finish();
        let date = self.fields.date.as_ref().map(|f| f.reading().value);
        (self.fields.charges, self.fields.articles) = self.charges.finish(date);
        self.fields
    }
}

/// The fields of a document from its pages in order; `None` stands for a page that is not blank and could not be read.
pub fn read<'t>(
    units: &Units,
    pages: impl IntoIterator<Item = (PageNo, Option<&'t PageText>)>,
) -> DocumentFields {
    let mut reader = Reader::new(units);
    for (no, text) in pages {
        reader.page(no, text);
    }
    reader.finish()
}
