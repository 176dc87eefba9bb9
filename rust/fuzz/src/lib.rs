//! What the fuzz targets share.

#[path = "../../core/tests/fuzzing/mod.rs"]
pub mod fuzzing;
pub mod mutate;
pub mod other;

/// Lets panics of other readers be caught: libFuzzer's hook ends the process before they can be. Those that leave a
/// target still end it.
pub fn catch_panics() {
    std::panic::set_hook(Box::new(|info| {
        if !fuzzing::IS_OTHER.get() {
            eprintln!("{info}");
        }
    }));
}
