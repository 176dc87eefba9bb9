//! The plugin ABI of Polars, version 0.1, over which a query calls the functions of [`crate::expressions`].
//!
//! All of this project's `unsafe` is here. Polars resolves four kinds of symbols: `_polars_plugin_<name>` computes,
//! `_polars_plugin_field_<name>` tells the type, and two tell the version and the last error. Columns cross as arrays
//! of the Arrow C data interface under one schema, one array a chunk.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_void};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow_array::{Array, ArrayRef, Float64Array, make_array};
use arrow_schema::{DataType, Field};

use crate::expressions::{Column, call};

/// The version of the ABI: major in the high half, minor in the low one.
const VERSION: u32 = 1;
/// What Polars knows as "the plugin panicked".
const PANIC: &CStr = c"PANIC";
/// The format of Arrow's null type, whose buffers Polars exports in a way that Arrow's importer refuses.
const NULL_FORMAT: &str = "n";

/// A series that crosses, as `polars-ffi` lays it out.
#[repr(C)]
pub struct SeriesExport {
    field: *mut FFI_ArrowSchema,
    arrays: *mut *mut FFI_ArrowArray,
    len: usize,
    release: Option<unsafe extern "C" fn(*mut SeriesExport)>,
    private_data: *mut c_void,
}

/// What a [`SeriesExport`] of ours owns.
struct Private {
    schema: Box<FFI_ArrowSchema>,
    arrays: Box<[*mut FFI_ArrowArray]>,
}

thread_local! {
    static LAST_ERROR: RefCell<CString> = RefCell::default();
}

fn remember(message: &str) {
    let text = CString::new(message.replace('\0', " ")).unwrap_or_default();
    LAST_ERROR.with_borrow_mut(|last| *last = text);
}

/// The version of the ABI that this module was written for.
// SAFETY: no other symbol of the process has this name, which the ABI reserves.
#[unsafe(no_mangle)]
pub extern "C" fn _polars_plugin_get_version() -> u32 {
    VERSION
}

/// What the last call on this thread failed with; valid until the next one.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn _polars_plugin_get_last_error_message() -> *const c_char {
    LAST_ERROR.with_borrow(|last| last.as_ptr())
}

/// The head of an array of the C data interface, whose layout is fixed for good.
#[repr(C)]
struct ArrayHead {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut ArrayHead,
}

/// Takes the buffer away that Polars gives arrays of the null type, and Arrow does not.
///
/// # Safety
/// `array` is a valid array of that schema, which nobody else reads.
unsafe fn mend_nulls(array: *mut ArrayHead, schema: &FFI_ArrowSchema) {
    // SAFETY: by the contract.
    let array = unsafe { &mut *array };
    if schema.format() == NULL_FORMAT {
        array.n_buffers = 0;
    }
    for (i, child) in schema.children().enumerate().take(usize::try_from(array.n_children).unwrap_or(0)) {
        // SAFETY: there are that many children, each of its schema.
        unsafe { mend_nulls(*array.children.add(i), child) };
    }
}

/// A type with 128-bit integers, which Arrow has not, as Polars writes it, and one to cast it to.
fn wide(schema: &FFI_ArrowSchema) -> Option<(String, String)> {
    let format = schema.format();
    let size = format.strip_prefix("+w:");
    match format {
        "_pli128" => Some(("Int128".into(), "pl.Int64".into())),
        "_plu128" => Some(("UInt128".into(), "pl.UInt64".into())),
        "+L" | "+l" => {
            let (held, cast) = wide(schema.child(0))?;
            Some((format!("List({held})"), format!("pl.List({cast})")))
        }
        _ => {
            let (size, (held, cast)) = (size?, wide(schema.child(0))?);
            Some((format!("Array({held}, {size})"), format!("pl.Array({cast}, {size})")))
        }
    }
}

/// Takes a series over from Polars.
///
/// # Safety
/// `export` is a series as Polars exports it, which nobody reads again.
unsafe fn import(export: *const SeriesExport) -> Result<Column, String> {
    // SAFETY: the caller gives the export away; Polars forgets its own copy after the call.
    let mut export = unsafe { ptr::read(export) };
    // SAFETY: Polars exports `len` boxed arrays. Reading, below, moves them out: its release frees the boxes alone.
    let arrays: Vec<*mut FFI_ArrowArray> =
        (0..export.len).map(|i| unsafe { *export.arrays.add(i) }).collect();
    // SAFETY: the schema lives until the release below.
    let schema = unsafe { &*export.field };
    for &array in &arrays {
        // SAFETY: the array is ours, and of that schema.
        unsafe { mend_nulls(array.cast(), schema) };
    }
    // SAFETY: as above.
    let arrays: Vec<_> = arrays.into_iter().map(|array| unsafe { ptr::read(array) }).collect();
    let name = schema.name().unwrap_or_default().to_owned();
    let wide = wide(schema).map(|(held, cast)| format!("holds {held}; cast it with .cast({cast})"));
    let chunk = |array: FFI_ArrowArray| -> Result<ArrayRef, String> {
        if let Some(words) = &wide {
            return Err(format!("column {name:?} {words}"));
        }
        // SAFETY: array and schema come from one export, so they agree.
        let read = || unsafe { from_ffi(array, schema) }.map(make_array).map_err(|error| error.to_string());
        // Old versions of Polars export slices of fixed-size lists with children that are too short.
        let malformed = |_| Err("its array is malformed; cast it to pl.List".to_owned());
        let array = catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(malformed);
        array.map_err(|error| format!("column {name:?}: {error}"))
    };
    let chunks: Result<Vec<_>, String> = arrays.into_iter().map(chunk).collect();
    if let Some(release) = export.release {
        // SAFETY: called once, by the owner.
        unsafe { release(&raw mut export) };
    }
    Ok(Column { name, chunks: chunks? })
}

