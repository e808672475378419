//! A table as a Parquet file (<https://parquet.apache.org/docs/file-format/>).

use crate::cli::exit::{CliError, Exit};
use crate::store::{Cell, Store, Table};
use parquet::basic::{ConvertedType, Repetition, Type as PhysicalType};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::sync::Arc;

/// Rows of one group: a reader of a part need not read the rest.
const GROUP: usize = 200_000;

/// The file and the number of its rows.
///
/// # Errors
/// Exit 3 where the store cannot be read, exit 2 where the format cannot hold a table.
pub(super) fn write(store: &Store, table: &Table) -> std::result::Result<(Vec<u8>, u64), CliError> {
    let mut out = Out::new(table).map_err(failed)?;
    store.each_row(table, |row| out.add(row).map_err(failed))?;
    out.finish().map_err(failed)
}

fn failed(error: ParquetError) -> CliError {
    CliError::new(Exit::Usage, format!("cannot write a Parquet file: {error}"))
}

struct Out<'t> {
    table: &'t Table,
    writer: SerializedFileWriter<Vec<u8>>,
    /// By column.
    cells: Vec<Vec<Cell>>,
    rows: u64,
}

impl<'t> Out<'t> {
    fn new(table: &'t Table) -> Result<Self> {
        let fields = table
            .columns
            .iter()
            .map(|column| {
                let physical = match column.is_number {
                    true => PhysicalType::INT64,
                    false => PhysicalType::BYTE_ARRAY,
                };
                let converted = match column.is_number {
                    true => ConvertedType::NONE,
                    false => ConvertedType::UTF8,
                };
                let repetition = match column.is_optional {
                    true => Repetition::OPTIONAL,
                    false => Repetition::REQUIRED,
                };
                Type::primitive_type_builder(column.name, physical)
                    .with_converted_type(converted)
                    .with_repetition(repetition)
                    .build()
                    .map(Arc::new)
            })
            .collect::<Result<_>>()?;
        let schema = Type::group_type_builder(table.name)
            .with_fields(fields)
            .build()?;
        // The version of the writer is no part of what is said: same rows, same bytes.
        let properties = WriterProperties::builder()
            .set_created_by(concat!("sealgate ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties))?;
        Ok(Self {
            table,
            writer,
            cells: vec![Vec::new(); table.columns.len()],
            rows: 0,
        })
    }

    fn add(&mut self, row: Vec<Cell>) -> Result<()> {
        for (column, cell) in self.cells.iter_mut().zip(row) {
            column.push(cell);
        }
        self.rows += 1;
        match self
            .cells
            .first()
            .is_some_and(|column| column.len() >= GROUP)
        {
            true => self.group(),
            false => Ok(()),
        }
    }

    fn group(&mut self) -> Result<()> {
        let mut group = self.writer.next_row_group()?;
        for (cells, column) in self.cells.iter_mut().zip(self.table.columns) {
            let cells = std::mem::take(cells);
            let levels: Vec<i16> = cells.iter().map(|c| i16::from(*c != Cell::Null)).collect();
            let levels = column.is_optional.then_some(levels.as_slice());
            let Some(mut writer) = group.next_column()? else {
                return Err(ParquetError::General("a column is missing".to_owned()));
            };
            match writer.untyped() {
                ColumnWriter::Int64ColumnWriter(numbers) => {
                    numbers.write_batch(&numbers_of(&cells), levels, None)?;
                }
                ColumnWriter::ByteArrayColumnWriter(texts) => {
                    texts.write_batch(&texts_of(cells), levels, None)?;
                }
                _ => return Err(ParquetError::General("a column of another type".to_owned())),
            }
            writer.close()?;
        }
        group.close()?;
        Ok(())
    }

    fn finish(mut self) -> Result<(Vec<u8>, u64)> {
        if self.cells.first().is_some_and(|column| !column.is_empty()) {
            self.group()?;
        }
        Ok((self.writer.into_inner()?, self.rows))
    }
}

fn numbers_of(cells: &[Cell]) -> Vec<i64> {
    cells
        .iter()
        .filter_map(|cell| match cell {
            Cell::Number(number) => Some(*number),
            _ => None,
        })
        .collect()
}

fn texts_of(cells: Vec<Cell>) -> Vec<ByteArray> {
    cells
        .into_iter()
        .filter_map(|cell| match cell {
            Cell::Text(text) => Some(ByteArray::from(text.into_bytes())),
            _ => None,
        })
        .collect()
}
