//! The matrix as people read it: a line an operation, a column a caller, in each cell the status of the answer.

use super::callers::Who;

/// One operation's line.
#[derive(Clone, Debug)]
pub struct Row {
    pub operation: String,
    cells: Vec<u16>,
}

impl Row {
    pub fn cell(&self, who: Who) -> u16 {
        self.cells[who as usize]
    }
}

/// Reads the table; the order of its lines is the order of the calls.
pub fn read(text: &str) -> Vec<Row> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(row).collect()
}

fn row(line: &str) -> Row {
    let mut words = line.split_whitespace();
    let operation = words.next().unwrap_or_default().to_owned();
    let cells: Vec<u16> = words.map(|word| word.parse().unwrap_or_else(|_| panic!("no status: {line}"))).collect();
    assert_eq!(cells.len(), Who::ALL.len(), "a cell for each caller: {line}");
    Row { operation, cells }
}
