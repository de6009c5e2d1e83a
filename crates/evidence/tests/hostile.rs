//! Published hostile vectors, and forms that other libraries let through.
#![allow(clippy::unwrap_used, reason = "a failing helper fails the test")]

#[path = "hostile/sd_jwt.rs"]
mod sd_jwt;
#[path = "hostile/wycheproof_vectors.rs"]
mod wycheproof_vectors;