/// Frees what Polars leaves of a series of ours: it has moved the arrays out.
///
/// # Safety
/// `export` was made by [`export`] and is released once.
unsafe extern "C" fn release(export: *mut SeriesExport) {
    // SAFETY: by the contract, a valid pointer to an export of ours.
    let export = unsafe { &mut *export };
    // SAFETY: made by `Box::into_raw` in `export`.
    let private = unsafe { Box::from_raw(export.private_data.cast::<Private>()) };
    for &array in &private.arrays {
        // SAFETY: boxed in `export`; what was in the box is Polars' now.
        drop(unsafe { Box::from_raw(array.cast::<ManuallyDrop<FFI_ArrowArray>>()) });
    }
    drop(private.schema);
    export.release = None;
}

fn export(name: &str, values: &Float64Array) -> Result<SeriesExport, String> {
    let mut private = Box::new(Private {
        schema: Box::new(field(name)?),
        arrays: Box::new([Box::into_raw(Box::new(FFI_ArrowArray::new(&values.to_data())))]),
    });
    Ok(SeriesExport {
        field: &raw mut *private.schema,
        arrays: private.arrays.as_mut_ptr(),
        len: private.arrays.len(),
        release: Some(release),
        private_data: Box::into_raw(private).cast(),
    })
}

fn field(name: &str) -> Result<FFI_ArrowSchema, String> {
    FFI_ArrowSchema::try_from(Field::new(name, DataType::Float64, true)).map_err(|error| error.to_string())
}

/// Computes `name` of the inputs, into `out`; on failure `out` stays null and the message is remembered.
///
/// # Safety
/// `inputs` are `len` series that the caller gives away, and `out` is a null series.
unsafe fn compute(
    name: &str,
    or_null: bool,
    inputs: *const SeriesExport,
    len: usize,
    out: *mut SeriesExport,
) {
    // SAFETY: by the contract, each is taken over once.
    let columns: Vec<_> = (0..len).map(|i| unsafe { import(inputs.add(i)) }).collect();
    let work = || {
        let columns: Result<Vec<_>, _> = columns.into_iter().collect();
        let columns = columns.map_err(|message| format!("{name}: {message}"))?;
        let first = columns.first().map_or("", |column| column.name.as_str()).to_owned();
        export(&first, &call(name, or_null, &columns)?)
    };
    match catch_unwind(AssertUnwindSafe(work)) {
        // SAFETY: `out` is valid and null, so nothing is overwritten that has to be freed.
        Ok(Ok(series)) => unsafe { ptr::write(out, series) },
        Ok(Err(message)) => remember(&message),
        Err(_) => LAST_ERROR.with_borrow_mut(|last| PANIC.clone_into(last)),
    }
}

/// The type of the result: Float64, under the name of the first input.
///
/// # Safety
/// `inputs` are `len` schemas that live during the call, and `out` is a null schema.
unsafe fn tell_type(inputs: *const FFI_ArrowSchema, len: usize, out: *mut FFI_ArrowSchema) {
    // SAFETY: by the contract; the schemas stay the caller's.
    let name = if len > 0 { unsafe { &*inputs }.name().unwrap_or_default() } else { "" };
    match catch_unwind(|| field(name)) {
        // SAFETY: `out` is valid and null.
        Ok(Ok(schema)) => unsafe { ptr::write(out, schema) },
        Ok(Err(message)) => remember(&message),
        Err(_) => LAST_ERROR.with_borrow_mut(|last| PANIC.clone_into(last)),
    }
}

macro_rules! symbols {
    ($($name:literal),* $(,)?) => {
        $(symbols!(@one $name, "", false); symbols!(@one $name, "_or_null", true);)*
    };
    (@one $name:literal, $suffix:literal, $or_null:literal) => {
        const _: () = {
            // SAFETY: the ABI reserves this name, and `compute` has the contract that Polars keeps.
            #[unsafe(export_name = concat!("_polars_plugin_", $name, $suffix))]
            unsafe extern "C" fn compute_symbol(
                inputs: *const SeriesExport,
                len: usize,
                _kwargs: *const u8,
                _kwargs_len: usize,
                out: *mut SeriesExport,
                _context: *const c_void,
            ) {
                // SAFETY: Polars gives `len` series away and a null one to write to.
                unsafe { compute($name, $or_null, inputs, len, out) }
            }
            // SAFETY: as above.
            #[unsafe(export_name = concat!("_polars_plugin_field_", $name, $suffix))]
            unsafe extern "C" fn type_symbol(
                inputs: *const FFI_ArrowSchema,
                len: usize,
                out: *mut FFI_ArrowSchema,
                _kwargs: *const u8,
                _kwargs_len: usize,
            ) {
                // SAFETY: Polars lends `len` schemas and a null one to write to.
                unsafe { tell_type(inputs, len, out) }
            }
        };
    };
}

symbols!(
    "pass_at_k",
    "pass_hat_k",
    "alpha_k",
    "pass_gap",
    "marginal_gain",
    "signal_mass",
    "pass_at_k_variance",
    "pass_at_k_plugin",
    "alpha_k_plugin",
    "g_pass_at_k",
    "mg_pass_at_k",
    "zero_signal",
    "all_correct",
    "informative",
    "max_at_k",
    "min_at_k",
    "best_of_k",
    "maj_at_k",
);
