//! The observer over real HTTP on 127.0.0.1, beside an exchange with real logs.

mod custody;
mod disposal;
mod face;
mod hands;
mod witness;
mod world;
