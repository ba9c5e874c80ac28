//! The file as a row of objects: written out at once, remembered only by their offsets, closed by a classic
//! cross-reference table (ISO 32000-1, 7.5). A table, not streams: a person can read it in fifty years.

use pdf_writer::{Chunk, Dict, Finish, Ref, Settings};
use std::io::{self, Write};

/// The table has ten digits for an offset.
const MAX_OFFSET: u64 = 9_999_999_999;

pub(super) struct ObjectFile<W: Write> {
    sink: W,
    at: u64,
    /// Offset of object `idx`; 0 where none was written.
    offsets: Vec<u64>,
    next: i32,
    broken: bool,
}

impl<W: Write> ObjectFile<W> {
    pub(super) fn begin(sink: W, first_free: i32) -> io::Result<Self> {
        let mut file = Self { sink, at: 0, offsets: Vec::new(), next: first_free, broken: false };
        // The comment's high bytes tell mail and copy programs that this is no text.
        file.raw(b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")?;
        Ok(file)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// The next unused object number.
    pub(super) fn fresh(&mut self) -> Ref {
        let id = Ref::new(self.next);
        self.next += 1;
        id
    }

    /// Writes the one object that `fill` puts into the chunk.
    pub(super) fn put(&mut self, fill: impl FnOnce(&mut Chunk)) -> io::Result<()> {
        let mut chunk = Chunk::with_settings(Settings { pretty: false });
        fill(&mut chunk);
        self.remember(only_object(&chunk), self.at)?;
        self.raw(chunk.as_bytes())
    }

    /// Writes a stream object without copying its data; `fill` writes the dictionary, except for `/Length`.
    pub(super) fn put_stream(
        &mut self,
        id: Ref,
        data: &[u8],
        fill: impl FnOnce(&mut Dict<'_>),
    ) -> io::Result<()> {
        let mut chunk = Chunk::with_settings(Settings { pretty: false });
        let mut dict = chunk.indirect(id).dict();
        fill(&mut dict);
        dict.finish();
        let dict = chunk.as_bytes().trim_ascii_end();
        let dict = dict.strip_suffix(b"endobj").map(<[u8]>::trim_ascii_end);
        let dict = dict.and_then(|d| d.strip_suffix(b">>")).expect("one dictionary object");
        self.remember(id, self.at)?;
        self.raw(dict)?;
        self.raw(format!("/Length {}>>\nstream\n", data.len()).as_bytes())?;
        self.raw(data)?;
        self.raw(b"\nendstream\nendobj\n")
    }

    /// Writes table and trailer, flushes, gives the sink back.
    pub(super) fn end(mut self, catalog: Ref, info: Ref, id: [u8; 16]) -> io::Result<W> {
        let table_at = self.at;
        let size = self.offsets.len().max(1);
        let mut table = Vec::with_capacity(20 * size + 300);
        write!(table, "xref\n0 {size}\n")?;
        for (idx, offset) in self.offsets.iter().enumerate() {
            if idx > 0 && *offset > 0 {
                write!(table, "{offset:010} 00000 n\r\n")?;
            } else {
                write!(table, "0000000000 65535 f\r\n")?;
            }
        }
        let id: String = id.iter().map(|b| format!("{b:02X}")).collect();
        write!(
            table,
            "trailer\n<< /Size {size} /Root {} 0 R /Info {} 0 R /ID [<{id}> <{id}>] >>\nstartxref\n{table_at}\n%%EOF\n",
            catalog.get(),
            info.get()
        )?;
        self.raw(&table)?;
        self.sink.flush()?;
        Ok(self.sink)
    }

    fn remember(&mut self, id: Ref, at: u64) -> io::Result<()> {
        if at > MAX_OFFSET {
            self.broken = true;
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a PDF file ends at 10 GB"));
        }
        let idx = usize::try_from(id.get()).expect("object numbers are positive");
        if self.offsets.len() <= idx {
            self.offsets.resize(idx + 1, 0);
        }
        self.offsets[idx] = at;
        Ok(())
    }

    fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.sink.write_all(bytes) {
            self.broken = true;
            return Err(error);
        }
        self.at += bytes.len() as u64;
        Ok(())
    }
}

fn only_object(chunk: &Chunk) -> Ref {
    let mut refs = chunk.refs();
    let id = refs.next().expect("one object");
    assert!(refs.next().is_none(), "one object at a time, so that its offset is known");
    id
}
