//! The schema of a file: what each column holds, and which nodes and buffers of a batch are its.

use std::sync::Arc;

use arrow_ipc::{DateUnit, Endianness, Field, IntervalUnit, Precision, Schema, TimeUnit, Type, UnionMode};
use arrow_schema::{self as arrow, DataType, UnionFields};

use super::fault::Fault;

/// What is inside a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One value a row.
    Flat,
    /// Columns.
    Struct,
    /// Many values a row.
    Many,
}

/// A column with its nodes and buffers, which come in the order of the tree.
#[derive(Debug, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) data_type: DataType,
    pub(super) shape: Shape,
    /// How many buffers it always has, those of its children left aside.
    buffers: usize,
    /// Whether more buffers follow, as many as a batch says.
    view: bool,
    /// Whether it has one more buffer in batches of version 4, as unions have.
    union: bool,
    pub(super) children: Vec<Column>,
    /// The dictionary's number, and what is in it.
    pub(super) dictionary: Option<(i64, Box<Column>)>,
}

/// Where a column's nodes and buffers begin: so many nodes, buffers, columns of views and unions come before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) node: usize,
    pub(super) buffer: usize,
    pub(super) views: usize,
    pub(super) unions: usize,
}

impl Column {
    /// Moves on to what comes after this column.
    pub(super) fn pass(&self, slot: &mut Slot) {
        self.pass_own(slot);
        self.children.iter().for_each(|child| child.pass(slot));
    }

    /// Moves on to its first child.
    pub(super) fn pass_own(&self, slot: &mut Slot) {
        slot.node += 1;
        slot.buffer += self.buffers;
        slot.views += usize::from(self.view);
        slot.unions += usize::from(self.union);
    }

    /// The numbers and values of the dictionaries in it.
    pub(super) fn dictionaries<'a>(&'a self, found: &mut Vec<(i64, &'a Column)>) {
        if let Some((id, values)) = &self.dictionary {
            found.push((*id, values));
            values.dictionaries(found);
        }
        self.children.iter().for_each(|child| child.dictionaries(found));
    }
}

/// The columns of a schema.
pub(super) fn read(schema: Schema<'_>) -> Result<Vec<Column>, Fault> {
    if schema.endianness() != Endianness::Little {
        return Err(Fault::new(
            "its numbers are big-endian (byte-swapped), which is not read; write it on a little-endian machine",
        ));
    }
    schema.fields().into_iter().flatten().map(column).collect()
}

fn column(field: Field<'_>) -> Result<Column, Fault> {
    let values = values(field)?;
    let Some(encoding) = field.dictionary() else { return Ok(values) };
    // The format's default index.
    let index = encoding.indexType().map_or(Some(DataType::Int32), |index| int(index));
    let index = index.ok_or_else(|| malformed(&field))?;
    Ok(Column {
        name: values.name.clone(),
        data_type: DataType::Dictionary(Box::new(index), Box::new(values.data_type.clone())),
        shape: Shape::Flat,
        buffers: 2,
        view: false,
        union: false,
        children: Vec::new(),
        dictionary: Some((encoding.id(), Box::new(values))),
    })
}

fn malformed(field: &Field<'_>) -> Fault {
    Fault::new("the schema gives it a type that there is not").in_column(field.name().unwrap_or_default())
}

/// A column as it is without its dictionary.
fn values(field: Field<'_>) -> Result<Column, Fault> {
    let children = field.children().into_iter().flatten().map(column);
    let children = children.collect::<Result<Vec<_>, _>>()?;
    let kind = field.type_type();
    let data_type = data_type(field, &children).ok_or_else(|| malformed(&field))?;
    let (buffers, shape, most) = match kind {
        Type::Null => (0, Shape::Flat, 0),
        Type::Utf8 | Type::LargeUtf8 | Type::Binary | Type::LargeBinary => (3, Shape::Flat, 0),
        Type::Struct_ => (1, Shape::Struct, usize::MAX),
        Type::List | Type::LargeList | Type::Map => (2, Shape::Many, 1),
        Type::ListView | Type::LargeListView => (3, Shape::Many, 1),
        Type::FixedSizeList => (1, Shape::Many, 1),
        Type::RunEndEncoded => (0, Shape::Flat, 2),
        Type::Union => {
            let dense = matches!(&data_type, DataType::Union(_, arrow::UnionMode::Dense));
            (1 + usize::from(dense), Shape::Flat, usize::MAX)
        }
        _ => (2, Shape::Flat, 0),
    };
    if children.len() > most || (matches!(most, 1 | 2) && children.len() < most) {
        return Err(malformed(&field));
    }
    let view = matches!(kind, Type::Utf8View | Type::BinaryView);
    let name = field.name().unwrap_or_default().to_owned();
    let union = matches!(kind, Type::Union | Type::RunEndEncoded);
    Ok(Column { name, data_type, shape, buffers, view, union, children, dictionary: None })
}

