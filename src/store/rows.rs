//! The tables row by row, for other formats.

use super::{Store, StoreError};

/// A table as it is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name, and that of its file.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Whether its values are numbers; else they are text.
    pub is_number: bool,
    /// Whether it may have no value.
    pub is_optional: bool,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// None.
    Null,
    /// A number.
    Number(i64),
    /// Text.
    Text(String),
}

const fn number(name: &'static str) -> Column {
    Column {
        name,
        is_number: true,
        is_optional: false,
    }
}

const fn text(name: &'static str) -> Column {
    Column {
        name,
        is_number: false,
        is_optional: false,
    }
}

const fn optional(column: Column) -> Column {
    Column {
        is_optional: true,
        ..column
    }
}

/// Every table, its columns in the order of `schema.sql`.
pub const TABLES: &[Table] = &[
    Table {
        name: "document",
        columns: &[
            number("id"),
            text("digest"),
            text("kind"),
            text("file"),
            text("product"),
            optional(text("product_version")),
            optional(text("artifact")),
            optional(number("made_at")),
            number("added_at"),
            optional(text("decision")),
            number("gaps"),
        ],
    },
    Table {
        name: "package",
        columns: &[number("id"), text("purl"), text("ecosystem"), text("name")],
    },
    Table {
        name: "release",
        columns: &[
            number("id"),
            number("package"),
            text("purl"),
            optional(text("version")),
        ],
    },
    Table {
        name: "use",
        columns: &[number("release"), number("document"), text("scope")],
    },
    Table {
        name: "affected",
        columns: &[
            number("release"),
            text("advisory"),
            text("severity"),
            number("first_seen"),
        ],
    },
];

impl Store {
    /// Gives every row of a table, in the order of its key, to `row`; its cells are in the
    /// order of the table's columns.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`] as `E`, and what `row` returns.
    pub fn each_row<E: From<StoreError>>(
        &self,
        table: &Table,
        mut row: impl FnMut(Vec<Cell>) -> Result<(), E>,
    ) -> Result<(), E> {
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| format!("\"{}\"", column.name))
            .collect();
        let statement = format!(
            "SELECT {} FROM \"{}\" ORDER BY 1, 2",
            columns.join(", "),
            table.name
        );
        let failed = |source| E::from(self.sqlite(source));
        let mut prepared = self.connection.prepare(&statement).map_err(failed)?;
        let mut rows = prepared.query([]).map_err(failed)?;
        while let Some(read) = rows.next().map_err(failed)? {
            let cells = table
                .columns
                .iter()
                .enumerate()
                .map(|(place, column)| {
                    Ok(match column.is_number {
                        true => read
                            .get::<_, Option<i64>>(place)?
                            .map_or(Cell::Null, Cell::Number),
                        false => read
                            .get::<_, Option<String>>(place)?
                            .map_or(Cell::Null, Cell::Text),
                    })
                })
                .collect::<rusqlite::Result<Vec<Cell>>>()
                .map_err(failed)?;
            row(cells)?;
        }
        Ok(())
    }
}
