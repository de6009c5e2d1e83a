//! desk
pub mod compose;
pub mod error;
pub mod keystore;
pub mod open;
pub mod payload;
pub mod randomness;
pub mod relay;
pub use error::DeskError;