fn data_type(field: Field<'_>, children: &[Column]) -> Option<DataType> {
    let child = |at: usize| {
        let child: &Column = children.get(at)?;
        Some(Arc::new(arrow::Field::new(&child.name, child.data_type.clone(), true)))
    };
    Some(match field.type_type() {
        Type::Null => DataType::Null,
        Type::Bool => DataType::Boolean,
        Type::Int => int(field.type_as_int()?)?,
        Type::FloatingPoint => match field.type_as_floating_point()?.precision() {
            Precision::HALF => DataType::Float16,
            Precision::SINGLE => DataType::Float32,
            Precision::DOUBLE => DataType::Float64,
            _ => return None,
        },
        Type::Decimal => decimal(field)?,
        Type::Utf8 => DataType::Utf8,
        Type::LargeUtf8 => DataType::LargeUtf8,
        Type::Utf8View => DataType::Utf8View,
        Type::Binary => DataType::Binary,
        Type::LargeBinary => DataType::LargeBinary,
        Type::BinaryView => DataType::BinaryView,
        Type::FixedSizeBinary => DataType::FixedSizeBinary(field.type_as_fixed_size_binary()?.byteWidth()),
        Type::Date | Type::Time | Type::Timestamp | Type::Duration | Type::Interval => time(field)?,
        Type::Struct_ => DataType::Struct((0..children.len()).map(child).collect::<Option<Vec<_>>>()?.into()),
        Type::RunEndEncoded => DataType::RunEndEncoded(child(0)?, child(1)?),
        Type::Union => match field.type_as_union()?.mode() {
            UnionMode::Dense => DataType::Union(UnionFields::empty(), arrow::UnionMode::Dense),
            UnionMode::Sparse => DataType::Union(UnionFields::empty(), arrow::UnionMode::Sparse),
            _ => return None,
        },
        Type::List
        | Type::LargeList
        | Type::ListView
        | Type::LargeListView
        | Type::FixedSizeList
        | Type::Map => DataType::List(child(0)?),
        _ => return None,
    })
}

fn int(int: arrow_ipc::Int<'_>) -> Option<DataType> {
    Some(match (int.bitWidth(), int.is_signed()) {
        (8, true) => DataType::Int8,
        (16, true) => DataType::Int16,
        (32, true) => DataType::Int32,
        (64, true) => DataType::Int64,
        (8, false) => DataType::UInt8,
        (16, false) => DataType::UInt16,
        (32, false) => DataType::UInt32,
        (64, false) => DataType::UInt64,
        _ => return None,
    })
}

fn decimal(field: Field<'_>) -> Option<DataType> {
    let decimal = field.type_as_decimal()?;
    let precision = u8::try_from(decimal.precision()).ok()?;
    let scale = i8::try_from(decimal.scale()).ok()?;
    Some(match (decimal.bitWidth(), precision) {
        (32, 1..=9) => DataType::Decimal32(precision, scale),
        (64, 1..=18) => DataType::Decimal64(precision, scale),
        (128, 1..=38) => DataType::Decimal128(precision, scale),
        (256, 1..=76) => DataType::Decimal256(precision, scale),
        _ => return None,
    })
}

fn time(field: Field<'_>) -> Option<DataType> {
    let unit = |unit| {
        Some(match unit {
            TimeUnit::SECOND => arrow::TimeUnit::Second,
            TimeUnit::MILLISECOND => arrow::TimeUnit::Millisecond,
            TimeUnit::MICROSECOND => arrow::TimeUnit::Microsecond,
            TimeUnit::NANOSECOND => arrow::TimeUnit::Nanosecond,
            _ => return None,
        })
    };
    Some(match field.type_type() {
        Type::Date => match field.type_as_date()?.unit() {
            DateUnit::DAY => DataType::Date32,
            DateUnit::MILLISECOND => DataType::Date64,
            _ => return None,
        },
        Type::Time => match field.type_as_time()? {
            time if time.bitWidth() == 32 => DataType::Time32(unit(time.unit())?),
            time => DataType::Time64(unit(time.unit())?),
        },
        Type::Timestamp => {
            let timestamp = field.type_as_timestamp()?;
            DataType::Timestamp(unit(timestamp.unit())?, timestamp.timezone().map(Into::into))
        }
        Type::Duration => DataType::Duration(unit(field.type_as_duration()?.unit())?),
        _ => DataType::Interval(match field.type_as_interval()?.unit() {
            IntervalUnit::YEAR_MONTH => arrow::IntervalUnit::YearMonth,
            IntervalUnit::DAY_TIME => arrow::IntervalUnit::DayTime,
            IntervalUnit::MONTH_DAY_NANO => arrow::IntervalUnit::MonthDayNano,
            _ => return None,
        }),
    })
}
