//! Places of CAP 1.2 (§3.2.4, §3.3.1): points, outlines, heights.

use super::POLYGON_PAIRS_MAX;
use super::error::Rule;
use std::fmt;

/// Reads `[+-]digits[.digits]`: no exponent, no infinity.
fn decimal(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') && digits.bytes().any(|b| b.is_ascii_digit());
    let value: f64 = text.parse().ok().filter(|_| plain && text.len() <= 64)?;
    // One zero: "-0" and "0" are the same place.
    value.is_finite().then_some(value + 0.0)
}

/// A place: WGS 84 latitude and longitude in decimal degrees (§3.3.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    latitude: f64,
    longitude: f64,
}

impl Point {
    /// Reads `latitude,longitude`.
    ///
    /// # Errors
    /// [`Rule::Coordinate`].
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let (latitude, longitude) = text.split_once(',').ok_or(Rule::Coordinate)?;
        let within = |text, limit: f64| decimal(text).filter(|v| v.abs() <= limit).ok_or(Rule::Coordinate);
        Ok(Self { latitude: within(latitude, 90.0)?, longitude: within(longitude, 180.0)? })
    }

    /// Degrees north.
    #[must_use]
    pub const fn latitude(self) -> f64 {
        self.latitude
    }

    /// Degrees east.
    #[must_use]
    pub const fn longitude(self) -> f64 {
        self.longitude
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.latitude, self.longitude)
    }
}

/// A closed line of at least four points, the last of which is the first (§3.2.4).
#[derive(Clone, Debug, PartialEq)]
pub struct Polygon(Vec<Point>);

impl Polygon {
    /// Makes a polygon.
    ///
    /// # Errors
    /// [`Rule::PolygonShort`], [`Rule::PolygonOpen`] or [`Rule::Count`].
    pub fn new(points: Vec<Point>) -> Result<Self, Rule> {
        if points.len() < 4 {
            Err(Rule::PolygonShort)
        } else if points.len() > POLYGON_PAIRS_MAX {
            Err(Rule::Count)
        } else if points.first() != points.last() {
            Err(Rule::PolygonOpen)
        } else {
            Ok(Self(points))
        }
    }

    /// Reads pairs that white space separates.
    ///
    /// # Errors
    /// As for [`Self::new`], and [`Rule::Coordinate`].
    pub fn parse(text: &str) -> Result<Self, Rule> {
        Self::new(text.split_ascii_whitespace().map(Point::parse).collect::<Result<_, _>>()?)
    }

    /// The points; the last is the first.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.0
    }
}

impl fmt::Display for Polygon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, point) in self.0.iter().enumerate() {
            write!(f, "{}{point}", if number == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// A point and a radius in kilometres (§3.2.4).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    centre: Point,
    radius_km: f64,
}

impl Circle {
    /// Reads `latitude,longitude radius`.
    ///
    /// # Errors
    /// [`Rule::Coordinate`] or [`Rule::Circle`].
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let mut parts = text.split_ascii_whitespace();
        let (Some(point), Some(radius), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Rule::Circle);
        };
        let radius_km = decimal(radius).filter(|&r| r >= 0.0).ok_or(Rule::Circle)?;
        Ok(Self { centre: Point::parse(point)?, radius_km })
    }

    /// The centre.
    #[must_use]
    pub const fn centre(self) -> Point {
        self.centre
    }

    /// The radius in kilometres.
    #[must_use]
    pub const fn radius_km(self) -> f64 {
        self.radius_km
    }
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.centre, self.radius_km)
    }
}

/// Height above mean sea level in feet (§3.2.4): one altitude, or a range up to a ceiling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Elevation {
    altitude: f64,
    ceiling: Option<f64>,
}

impl Elevation {
    /// Reads decimal numbers of feet.
    ///
    /// # Errors
    /// [`Rule::Altitude`] or [`Rule::CeilingBelow`].
    pub fn parse(altitude: &str, ceiling: Option<&str>) -> Result<Self, Rule> {
        let read = |text: &str| decimal(text.trim_matches([' ', '\t', '\n', '\r'])).ok_or(Rule::Altitude);
        let found = Self { altitude: read(altitude)?, ceiling: ceiling.map(read).transpose()? };
        if found.ceiling.is_some_and(|ceiling| ceiling < found.altitude) { Err(Rule::CeilingBelow) } else { Ok(found) }
    }

    /// The altitude, or the lower limit of the range.
    #[must_use]
    pub const fn altitude_feet(self) -> f64 {
        self.altitude
    }

    /// The upper limit of the range.
    #[must_use]
    pub const fn ceiling_feet(self) -> Option<f64> {
        self.ceiling
    }
}
