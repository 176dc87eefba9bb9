//! JSON without a copy: what is not wanted is checked and stepped over.

pub(crate) mod fault;
mod masks;
pub(crate) mod scan;
pub(crate) mod text;
