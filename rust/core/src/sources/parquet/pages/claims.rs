//! What the headers of pages say of their values, against what the column has left.

use super::{DataPage, Encoding, Page, Pages};
use crate::sources::parquet::fault::Fault;
use crate::sources::parquet::header::Data;

impl Pages<'_> {
    pub(super) fn dictionary(&mut self, values: i32, encoding: i32) -> Result<Page, Fault> {
        if self.had_dictionary || self.had_data {
            return Err(Fault::new("a dictionary comes after the column's first page"));
        }
        self.had_dictionary = true;
        match (usize::try_from(values), encoding) {
            (Ok(values), 0 | 2) => Ok(Page::Dictionary { values }),
            (Ok(_), _) => Err(Fault::new(format!("a dictionary in encoding {encoding} is not read"))),
            (Err(_), _) => Err(Fault::new(format!("the dictionary says {values} values"))),
        }
    }

    pub(super) fn data(&mut self, data: &Data) -> Result<DataPage, Fault> {
        self.had_data = true;
        let rows = u64::try_from(data.values).ok().filter(|&rows| rows <= self.values_left);
        let Some(rows) = rows else {
            let (said, left) = (data.values, self.values_left);
            return Err(Fault::new(format!("the page says {said} values, and its column has {left} left")));
        };
        self.values_left = self.values_left.saturating_sub(rows);
        let rows = usize::try_from(rows).map_err(|_| Fault::ended())?;
        let encoding = Encoding::from_code(data.encoding)?;
        if encoding == Encoding::Dictionary && !self.had_dictionary && rows > 0 {
            return Err(Fault::new("the page speaks of a dictionary, and there is none"));
        }
        let Some(second) = &data.second else {
            if self.max_definition > 0 && data.level_encoding != 3 {
                let code = data.level_encoding;
                return Err(Fault::new(format!("definition levels in encoding {code} are not read")));
            }
            return Ok(DataPage { rows, encoding, levels: 0..0, values: 0, nulls: None });
        };
        // Where no value repeats, the repetition levels say nothing, but some writers write them.
        let (definition, repetition) = (second.definition_bytes, second.repetition_bytes);
        let levels = usize::try_from(repetition).ok().zip(usize::try_from(definition).ok());
        let levels = levels.and_then(|(start, length)| Some(start..start.checked_add(length)?));
        let Some(levels) = levels else {
            return Err(Fault::new(format!(
                "the page says {definition} and {repetition} bytes of levels, which cannot be"
            )));
        };
        let nulls = usize::try_from(second.nulls).ok().filter(|&nulls| nulls <= rows);
        match nulls {
            Some(nulls)
                if second.rows == data.values
                    && (self.max_definition > 0 || (levels.is_empty() && nulls == 0)) =>
            {
                let values = levels.end;
                Ok(DataPage { rows, encoding, levels, values, nulls: Some(nulls) })
            }
            _ => Err(Fault::new(format!(
                "the page says {} rows, {} values and {} nulls, which cannot be",
                second.rows, data.values, second.nulls
            ))),
        }
    }
}
